using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;

namespace Stagedoor.Discovery.Accounts;

/// <summary>
/// Counts wrong passwords of an account from an address, whether there is such an account or not: the third blocks it there for a while.
/// Each process counts for itself.
/// </summary>
internal sealed class LoginLocks(IOptions<RbacOptions> options, TimeProvider clock)
{
    public const int MaxFailures = 3;

    private const int MaxEntries = 10_000;

    private readonly ConcurrentDictionary<LoginSource, Failures> _failures = new();
    private readonly Lock _gate = new();
    private readonly TimeSpan _period = TimeSpan.FromMinutes(options.Value.LockoutMinutes);

    private DateTimeOffset Now => clock.GetUtcNow();

    /// <summary>How long it stays blocked; null when it is not.</summary>
    public TimeSpan? FindLock(LoginSource key) =>
        _failures.TryGetValue(key, out var failures) && failures.Count >= MaxFailures && failures.Until > Now ? failures.Until - Now : null;

    public void Fail(LoginSource key)
    {
        lock (_gate)
        {
            if (_failures.Count >= MaxEntries && !_failures.ContainsKey(key))
            {
                MakeRoom();
            }

            var count = _failures.TryGetValue(key, out var before) && before.Until > Now ? before.Count + 1 : 1;
            _failures[key] = new(count, Now + _period);
        }
    }

    public void Forget(LoginSource key) => _failures.TryRemove(key, out _);

    /// <summary>Lets an account in again from everywhere.</summary>
    public void Forget(string account)
    {
        foreach (var key in _failures.Keys.Where(k => string.Equals(k.Account, account, StringComparison.Ordinal)))
        {
            _failures.TryRemove(key, out _);
        }
    }

    /// <summary>What is blocked now, with the end of it.</summary>
    public IReadOnlyList<(LoginSource Key, DateTimeOffset Until)> Locked() =>
    [
        .. _failures.Where(f => f.Value.Count >= MaxFailures && f.Value.Until > Now).Select(static f => (f.Key, f.Value.Until))
            .OrderBy(static l => l.Key.Account, StringComparer.Ordinal).ThenBy(static l => l.Key.Address, StringComparer.Ordinal),
    ];

    // Whoever fills the memory with invented names pays for each with the time that a password takes.
    private void MakeRoom()
    {
        foreach (var entry in _failures.OrderBy(static f => f.Value.Until).Take(MaxEntries / 10))
        {
            _failures.TryRemove(entry);
        }
    }

    private sealed record Failures(int Count, DateTimeOffset Until);
}

/// <summary>Whose password was tried from where.</summary>
/// <param name="Account">The name as sent.</param>
/// <param name="Address">The IPv4 address, or the first 64 bits of the IPv6 address, which one client cannot change at will.</param>
internal readonly record struct LoginSource(string Account, string Address)
{
    public static LoginSource Of(string account, IPAddress? address) => new(account, Text(address));

    public override string ToString() => $"{Account}::{Address}";

    private static string Text(IPAddress? address)
    {
        if (address is null)
        {
            return "";
        }

        if (address.IsIPv4MappedToIPv6)
        {
            address = address.MapToIPv4();
        }

        if (address.AddressFamily is not AddressFamily.InterNetworkV6 || IPAddress.IsLoopback(address))
        {
            return address.ToString();
        }

        var bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return $"{new IPAddress(bytes)}/64";
    }
}
