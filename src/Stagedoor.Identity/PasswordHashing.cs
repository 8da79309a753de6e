using System.Runtime.InteropServices;

namespace Stagedoor.Identity;

/// <summary>
/// Hashes passwords on threads of its own, one fewer than there are processors, so that the rest of the server does not feel it. Networks take
/// turns: one that asks for much delays only itself. Callers who are known go before those who have yet to prove who they are.
/// </summary>
public sealed class PasswordHashing : IDisposable
{
    /// <summary>How many passwords of known callers may wait.</summary>
    public const int MaxWaitingOfKnown = 64;

    // Waited for as well as locked, which the newer kind of lock cannot be.
    private readonly object _gate = new();
    private readonly Queue<Work> _known = new();
    private readonly Dictionary<ClientNetwork, Queue<Work>> _strangers = [];
    private readonly Queue<ClientNetwork> _turns = new();
    private readonly Thread[] _threads;
    private bool _isStopping;
    private bool _hasBegun;

    public PasswordHashing()
        : this(Math.Max(Environment.ProcessorCount - 1, 1))
    {
    }

    public PasswordHashing(int threads) =>
        _threads = [.. Enumerable.Range(0, threads).Select(_ => new Thread(HashQueued) { IsBackground = true, Name = "password hashing" })];

    /// <summary>How many are hashed at one time.</summary>
    public int Threads => _threads.Length;

    /// <summary>Hashes a new password of a known caller's; null when too many wait.</summary>
    public async Task<string?> HashAsync(string password, int iterations, CancellationToken cancellationToken)
    {
        var work = new Work(() => PasswordHash.Compute(password, iterations), cancellationToken);
        lock (_gate)
        {
            if (_known.Count >= MaxWaitingOfKnown)
            {
                return null;
            }

            _known.Enqueue(work);
        }

        return (string)await BeginAsync(work);
    }

    /// <summary>Whether the password is the one that was hashed. Who asks is bounded by <see cref="LoginRoom"/>.</summary>
    public async Task<bool> VerifyAsync(string password, string hash, ClientNetwork network, CancellationToken cancellationToken)
    {
        var work = new Work(() => PasswordHash.Verify(password, hash), cancellationToken);
        Enqueue(work, network);
        return (bool)await BeginAsync(work);
    }

    /// <summary>Keeps a thread busy with something else; tests hold the threads with it.</summary>
    internal Task OccupyAsync(Action work)
    {
        var item = new Work(
            () =>
            {
                work();
                return true;
            },
            CancellationToken.None);
        Enqueue(item, default);
        return BeginAsync(item);
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isStopping = true;
            Monitor.PulseAll(_gate);
        }
    }

    private void Enqueue(Work work, ClientNetwork network)
    {
        lock (_gate)
        {
            ref var queue = ref CollectionsMarshal.GetValueRefOrAddDefault(_strangers, network, out var isThere);
            queue ??= new();
            queue.Enqueue(work);
            if (!isThere)
            {
                _turns.Enqueue(network);
            }
        }
    }

    private Task<object> BeginAsync(Work work)
    {
        lock (_gate)
        {
            if (!_hasBegun)
            {
                _hasBegun = true;
                Array.ForEach(_threads, static thread => thread.Start());
            }

            Monitor.Pulse(_gate);
        }

        return work.Done.Task;
    }

    private void HashQueued()
    {
        while (WaitForNext() is { } work)
        {
            work.Run();
        }
    }

    /// <summary>What to do next; null when the process stops.</summary>
    private Work? WaitForNext()
    {
        lock (_gate)
        {
            while (!_isStopping && _known.Count == 0 && _turns.Count == 0)
            {
                Monitor.Wait(_gate);
            }

            if (_isStopping)
            {
                return null;
            }

            if (_known.TryDequeue(out var known))
            {
                return known;
            }

            var network = _turns.Dequeue();
            var queue = _strangers[network];
            var work = queue.Dequeue();
            if (queue.Count == 0)
            {
                _strangers.Remove(network);
            }
            else
            {
                _turns.Enqueue(network);
            }

            return work;
        }
    }

    private sealed class Work(Func<object> work, CancellationToken cancellationToken)
    {
        public TaskCompletionSource<object> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        // Nobody waits for the answer of a call that was given up, so it is not worth the time of a processor.
        public void Run()
        {
            if (cancellationToken.IsCancellationRequested)
            {
                Done.TrySetCanceled(cancellationToken);
                return;
            }

            try
            {
                Done.TrySetResult(work());
            }
#pragma warning disable CA1031 // It is handed to whoever waits; a thread of the pool of threads must not end.
            catch (Exception e)
#pragma warning restore CA1031
            {
                Done.TrySetException(e);
            }
        }
    }
}
