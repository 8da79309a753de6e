using Stagedoor.Addons.Releases;
using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Drivers;

/// <summary>
/// Brings releases to clusters. Whatever a method was doing when the process died, doing it again ends in the same; what it throws is a
/// <see cref="DriverException"/>.
/// </summary>
internal interface IClusterDriver
{
    /// <summary>What the registration of a cluster calls it.</summary>
    string Name { get; }

    /// <summary>Looks whether the settings of a registration (<c>stagedoor.io/driver-config</c>) can be used.</summary>
    /// <exception cref="FormatException">They cannot; the message says why.</exception>
    void Check(GoMap config)
    {
    }

    /// <summary>Asks the cluster what it is.</summary>
    ValueTask<ClusterFacts> ProbeAsync(ClusterConnection cluster, CancellationToken cancellationToken);

    /// <summary>Asks the cluster for its version alone, such as <c>v1.28.3</c>; empty where nobody can be asked and it was registered with none.</summary>
    async ValueTask<string> ReadVersionAsync(ClusterConnection cluster, CancellationToken cancellationToken) => (await ProbeAsync(cluster, cancellationToken)).Version;

    /// <summary>The release as it is now; <c>null</c> where there is none.</summary>
    ValueTask<ReleaseRecord?> ReadReleaseAsync(ClusterConnection cluster, ReleaseKey key, CancellationToken cancellationToken);

    /// <summary>The revisions of a release that the cluster keeps; the one that is there now, where it keeps no others.</summary>
    async ValueTask<IReadOnlyList<ReleaseRecord>> ReadHistoryAsync(ClusterConnection cluster, ReleaseKey key, CancellationToken cancellationToken) =>
        await ReadReleaseAsync(cluster, key, cancellationToken) is { } record ? [record] : [];

    /// <summary>All releases of a cluster, or those of a namespace. One that cannot be read does not keep the others from being listed.</summary>
    ValueTask<IReadOnlyList<ReleaseSummary>> ListReleasesAsync(ClusterConnection cluster, string? @namespace, CancellationToken cancellationToken);

    /// <summary>What would change if the plan were applied.</summary>
    ValueTask<DiffReport> DiffAsync(ClusterConnection cluster, ReleasePlan plan, CancellationToken cancellationToken);

    /// <summary>Installs, upgrades or rolls back, and tells how far it is. It has happened when the sequence ends.</summary>
    IAsyncEnumerable<OperationEvent> ApplyAsync(ClusterConnection cluster, ReleasePlan plan, CancellationToken cancellationToken);

    /// <summary>Takes a release away; one that is not there is gone already.</summary>
    IAsyncEnumerable<OperationEvent> UninstallAsync(ClusterConnection cluster, ReleaseKey key, UninstallOptions options, CancellationToken cancellationToken);

    /// <summary>How the release is.</summary>
    ValueTask<HealthReport> HealthAsync(ClusterConnection cluster, ReleaseKey key, CancellationToken cancellationToken);
}
