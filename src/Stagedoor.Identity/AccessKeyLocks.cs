using System.Net;

namespace Stagedoor.Identity;

/// <summary>
/// Locks an access key for a while after wrong signatures or login keys in a row, at whichever door they were shown. The count is per key and
/// network, so that somebody who merely knows a key's name locks out only himself. One for all doors.
/// </summary>
public sealed class AccessKeyLocks(TimeProvider clock, bool perAccessKeyAlone = false)
{
    public const int MaxFailures = 5;

    /// <summary>Counters in memory at one time. What finds no room goes uncounted: nobody guesses a secret key, as one could a password.</summary>
    public const int MaxEntries = 10_000;

    public static readonly TimeSpan Duration = TimeSpan.FromMinutes(5);

    private readonly FailureLocks<(string AccessKey, ClientNetwork Network)> _locks = new(clock, MaxFailures + 1, Duration, MaxEntries);

    public bool IsLocked(string accessKey, IPAddress? address) => _locks.FindLock(Key(accessKey, address)) is not null;

    /// <summary>Counts a wrong signature.</summary>
    public LockChange Fail(string accessKey, IPAddress? address) => _locks.Fail(Key(accessKey, address));

    /// <summary>Forgets the failures: a signature or login was right. A lock that was made meanwhile holds.</summary>
    public void Succeed(string accessKey, IPAddress? address) => _locks.EndRow(Key(accessKey, address));

    private (string AccessKey, ClientNetwork Network) Key(string accessKey, IPAddress? address) =>
        (accessKey, perAccessKeyAlone ? default : ClientNetwork.Of(address));
}
