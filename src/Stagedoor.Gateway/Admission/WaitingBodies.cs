using System.Collections.Concurrent;

namespace Stagedoor.Gateway.Admission;

/// <summary>
/// How much memory bodies may take whose signature is not known to be right yet. Nothing of them goes to the disk, and one network cannot
/// take what others need.
/// </summary>
internal sealed class WaitingBodies
{
    public const long MaxBytes = 256L * 1024 * 1024;

    public const long MaxBytesPerNetwork = MaxBytes / 4;

    private readonly ConcurrentDictionary<ClientNetwork, long> _byNetwork = new();
    private long _all;

    /// <summary>Bytes that wait now.</summary>
    public long Bytes => Interlocked.Read(ref _all);

    /// <summary>Takes memory for a body; false when there is none left.</summary>
    public bool TryTake(ClientNetwork network, int bytes)
    {
        if (Interlocked.Add(ref _all, bytes) > MaxBytes)
        {
            Interlocked.Add(ref _all, -bytes);
            return false;
        }

        if (_byNetwork.AddOrUpdate(network, bytes, (_, held) => held + bytes) > MaxBytesPerNetwork)
        {
            Return(network, bytes);
            return false;
        }

        return true;
    }

    public void Return(ClientNetwork network, long bytes)
    {
        Interlocked.Add(ref _all, -bytes);
        if (_byNetwork.AddOrUpdate(network, 0, (_, held) => held - bytes) == 0)
        {
            _byNetwork.TryRemove(new KeyValuePair<ClientNetwork, long>(network, 0));
        }
    }
}
