using System.Data.Common;
using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Storage;
using Xunit;

namespace Stagedoor.Testing;

/// <summary>Where a <see cref="DatabaseGate"/> stops.</summary>
public enum DatabasePoint
{
    /// <summary>A transaction has done its work and is not committed.</summary>
    Commit,

    /// <summary>A transaction is about to begin, and holds nothing yet.</summary>
    Begin,

    /// <summary>Something was read, and whoever asked has not got it yet.</summary>
    Read,
}

/// <summary>Holds a transaction open when its work is done and its commit is not, so that a test can begin another for certain in between.</summary>
public sealed class DatabaseGate
{
    private readonly Lock _gate = new();
    private readonly List<HeldTransaction> _holds = [];

    /// <summary>Puts the gate between a host and its databases.</summary>
    public void Install(IServiceCollection services) => PassingEngine.Install(services, (module, database) => new Database(this, module, database));

    /// <summary>The module's next transaction will stop before its commit.</summary>
    /// <param name="module">The module whose database it is, for example <c>images</c>, its partitions among it, or one partition, as <c>module$name</c>.</param>
    /// <param name="after">How many transactions pass before that one.</param>
    /// <param name="point">Where it stops, if not before its commit.</param>
    public HeldTransaction HoldNext(string module, int after = 0, DatabasePoint point = DatabasePoint.Commit) => Hold(new HeldTransaction(module, after, point, false));

    /// <summary>The same among the transactions of requests only: those of upkeep, which begin when they like, neither count nor stop.</summary>
    /// <param name="module">The module whose database it is.</param>
    /// <param name="after">How many transactions of requests pass before that one.</param>
    /// <param name="point">Where it stops, if not before its commit.</param>
    public HeldTransaction HoldNextOfRequest(string module, int after = 0, DatabasePoint point = DatabasePoint.Commit) => Hold(new HeldTransaction(module, after, point, true));

    /// <summary>Forgets what was to be held and has not come yet.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _holds.Clear();
        }
    }

    private HeldTransaction Hold(HeldTransaction hold)
    {
        lock (_gate)
        {
            _holds.Add(hold);
        }

        return hold;
    }

    private async Task PassAsync(string module, DatabasePoint point)
    {
        HeldTransaction? mine = null;
        // The server gives each request an activity, and upkeep begins without one.
        var isOfRequest = Activity.Current is not null;
        lock (_gate)
        {
            foreach (var hold in _holds)
            {
                if (hold.Point == point && (!hold.IsOfRequest || isOfRequest) && PassingEngine.IsOf(hold.Module, module) && hold.After-- == 0)
                {
                    mine = hold;
                    _holds.Remove(hold);
                    break;
                }
            }
        }

        if (mine is not null)
        {
            await mine.StopAsync();
        }
    }

    private sealed class Database(DatabaseGate gate, string module, IDatabase inner) : PassingDatabase(inner)
    {
        public override async Task<T> ReadAsync<T>(Func<DbConnection, Task<T>> work, CancellationToken cancellationToken)
        {
            var answer = await base.ReadAsync(work, cancellationToken);
            await gate.PassAsync(module, DatabasePoint.Read);
            return answer;
        }

        public override async Task<T> WriteAsync<T>(Func<DbConnection, DbTransaction, Task<T>> work, CancellationToken cancellationToken)
        {
            await gate.PassAsync(module, DatabasePoint.Begin);
            return await base.WriteAsync(
                async (connection, transaction) =>
                {
                    var answer = await work(connection, transaction);
                    await gate.PassAsync(module, DatabasePoint.Commit);
                    return answer;
                },
                cancellationToken);
        }
    }
}

/// <summary>A transaction that a <see cref="DatabaseGate"/> holds, or will hold.</summary>
public sealed class HeldTransaction : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal HeldTransaction(string module, int after, DatabasePoint point, bool isOfRequest) => (Module, After, Point, IsOfRequest) = (module, after, point, isOfRequest);

    /// <summary>Whether a transaction stands at the gate.</summary>
    public bool IsReached => _reached.Task.IsCompleted;

    internal string Module { get; }

    internal DatabasePoint Point { get; }

    internal bool IsOfRequest { get; }

    internal int After { get; set; }

    /// <summary>Answers when it stands where it is held.</summary>
    public Task ReachedAsync() => _reached.Task.WaitAsync(s_patience, TestContext.Current.CancellationToken);

    /// <summary>Lets it go on.</summary>
    public void Release() => _released.TrySetResult();

    /// <summary>Undoes it, as a database that goes away does.</summary>
    public void Break() =>
        _released.TrySetException(new StorageException(StorageSource.Database, StorageFault.Unavailable, "The database went away before the commit."));

    public void Dispose() => Release();

    internal Task StopAsync()
    {
        _reached.TrySetResult();
        return _released.Task;
    }
}
