using Stagedoor.Addons.Releases;

namespace Stagedoor.Addons.Drivers;

/// <summary>What a driver can do besides: read what the services of a release have said. What it throws is a <see cref="DriverException"/>.</summary>
internal interface IServiceLogs
{
    /// <summary>The services of a release; none where there is no such release.</summary>
    IReadOnlyList<string> ListServices(ClusterConnection cluster, ReleaseKey key);

    /// <summary>The last lines that a service has said, each with when it did, as far as they fit into a mebibyte; none where there is no such service.</summary>
    /// <param name="cluster">Where.</param>
    /// <param name="key">Of which release.</param>
    /// <param name="service">Which service.</param>
    /// <param name="lines">How many at most.</param>
    IReadOnlyList<string> ReadLog(ClusterConnection cluster, ReleaseKey key, string service, int lines);
}
