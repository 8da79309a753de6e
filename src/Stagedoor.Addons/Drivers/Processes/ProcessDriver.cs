using System.Collections.Concurrent;
using System.ComponentModel;
using System.Globalization;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Options;
using Stagedoor.Addons.Clusters;
using Stagedoor.Addons.Releases;

namespace Stagedoor.Addons.Drivers.Processes;

/// <summary>
/// Runs add-ons as processes of this machine. What is installed stands in a folder for each release; the supervisor, a process of its own, runs it. The revision before
/// is stopped when the new one is well, or else comes back.
/// </summary>
internal sealed class ProcessDriver(ProcessPlaces places, SupervisorLink supervisor, IOptions<ProcessOptions> options, TimeProvider clock) : IClusterDriver, IServiceLogs
{
    private const int ToldLines = 5;

    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(200);

    private readonly ConcurrentDictionary<string, SemaphoreSlim> _turns = new(StringComparer.Ordinal);

    public string Name => Cluster.Process;

    public ValueTask<ClusterFacts> ProbeAsync(ClusterConnection cluster, CancellationToken cancellationToken) => cluster.Config.Count == 0
        ? new(KubernetesApis.Of(cluster.Version))
        : throw new DriverRejectedException(Reasons.ApplyRejected, "The driver process takes no driver-config; its settings are those of the server.");

    public ValueTask<ReleaseRecord?> ReadReleaseAsync(ClusterConnection cluster, ReleaseKey key, CancellationToken cancellationToken) => new(FolderOf(cluster, key).Find()?.Record);

    public ValueTask<IReadOnlyList<ReleaseSummary>> ListReleasesAsync(ClusterConnection cluster, string? @namespace, CancellationToken cancellationToken) => new(
        [.. ProcessFolder.List(places.Root, cluster.Id).Select(static r => r.Key)
            .Where(k => @namespace is null || string.Equals(k.Namespace, @namespace, StringComparison.Ordinal))
            .Select(k => Summary(cluster, k)).OfType<ReleaseSummary>()]);

    public ValueTask<DiffReport> DiffAsync(ClusterConnection cluster, ReleasePlan plan, CancellationToken cancellationToken)
    {
        var there = FolderOf(cluster, plan.Key).Find() is { } inventory ? ReleasePlan.Of(inventory.Record).All.ToDictionary(static o => o.Id, static o => o.Text) : [];
        var diffs = plan.All.Select(o => ObjectComparison.Between(o.Id, there.Remove(o.Id, out var text) ? text : null, o.Text)).ToList();
        diffs.AddRange(there.Select(static o => ObjectComparison.Between(o.Key, o.Value, null)));
        return new(new DiffReport([.. diffs.OfType<ObjectDiff>()]));
    }

    public async IAsyncEnumerable<OperationEvent> ApplyAsync(
        ClusterConnection cluster, ReleasePlan plan, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var set = ProcessSet.Of(plan);
        var folder = FolderOf(cluster, plan.Key);
        var next = new ProcessInventory(cluster.Id, ReleaseCodec.Encode(plan.Record));
        using (await TakeTurnAsync(folder, cancellationToken))
        {
            var current = folder.Find();
            if (current is not null && string.Equals(current.Record.OwnerId, plan.Record.OwnerId, StringComparison.Ordinal) && current.Record.Revision > plan.Revision)
            {
                throw new DriverRejectedException(Reasons.Interrupted, $"Revision {current.Record.Revision} is there already; this was revision {plan.Revision}.");
            }

            var before = current is null ? null : ProcessSet.Of(ReleasePlan.Of(current.Record));
            var order = folder.OrderOf(next, set);
            var old = before is null ? null : folder.OrderOf(current!, before);
            var isThere = string.Equals(old?.Key, order.Key, StringComparison.Ordinal);
            folder.Unpack(set, plan);
            RequirePlaces(order);
            await ConfirmAsync(plan, cancellationToken);
            var isCommitted = isThere;
            try
            {
                if (!isThere && old is not null && before!.Services.SelectMany(static s => s.Ports).Intersect(set.Services.SelectMany(static s => s.Ports)).Any())
                {
                    yield return new($"Stopping revision {current!.Record.Revision}, whose ports the new one has too", 0, set.Services.Count);
                    await supervisor.DropAsync(old.Key, cancellationToken);
                }

                await supervisor.PutAsync(order, cancellationToken);
                await foreach (var step in WaitAsync(order, cancellationToken))
                {
                    yield return step;
                }

                if (!isThere)
                {
                    await ConfirmAsync(plan, cancellationToken);
                    folder.Commit(next);
                    isCommitted = true;
                }
            }
            finally
            {
                if (!isCommitted)
                {
                    await GoBackAsync(order, old);
                }
            }

            if (!isThere && old is not null)
            {
                yield return new($"Stopping revision {current!.Record.Revision}", set.Services.Count, set.Services.Count);
                await supervisor.DropAsync(old.Key, cancellationToken);
            }

            // Those of the revision before are kept, to which it may be rolled back when the package is gone.
            folder.Prune(before is null ? [set] : [set, before]);
            yield return new($"{set.Services.Count}/{set.Services.Count} processes are well", set.Services.Count, set.Services.Count);
        }
    }

