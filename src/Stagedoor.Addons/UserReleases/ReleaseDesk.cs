using Stagedoor.Addons.Charts;
using Stagedoor.Addons.Clusters;
using Stagedoor.Addons.Drivers;
using Stagedoor.Addons.Instances;
using Stagedoor.Addons.Packages;
using Stagedoor.Addons.Releases;
using Stagedoor.Addons.Rendering.Templates;
using Stagedoor.Addons.Rendering.Values;
using Stagedoor.Addons.Rendering.Yaml;
using Stagedoor.Addons.Requests;
using Stagedoor.Addons.UserCharts;
using Stagedoor.Errors;
using Stagedoor.Http;

namespace Stagedoor.Addons.UserReleases;

/// <summary>What the operations of releases ask of clusters and charts while a client waits; what goes wrong has the service's codes.</summary>
internal sealed class ReleaseDesk(
    ClusterStore clusters, IClusterAccess access, ChartStore charts, PackageStore packages, ReleaseStore releases, ChartRenderer renderer, TimeProvider clock)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    /// <summary>A cluster of the caller's project.</summary>
    /// <exception cref="ApiException">There is none, or nothing gets into it.</exception>
    public async Task<OpenCluster> OpenAsync(Caller caller, string clusterId, CancellationToken cancellationToken)
    {
        var project = caller.Project();
        var cluster = Text.IsStorable(clusterId) ? await clusters.FindAsync(project, clusterId, cancellationToken) : null;
        return cluster is null
            ? throw AddonsError.ClusterNotFound(clusterId)
            : new(cluster, await AskAsync(async token => await access.FindAsync(project, clusterId, token), cancellationToken) ?? throw AddonsError.ClusterNotFound(clusterId));
    }

    /// <summary>A release as it is now. What is under way is answered without asking the cluster.</summary>
    /// <exception cref="ApiException">The cluster does not answer, or nobody understands what it says.</exception>
    public async Task<ReleaseState> FindAsync(OpenCluster cluster, ReleaseKey key, CancellationToken cancellationToken)
    {
        var own = await releases.FindAsync(cluster.Row.Id, key, cancellationToken);
        var revision = own is null ? null : await releases.FindRevisionAsync(own.Id, own.Revision, cancellationToken);
        if (own is { IsBusy: true } && revision is not null)
        {
            return new(own, revision, null);
        }

        var record = await AskAsync(async token => await cluster.Reach.Driver.ReadReleaseAsync(cluster.Reach.Connection, key, token), cancellationToken);
        return new(own, revision, record is { Status: ReleaseStatus.Uninstalled } ? null : record);
    }

    /// <summary>Asks a cluster something.</summary>
    /// <exception cref="ApiException">It does not answer, or nobody understands what it says.</exception>
    public async Task<T> AskAsync<T>(Func<CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(s_patience, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        try
        {
            return await ask(both.Token);
        }
        catch (DriverDataException e)
        {
            throw new ApiException(AddonsCodes.ConvertResponseFailed, e.Message, e);
        }
        catch (DriverException e)
        {
            throw new ApiException(AddonsCodes.GetInstanceFailed, e.Message, e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ApiException(AddonsCodes.GetInstanceFailed, $"the cluster did not answer within {s_patience.TotalSeconds:0} seconds", e);
        }
    }

    /// <summary>The objects of a release as JSON, each with how it is where nothing is under way.</summary>
    /// <exception cref="ApiException">The cluster does not answer, or nobody understands what it says.</exception>
    public async Task<string> ResourcesAsync(OpenCluster cluster, ReleaseState state, CancellationToken cancellationToken)
    {
        var health = state.Record is not { } record || state.Own is { IsBusy: true } ? null
            : await AskAsync(async token => await cluster.Reach.Driver.HealthAsync(cluster.Reach.Connection, record.Key, token), cancellationToken);
        return ReleaseAnswers.Resources(PlanOf(state.IsOwn && state.Latest is { } latest ? Decode(latest.Record) : state.Record!), health, hasHooks: false);
    }

    /// <summary>What the cluster has of the revisions of a release.</summary>
    /// <exception cref="ApiException">The cluster does not answer, or nobody understands what it says.</exception>
    public Task<IReadOnlyList<ReleaseRecord>> ReadHistoryAsync(OpenCluster cluster, ReleaseKey key, CancellationToken cancellationToken) =>
        AskAsync(async token => await cluster.Reach.Driver.ReadHistoryAsync(cluster.Reach.Connection, key, token), cancellationToken);

    /// <summary>What a release shall be that goes back to one of its revisions, and the chart of that.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="state">The release.</param>
    /// <param name="number">The revision; 0 for the latest before this one that was brought to the cluster.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ApiException">There is no such revision, or nobody understands it.</exception>
    public async Task<(ReleasePlan Plan, string ChartId)> FindTargetAsync(OpenCluster cluster, ReleaseState state, int number, CancellationToken cancellationToken)
    {
        var key = state.Own?.Key ?? state.Record!.Key;
        var own = state.Own is null ? [] : await releases.ListRevisionsAsync(state.Own.Id, cancellationToken);
        var others = await ReadHistoryAsync(cluster, key, cancellationToken);
        var last = state.NextRevision - 1;
        if (number == 0)
        {
            number = own.Where(r => r.Number < last && r.Status is ReleaseStatus.Superseded or ReleaseStatus.Deployed).Select(static r => (int)r.Number)
                .Concat(others.Where(r => r.Revision < last && r.Status is ReleaseStatus.Superseded or ReleaseStatus.Deployed).Select(static r => r.Revision))
                .DefaultIfEmpty().Max();
        }

        var known = own.FirstOrDefault(r => r.Number == number);
        var target = known is null
            ? others.FirstOrDefault(r => r.Revision == number)
            : await releases.FindRevisionAsync(known.ReleaseId, number, cancellationToken) is { } found ? Decode(found.Record) : null;
        if (target is null)
        {
            throw AddonsError.RevisionNotFound(key, number);
        }

        var record = target with
        {
            Revision = state.NextRevision,
            Status = ReleaseStatus.Deployed,
            LastDeployed = clock.GetUtcNow(),
            FirstDeployed = state.Record?.FirstDeployed ?? target.FirstDeployed,
            Description = $"Rollback to {number}",
        };
        return (PlanOf(record), known?.ChartId ?? "");
    }

    /// <summary>A chart of the caller's project, which is not being deleted.</summary>
    /// <exception cref="ApiException">There is none.</exception>
    public async Task<UserChart> FindChartAsync(Caller caller, string id, CancellationToken cancellationToken) =>
        await charts.FindAsync(caller.Project(), id, cancellationToken) is { Removing: 0 } chart ? chart : throw AddonsError.ChartNotFound(id);

    /// <summary>Renders a chart to what shall be in the cluster. All of it is kept in what is answered, so that the chart may go.</summary>
    /// <exception cref="ApiException">The package is gone, the cluster is not one that it is for, or it does not render with these values.</exception>
    public async Task<ReleasePlan> RenderAsync(OpenCluster cluster, UserChart row, ReleaseWish wish, CancellationToken cancellationToken)
    {
        var chart = await LoadAsync(row, cancellationToken);
        var facts = await AskAsync(async token => await cluster.Reach.Driver.ProbeAsync(cluster.Reach.Connection, token), cancellationToken);
        if (chart.Metadata.Text("kubeVersion") is { Length: > 0 } range && !Takes(range, facts.Version))
        {
            throw new ApiException(AddonsCodes.ClusterNotSupported, $"the chart {chart.Name} {chart.Version} is for Kubernetes {range}, and the cluster is {facts.Version}");
        }

        try
        {
            var rendered = await renderer.RenderAsync(
                chart,
                new()
                {
                    ReleaseName = wish.Key.Name,
                    Namespace = wish.Key.Namespace,
                    Revision = wish.Revision,
                    IsUpgrade = wish.Before is not null,
                    Values = wish.Values,
                    Capabilities = new(facts.Version, facts.ApiVersions),

                    // As Helm does it: who only tries is not shown what is in the cluster.
                    Lookup = wish.IsTry ? null : cluster.Reach.Lookup,
                },
                cancellationToken);
            return ReleasePlan.Of(rendered, new()
            {
                Key = wish.Key,
                Revision = wish.Revision,
                Chart = chart,
                Config = wish.Values,
                Now = clock.GetUtcNow(),
                FirstDeployed = wish.Before?.FirstDeployed,
                Description = wish.Description,
            });
        }
        catch (Exception e) when (UnserializableException.Behind(e) is { } cause)
        {
            throw new ApiException(AddonsCodes.SerializeFailed, $"the chart {chart.Name} renders to what JSON cannot say: {cause.Message}", e);
        }
        catch (DriverDataException e)
        {
            throw new ApiException(AddonsCodes.ConvertResponseFailed, e.Message, e);
        }
        catch (DriverException e)
        {
            throw new ApiException(AddonsCodes.GetInstanceFailed, e.Message, e);
        }
        catch (TemplateException e)
        {
            throw new ApiException(AddonsCodes.InvalidBody, $"values: the chart {chart.Name} does not render: {Text.Repair(Text.Cut(e.Message, 2_000))}", e);
        }
        catch (FormatException e)
        {
            throw new ApiException(AddonsCodes.SerializeFailed, $"the chart {chart.Name} renders to what JSON cannot say: {Text.Repair(Text.Cut(e.Message, 2_000))}", e);
        }
    }

    /// <summary>A record as it is kept.</summary>
    /// <exception cref="ApiException">JSON cannot say it.</exception>
    public static string Encode(ReleaseRecord record)
    {
        try
        {
            return ReleaseCodec.Encode(record);
        }
        catch (FormatException e)
        {
            throw new ApiException(AddonsCodes.SerializeFailed, $"values: hold what JSON cannot say: {Text.Repair(Text.Cut(e.Message, 1_000))}", e);
        }
    }

    private static ReleasePlan PlanOf(ReleaseRecord record)
    {
        try
        {
            return ReleasePlan.Of(record);
        }
        catch (Exception e) when (e is TemplateException or FormatException)
        {
            throw new ApiException(AddonsCodes.ConvertResponseFailed, $"what is recorded of {record.Key} cannot be read: {Text.Repair(Text.Cut(e.Message, 1_000))}", e);
        }
    }

    private static ReleaseRecord Decode(string record)
    {
        try
        {
            return ReleaseCodec.Decode(record);
        }
        catch (DriverDataException e)
        {
            throw new ApiException(AddonsCodes.ConvertResponseFailed, e.Message, e);
        }
    }

    private static bool Takes(string range, string version) =>
        ChartVersion.Parse(version) is not { } number || (VersionRange.Parse(range)?.Contains(number) ?? false);

    private async Task<Chart> LoadAsync(UserChart row, CancellationToken cancellationToken)
    {
        try
        {
            var chart = await packages.FindChartAsync(row.LibraryId, row.Digest, cancellationToken) ?? throw AddonsError.ChartNotFound(row.Id);
            return chart.IsLibrary ? throw AddonsError.Invalid("chart_id", "is a library, which holds definitions only and cannot be installed") : chart;
        }
        catch (FormatException e)
        {
            throw new ApiException(AddonsCodes.SerializeFailed, $"values.yaml of the chart {row.Name} {row.Version} holds what JSON cannot say", e);
        }
    }
}

/// <summary>A cluster, and how it is reached.</summary>
internal sealed record OpenCluster(Cluster Row, ReachableCluster Reach);

/// <summary>What is rendered.</summary>
/// <param name="Key">The release.</param>
/// <param name="Revision">Its revision.</param>
/// <param name="Values">The values of the user.</param>
/// <param name="Before">The release as it is; null where there is none.</param>
/// <param name="Description">What its record says.</param>
/// <param name="IsTry">Whether nothing comes of it.</param>
internal sealed record ReleaseWish(ReleaseKey Key, int Revision, GoMap Values, ReleaseRecord? Before, string Description, bool IsTry);

/// <summary>A release as it is now.</summary>
/// <param name="Own">What is known of it here; null where somebody else has made it.</param>
/// <param name="Latest">The latest revision that was asked for here.</param>
/// <param name="Record">What its cluster has; null where it has nothing, or was not asked.</param>
internal sealed record ReleaseState(UserRelease? Own, UserRevision? Latest, ReleaseRecord? Record)
{
    /// <summary>Whether there is one. One that was here and that somebody has taken away by hand is gone.</summary>
    public bool IsThere => Record is not null || Own is { IsBusy: true } or { Status: ReleaseStatus.Failed };

    /// <summary>Whether what was asked for here is newer than what the cluster has.</summary>
    public bool IsOwn => Own is not null && (Own.IsBusy || Record is null || Own.Revision >= Record.Revision);

    /// <summary>The number of the next revision.</summary>
    public int NextRevision => (int)Math.Max(Own?.Revision ?? 0, Record?.Revision ?? 0) + 1;
}
