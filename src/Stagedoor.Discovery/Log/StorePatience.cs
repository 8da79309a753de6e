using Microsoft.Extensions.Options;
using Stagedoor.Storage;

namespace Stagedoor.Discovery.Log;

/// <summary>How long the registry waits for its database, and what becomes of what it has not waited for.</summary>
internal sealed class StorePatience(EntryMemory memory, IOptions<DiscoveryOptions> options, TimeProvider clock)
{
    private const int MaxGivenUp = 4;
    private readonly TimeSpan _longest = TimeSpan.FromSeconds(options.Value.StoreTimeoutSeconds);
    private readonly List<Task> _givenUp = [];

    /// <summary>For the writer: whether so little that was given up is still under way that there may be more.</summary>
    public bool MayBegin
    {
        get
        {
            _givenUp.RemoveAll(static task => task.IsCompleted);
            return _givenUp.Count < MaxGivenUp;
        }
    }

    /// <summary>
    /// How long another replica is waited for that keeps the head: less than those who ask wait, so that the shared database itself says why they
    /// wait, and nothing is left waiting there.
    /// </summary>
    public TimeSpan ForHead => _longest * 0.8;

    /// <summary>For work on a file of our own, where a statement that is cancelled ends.</summary>
    public CancellationTokenSource Begin() => new(_longest, clock);

    /// <summary>Reads something for a caller. Any number may at once: it touches nothing of the writer's.</summary>
    /// <exception cref="StorageException">The database does not answer, or not in time.</exception>
    public async Task<T> ReadAsync<T>(Func<CancellationToken, Task<T>> read, CancellationToken cancellationToken)
    {
        try
        {
            return await read(CancellationToken.None).WaitAsync(_longest, clock, cancellationToken);
        }
        catch (TimeoutException e)
        {
            throw TooSlow(e);
        }
    }

    /// <summary>
    /// Runs something on the shared database for as long as a write may wait, and then gives it up: with a link that carries nothing the driver
    /// can take minutes to end a statement, and cancelling it blocks a thread for as long. What was given up may go on where it stood when the
    /// link carries again; so it enters memory with its round. For the writer, one at a time.
    /// </summary>
    /// <exception cref="StorageException">The database failed, or did not answer in time.</exception>
    public async Task<T> WithinAsync<T>(Func<int, Task<T>> work)
    {
        var task = work(memory.Round);
        try
        {
            return await task.WaitAsync(_longest, clock);
        }
        catch (TimeoutException e) when (!task.IsCompleted)
        {
            memory.EndRound();
            _givenUp.Add(task);
            throw TooSlow(e);
        }
    }

    private static StorageException TooSlow(Exception fault) =>
        new(StorageSource.Database, StorageFault.Unavailable, "The database did not answer in time.", fault);
}