    public async IAsyncEnumerable<OperationEvent> UninstallAsync(
        ClusterConnection cluster, ReleaseKey key, UninstallOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var folder = FolderOf(cluster, key);
        using (await TakeTurnAsync(folder, cancellationToken))
        {
            if (folder.Find() is { } inventory)
            {
                if (options.Confirm is { } confirm)
                {
                    await confirm(cancellationToken);
                }

                yield return new("Stopping the processes", 0, 1);
                await supervisor.DropAsync(inventory.Key, cancellationToken);
            }

            folder.Remove();
            yield return new("All processes are gone", 1, 1);
        }
    }

    public async ValueTask<HealthReport> HealthAsync(ClusterConnection cluster, ReleaseKey key, CancellationToken cancellationToken)
    {
        var folder = FolderOf(cluster, key);
        if (folder.Find() is not { } inventory)
        {
            return new(HealthReport.Abnormal, "Nothing is kept of the release.", []);
        }

        var plan = ReleasePlan.Of(inventory.Record);
        var services = await supervisor.FindAsync(inventory.Key, cancellationToken);
        if (services is null)
        {
            // One that could not be read when the server was started, and can be now.
            await supervisor.PutAsync(folder.OrderOf(inventory, ProcessSet.Of(plan)), cancellationToken);
            services = await supervisor.FindAsync(inventory.Key, cancellationToken) ?? [];
        }

        var wrong = services.Where(static s => !s.IsReady).ToList();
        var state = wrong.Count == 0 && services.Count > 0 ? HealthReport.Running : wrong.Count < services.Count ? HealthReport.Available : HealthReport.Abnormal;
        var message = Text.Cut(string.Join("; ", wrong.Select(Words)), 2_000);
        return new(state, message, [.. plan.All.Select(o => new ObjectHealth(o.Id, wrong.Count == 0, message))]);
    }

    public IReadOnlyList<string> ListServices(ClusterConnection cluster, ReleaseKey key) =>
        FolderOf(cluster, key).Find() is { } inventory ? [.. ProcessSet.Of(ReleasePlan.Of(inventory.Record)).Services.Select(static s => s.Name)] : [];

    public IReadOnlyList<string> ReadLog(ClusterConnection cluster, ReleaseKey key, string service, int lines) => FindLog(cluster, key, service, lines)?.Lines ?? [];

    /// <summary>The last lines that a service has said, with when it did.</summary>
    /// <param name="cluster">Where.</param>
    /// <param name="key">Of which release.</param>
    /// <param name="service">Which service; <c>null</c> for the only one.</param>
    /// <param name="lines">How many at most.</param>
    /// <returns>The lines, and the service; <c>null</c> where there is no such release or service, or one has to be named.</returns>
    public (string Service, IReadOnlyList<string> Lines)? FindLog(ClusterConnection cluster, ReleaseKey key, string? service, int lines)
    {
        var folder = FolderOf(cluster, key);
        if (folder.Find() is not { } inventory)
        {
            return null;
        }

        var services = ProcessSet.Of(ReleasePlan.Of(inventory.Record)).Services;
        return services.FirstOrDefault(s => service is null ? services.Count == 1 : string.Equals(s.Name, service, StringComparison.Ordinal)) is { } found
            ? (found.Name, TailOf(folder.Logs, found.Name, lines))
            : null;
    }

    private static string Words(ServiceStatus status) => string.Create(
        CultureInfo.InvariantCulture,
        $"{status.Name} is {status.State}{(status.Reason.Length > 0 ? ": " + status.Reason : "")}{(status.Starts > 1 ? $" ({status.Starts} starts)" : "")}");

    private static async Task ConfirmAsync(ReleasePlan plan, CancellationToken cancellationToken)
    {
        if (plan.Confirm is { } confirm)
        {
            await confirm(cancellationToken);
        }
    }

