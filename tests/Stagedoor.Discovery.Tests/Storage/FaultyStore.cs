using System.Collections.Concurrent;
using System.Data.Common;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Discovery.Instances;
using Stagedoor.Discovery.Log;
using Stagedoor.Discovery.Memory;
using Stagedoor.Discovery.Model;
using Stagedoor.Storage;
using Stagedoor.Testing;

namespace Stagedoor.Discovery.Tests.Storage;

/// <summary>Where a change of the registry may fail.</summary>
public enum FaultStep
{
    /// <summary>Reading.</summary>
    Read,

    /// <summary>The transaction does not begin.</summary>
    Begin,

    /// <summary>Everything is written, and the commit is not sent.</summary>
    BeforeCommit,

    /// <summary>It is committed, and nobody hears of it.</summary>
    AfterCommit,

    /// <summary>A row is not taken over into memory.</summary>
    BeforeTakingOver,

    /// <summary>A row was taken over into memory, and the next is not.</summary>
    AfterTakingOver,

    /// <summary>Whoever listens cannot take it.</summary>
    Telling,
}

/// <summary>Lets the registry's database and memory fail, or wait, at any step of a change.</summary>
internal sealed class FaultyStore
{
    private const string Module = "discovery";

    private readonly ConcurrentDictionary<FaultStep, Queue<Func<Task>>> _next = new();
    private readonly ConcurrentDictionary<FaultStep, bool> _always = new();

    /// <summary>How many listeners were told that they missed something.</summary>
    public int Missed { get; private set; }

    /// <summary>The only kind of rows whose taking over may fail; null for any.</summary>
    public string? Kind { get; set; }

    /// <summary>The next time that this step is reached it fails.</summary>
    public void FailOnce(FaultStep step) => At(step, () => throw Fault(step));

    /// <summary>This step fails until the result is disposed.</summary>
    public IDisposable FailAlways(FaultStep step)
    {
        _always[step] = true;
        return new Mended(() => _always.TryRemove(step, out _));
    }

    /// <summary>The next time that this step is reached this happens.</summary>
    public void At(FaultStep step, Func<Task> work)
    {
        var queue = _next.GetOrAdd(step, static _ => new());
        lock (queue)
        {
            queue.Enqueue(work);
        }
    }

    public void Install(IServiceCollection services)
    {
        PassingEngine.Install(
            services,
            (name, database) => PassingEngine.IsOf(Module, name) ? new FaultyDatabase(this, database) : database,
            partitions => new FaultyPartitions(this, partitions));
        foreach (var kind in services.Where(static s => s.ServiceType == typeof(IEntryKind)).ToList())
        {
            services.Remove(kind);
            services.AddSingleton<IEntryKind>(provider => new FaultyKind(this, (IEntryKind)ActivatorUtilities.CreateInstance(provider, kind.ImplementationType!)));
        }

        services.AddSingleton<IRegistryListener>(new FaultyListener(this));

        // It writes by itself, and would meet faults that are meant for the test's own writes.
        services.Remove(services.Single(static s => s.ImplementationType == typeof(SelfRegistration)));
    }

    private static Exception Fault(FaultStep step) => step <= FaultStep.AfterCommit
        ? new StorageException(StorageSource.Database, StorageFault.Failed, "the disk under this table is gone")
        : new InvalidOperationException("provoked");

    private Task ReachAsync(FaultStep step)
    {
        if (_always.ContainsKey(step))
        {
            throw Fault(step);
        }

        if (!_next.TryGetValue(step, out var queue))
        {
            return Task.CompletedTask;
        }

        Func<Task>? work;
        lock (queue)
        {
            queue.TryDequeue(out work);
        }

        return work?.Invoke() ?? Task.CompletedTask;
    }

    private void Reach(FaultStep step, string kind)
    {
        if (Kind is null || string.Equals(Kind, kind, StringComparison.Ordinal))
        {
            // These steps only ever fail, at once.
            _ = ReachAsync(step);
        }
    }

    private sealed class Mended(Action mend) : IDisposable
    {
        public void Dispose() => mend();
    }

    private sealed class FaultyKind(FaultyStore faults, IEntryKind inner) : IEntryKind
    {
        public string Name => inner.Name;

        public int Rank => inner.Rank;

        public void Apply(EntryRow row)
        {
            faults.Reach(FaultStep.BeforeTakingOver, Name);
            inner.Apply(row);
            faults.Reach(FaultStep.AfterTakingOver, Name);
        }

        public void Distrust(string tenant, string id) => inner.Distrust(tenant, id);

        public IEnumerable<(string Tenant, string Id)> Present() => inner.Present();
    }

    private sealed class FaultyListener(FaultyStore faults) : IRegistryListener
    {
        public void InstanceChanged(ServiceNode service, InstanceAction action, Instance instance) => faults.Reach(FaultStep.Telling, EntryNames.Instance);

        public void VisibilityChanged(ServiceNode service) => faults.Reach(FaultStep.Telling, EntryNames.Tags);

        public void Missed(ServiceNode service) => faults.Missed++;
    }

    private sealed class FaultyPartitions(FaultyStore faults, IPartitionEngine inner) : PassingPartitions(inner)
    {
        public override async Task<IReadOnlyList<PartitionName>> ListAsync(string moduleName, CancellationToken cancellationToken)
        {
            await ReachAsync(moduleName, FaultStep.Read);
            return await base.ListAsync(moduleName, cancellationToken);
        }

        public override async Task MakeAsync(PartitionName partition, CancellationToken cancellationToken)
        {
            await ReachAsync(partition.Module, FaultStep.Begin);
            await base.MakeAsync(partition, cancellationToken);
            await ReachAsync(partition.Module, FaultStep.AfterCommit);
        }

        public override async Task<bool> DropAsync(PartitionName partition, CancellationToken cancellationToken)
        {
            await ReachAsync(partition.Module, FaultStep.Begin);
            var dropped = await base.DropAsync(partition, cancellationToken);
            await ReachAsync(partition.Module, FaultStep.AfterCommit);
            return dropped;
        }

        private Task ReachAsync(string module, FaultStep step) => module is Module ? faults.ReachAsync(step) : Task.CompletedTask;
    }

    private sealed class FaultyDatabase(FaultyStore faults, IDatabase inner) : PassingDatabase(inner)
    {
        public override async Task<T> ReadAsync<T>(Func<DbConnection, Task<T>> work, CancellationToken cancellationToken)
        {
            await faults.ReachAsync(FaultStep.Read);
            return await base.ReadAsync(work, cancellationToken);
        }

        public override async Task<T> WriteAsync<T>(Func<DbConnection, DbTransaction, Task<T>> work, CancellationToken cancellationToken)
        {
            await faults.ReachAsync(FaultStep.Begin);
            var answer = await base.WriteAsync(
                async (connection, transaction) =>
                {
                    var done = await work(connection, transaction);
                    await faults.ReachAsync(FaultStep.BeforeCommit);
                    return done;
                },
                cancellationToken);
            await faults.ReachAsync(FaultStep.AfterCommit);
            return answer;
        }
    }
}
