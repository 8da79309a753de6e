using Microsoft.Extensions.Options;
using Stagedoor.Identity;

namespace Stagedoor.Discovery.Accounts.Logins;

/// <summary>
/// Counts wrong passwords of an account from a network, whether there is such an account or not: the third blocks it there for a while.
/// Each process counts for itself.
/// </summary>
internal sealed class LoginLocks(IOptions<RbacOptions> options, TimeProvider clock)
{
    public const int MaxFailures = 3;

    // More than wrong passwords can be checked while a lock holds, on a machine of common size; where it is full all the same, whoever is not in it
    // waits.
    private const int MaxEntries = 50_000;

    private readonly FailureLocks<LoginSource> _locks = new(clock, MaxFailures, TimeSpan.FromMinutes(options.Value.LockoutMinutes), MaxEntries);

    /// <summary>How long it stays blocked; null when it is not.</summary>
    public TimeSpan? FindLock(LoginSource key) => _locks.FindLock(key);

    /// <summary>Whether a wrong password could not be counted, so that none may be tried.</summary>
    public bool HasNoRoomFor(LoginSource key) => _locks.HasNoRoomFor(key);

    public void Fail(LoginSource key) => _locks.Fail(key);

    public void Forget(LoginSource key) => _locks.Succeed(key);

    /// <summary>Lets an account in again from everywhere.</summary>
    public void Forget(string account) => _locks.Forget(key => string.Equals(key.Account, account, StringComparison.Ordinal));

    /// <summary>What is blocked now, with the end of it.</summary>
    public IReadOnlyList<(LoginSource Key, DateTimeOffset Until)> Locked() =>
    [
        .. _locks.Locked().OrderBy(static l => l.Key.Account, StringComparer.Ordinal).ThenBy(static l => l.Key.Network.ToString(), StringComparer.Ordinal),
    ];
}

/// <summary>Whose password was tried from where.</summary>
/// <param name="Account">The name as sent.</param>
/// <param name="Network">Where it came from.</param>
internal readonly record struct LoginSource(string Account, ClientNetwork Network)
{
    public override string ToString() => $"{Account}::{Network}";
}