    private static IReadOnlyList<string> TailOf(string logs, string service, int lines)
    {
        try
        {
            return LogRing.Tail(Path.Combine(logs, $"{service}.log"), lines);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DriverUnavailableException("The log cannot be read.", e);
        }
    }

    private ProcessFolder FolderOf(ClusterConnection cluster, ReleaseKey key) => new(places.Root, cluster.Id, key);

    private ReleaseSummary? Summary(ClusterConnection cluster, ReleaseKey key)
    {
        try
        {
            return FolderOf(cluster, key).Find() is { } inventory ? ReleaseSummary.Of(inventory.Record) : null;
        }
        catch (DriverException)
        {
            return new(key, 0, ReleaseStatus.Unknown, "", "", 0);
        }
    }

    // Told at once, and not by processes that never start. The supervisor looks again at each start.
    private void RequirePlaces(GroupOrder order)
    {
        var allowed = new Places(options.Value.AllPrograms, [.. options.Value.Roots]);
        foreach (var service in order.Services)
        {
            try
            {
                allowed.Program(order, service.Command[0]);
                if (service.Health?.Exec is { } exec)
                {
                    allowed.Program(order, exec[0]);
                }

                allowed.Folder(order, service.Cwd);
            }
            catch (Win32Exception e)
            {
                throw new DriverRejectedException(Reasons.ApplyRejected, $"{service.Name}: {e.Message}", e);
            }
        }
    }

    private async IAsyncEnumerable<OperationEvent> WaitAsync(GroupOrder order, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var since = clock.GetTimestamp();
        var said = "";
        while (true)
        {
            var services = await supervisor.FindAsync(order.Key, cancellationToken) ?? [];
            var wrong = services.Where(static s => !s.IsReady).ToList();
            if (services.Count > 0 && wrong.Count == 0)
            {
                yield break;
            }

            if (wrong.Find(static s => s.State is ServiceStatus.Failed) is { } failed)
            {
                throw new DriverRejectedException(Reasons.ApplyRejected, Told(order, failed, "cannot be brought up"));
            }

            if (clock.GetElapsedTime(since) > TimeSpan.FromSeconds(options.Value.StartSeconds))
            {
                throw new DriverRejectedException(
                    Reasons.Timeout, wrong.Count == 0 ? "The supervisor has not begun." : Told(order, wrong.Find(static s => s.State is not ServiceStatus.Waiting) ?? wrong[0], $"is not well after {options.Value.StartSeconds} seconds"));
            }

            var message = $"{services.Count - wrong.Count}/{order.Services.Count} processes are well{(wrong.Count > 0 ? $"; {Words(wrong[0])}" : "")}";
            if (!string.Equals(message, said, StringComparison.Ordinal))
            {
                yield return new(said = message, services.Count - wrong.Count, order.Services.Count);
            }

            await Task.Delay(s_look, clock, cancellationToken);
        }
    }

    private static string Told(GroupOrder order, ServiceStatus status, string what)
    {
        IReadOnlyList<string> lines = [];
        try
        {
            lines = TailOf(order.Logs, status.Name, ToldLines);
        }
        catch (DriverUnavailableException)
        {
            // The reason is told without them.
        }

        return Text.Cut($"The process {status.Name} {what}: {Words(status)}{(lines.Count > 0 ? $". Its last lines: {string.Join(" | ", lines)}" : "")}", 2_000);
    }

    // Whatever has kept the new revision from being the one that counts, it must not run on; and the one before it runs again, also when nobody waits any more.
    private async Task GoBackAsync(GroupOrder order, GroupOrder? old)
    {
        await IgnoreAsync(supervisor.DropAsync(order.Key, CancellationToken.None));
        if (old is not null)
        {
            await IgnoreAsync(supervisor.PutAsync(old, CancellationToken.None));
        }
    }

    // What was meant is known to the link; a supervisor that is not there hears it when it comes.
    private static async Task IgnoreAsync(Task work)
    {
        try
        {
            await work;
        }
        catch (DriverUnavailableException)
        {
            // As said.
        }
    }

    private async Task<IDisposable> TakeTurnAsync(ProcessFolder folder, CancellationToken cancellationToken)
    {
        var turn = _turns.GetOrAdd(folder.Path, static _ => new(1));
        await turn.WaitAsync(cancellationToken);
        return new Turn(turn);
    }

    private sealed class Turn(SemaphoreSlim semaphore) : IDisposable
    {
        public void Dispose() => semaphore.Release();
    }
}
