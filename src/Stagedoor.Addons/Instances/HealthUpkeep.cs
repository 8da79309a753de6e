using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Stagedoor.Addons.Clusters;
using Stagedoor.Addons.Drivers;
using Stagedoor.Addons.Releases;
using Stagedoor.Background;

namespace Stagedoor.Addons.Instances;

/// <summary>
/// Asks how what is installed is, and clusters that did not say their version when they were registered for it. What cannot be asked three times in a row is abnormal; an operation that nobody works for any more is asked for again.
/// </summary>
internal sealed partial class HealthUpkeep(
    InstanceStore instances,
    IClusterAccess clusters,
    ClusterStore registered,
    ClusterVersions versions,
    TimeProvider clock,
    IOptions<OperationOptions> options,
    ILogger<HealthUpkeep> logger) : UpkeepService(clock, logger)
{
    private const int ClustersAtOnce = 8;
    private const int Patience = 3;

    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(20);

    // How often in a row each could not be asked. Of this process only: another begins to count anew.
    private readonly ConcurrentDictionary<string, int> _failures = new(StringComparer.Ordinal);

    protected override TimeSpan Period => TimeSpan.FromSeconds(options.Value.HealthSeconds);

    protected override async Task RunOnceAsync(CancellationToken stoppingToken)
    {
        if (await instances.AskAgainAsync(stoppingToken) is > 0 and var count)
        {
            LogAskedAgain(count);
        }

        var steady = await instances.ListSteadyAsync(stoppingToken);
        var known = steady.Select(static i => i.Id).ToHashSet(StringComparer.Ordinal);
        foreach (var gone in _failures.Keys.Where(k => !known.Contains(k)))
        {
            _failures.TryRemove(gone, out _);
        }

        // One after the other in a cluster, and a cluster that does not answer keeps no other waiting.
        await Parallel.ForEachAsync(
            steady.GroupBy(static i => i.ClusterId, StringComparer.Ordinal),
            new ParallelOptions { MaxDegreeOfParallelism = ClustersAtOnce, CancellationToken = stoppingToken },
            async (cluster, token) =>
            {
                foreach (var instance in cluster)
                {
                    await ObserveAsync(instance, token);
                }
            });
        await Parallel.ForEachAsync(
            await registered.ListVersionlessAsync(stoppingToken),
            new ParallelOptions { MaxDegreeOfParallelism = ClustersAtOnce, CancellationToken = stoppingToken },
            async (cluster, token) => await FillVersionAsync(cluster, token));
    }

    private async Task FillVersionAsync(Cluster cluster, CancellationToken cancellationToken)
    {
        try
        {
            var filled = await versions.FillAsync(cluster, cancellationToken);
            if (filled.Version.Length > 0)
            {
                await registered.KeepVersionAsync(filled, cancellationToken);
            }
        }
        catch (DriverDataException)
        {
            // Whoever installs something there is told.
            return;
        }
    }

    private async Task ObserveAsync(Instance instance, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(s_timeout, Clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        string problem;
        try
        {
            // Whoever has no plan was put there by no operation of this program.
            if (await clusters.FindAsync(instance.ProjectId, instance.ClusterId, both.Token) is not { } cluster
                || await instances.FindPlannedAsync(instance.Id, both.Token) is not { } planned)
            {
                return;
            }

            var health = await cluster.Driver.HealthAsync(cluster.Connection, ReleaseCodec.Decode(planned.Manifest).Key, both.Token);
            _failures.TryRemove(instance.Id, out _);
            await instances.ObserveAsync(instance, health.State, health.Message, cancellationToken);
            return;
        }
        catch (DriverException e)
        {
            problem = e.Message;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            problem = $"The cluster did not answer within {s_timeout.TotalSeconds:0} seconds.";
        }

        if (_failures.AddOrUpdate(instance.Id, 1, static (_, n) => n + 1) >= Patience)
        {
            await instances.ObserveAsync(instance, InstanceStatus.Abnormal, problem, cancellationToken);
        }
    }

    [LoggerMessage(LogLevel.Warning, "{Count} operations of add-ons had nobody who works for them, and were asked for again")]
    private partial void LogAskedAgain(int count);
}
