using System.Runtime.InteropServices;

namespace Stagedoor.Identity;

/// <summary>
/// Where logins with a password wait, at whichever door they came. So many and no more are inside, of one network half; and those of one subject
/// go one after the other, or a burst would all be checked before the first is counted.
/// </summary>
public sealed class LoginRoom(int capacity)
{
    private const int BesidesThreads = 32;
    private const int PerThread = 32;

    private readonly Lock _gate = new();
    private readonly Dictionary<ClientNetwork, int> _networks = [];
    private readonly Dictionary<string, Line> _lines = new(StringComparer.Ordinal);
    private int _inside;

    /// <summary>As large as the threads that hash passwords can serve in a few seconds.</summary>
    public LoginRoom(PasswordHashing hashing)
        : this(BesidesThreads + (PerThread * (hashing ?? throw new ArgumentNullException(nameof(hashing))).Threads))
    {
    }

    /// <summary>How many logins may be inside.</summary>
    public int Capacity => capacity;

    /// <summary>Runs an attempt when those of the same subject before it are over; null when the room is full.</summary>
    /// <param name="subject">Whose password is tried.</param>
    /// <param name="network">Where the attempt comes from.</param>
    /// <param name="attempt">Checks and counts.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    public async Task<T?> EnterAsync<T>(string subject, ClientNetwork network, Func<Task<T>> attempt, CancellationToken cancellationToken)
        where T : class
    {
        ArgumentNullException.ThrowIfNull(attempt);
        if (TryEnter(subject, network) is not { } line)
        {
            return null;
        }

        try
        {
            await line.Turn.WaitAsync(cancellationToken);
            try
            {
                return await attempt();
            }
            finally
            {
                line.Turn.Release();
            }
        }
        finally
        {
            Leave(subject, network, line);
        }
    }

    private Line? TryEnter(string subject, ClientNetwork network)
    {
        lock (_gate)
        {
            ref var ofNetwork = ref CollectionsMarshal.GetValueRefOrAddDefault(_networks, network, out _);
            if (_inside >= capacity || ofNetwork >= Math.Max(capacity / 2, 1))
            {
                if (ofNetwork == 0)
                {
                    _networks.Remove(network);
                }

                return null;
            }

            _inside++;
            ofNetwork++;
            ref var line = ref CollectionsMarshal.GetValueRefOrAddDefault(_lines, subject, out _);
            line ??= new();
            line.Count++;
            return line;
        }
    }

    private void Leave(string subject, ClientNetwork network, Line line)
    {
        lock (_gate)
        {
            _inside--;
            if (--CollectionsMarshal.GetValueRefOrNullRef(_networks, network) == 0)
            {
                _networks.Remove(network);
            }

            if (--line.Count == 0)
            {
                _lines.Remove(subject);
                line.Turn.Dispose();
            }
        }
    }

    private sealed class Line
    {
        public SemaphoreSlim Turn { get; } = new(1, 1);

        public int Count { get; set; }
    }
}
