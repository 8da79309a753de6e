using System.Net;
using Microsoft.Extensions.Options;
using Stagedoor.Discovery.Engine;
using Stagedoor.Http;
using Stagedoor.Identity;
using Stagedoor.Storage;

namespace Stagedoor.Discovery.Accounts;

/// <summary>Checks passwords, makes tokens and reads them.</summary>
internal sealed class LoginDesk : IDisposable
{
    private readonly AccountDirectory _directory;
    private readonly RegistryWriter _writer;
    private readonly LoginLocks _locks;
    private readonly TokenSeal _seal;
    private readonly TimeProvider _clock;
    private readonly string _unmatchable;

    // A password costs a processor a tenth of a second: no more of them at once than there are processors, and those of one account from
    // one address one after the other, so that many at once are not more tries than three.
    private readonly SemaphoreSlim[] _gates = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(static _ => new SemaphoreSlim(1, 1))];

    public LoginDesk(
        AccountDirectory directory, RegistryWriter writer, LoginLocks locks, TokenSeal seal, TimeProvider clock, IOptions<RbacOptions> options)
    {
        (_directory, _writer, _locks, _seal, _clock) = (directory, writer, locks, seal, clock);
        _unmatchable = PasswordHash.Unmatchable(options.Value.PasswordIterations);
    }

    /// <summary>A token for who knows the password.</summary>
    /// <exception cref="ApiException">The password is wrong, or too many were.</exception>
    /// <exception cref="StorageException">The key ring does not answer.</exception>
    public async Task<string> LogInAsync(string name, string password, TimeSpan lifetime, IPAddress? address, CancellationToken cancellationToken)
    {
        var account = await FindAsync(name, password, address, cancellationToken) ?? throw AccountError.WrongPassword();
        return _seal.Seal(new(account.Name, account.Stamp, _clock.GetUtcNow() + lifetime));
    }

    /// <summary>The account when the password is its own; null when it is not, or there is no such account, or it is switched off.</summary>
    /// <exception cref="ApiException">Too many passwords were wrong.</exception>
    public async Task<Account?> FindAsync(string name, string password, IPAddress? address, CancellationToken cancellationToken)
    {
        var key = LoginSource.Of(name, address);
        if (_locks.FindLock(key) is { } left)
        {
            throw AccountError.AccountBlocked(left);
        }

        // Another replica may have made the account, or changed its password, a moment ago.
        await _writer.CatchUpAsync();
        var gate = _gates[(uint)key.GetHashCode() % (uint)_gates.Length];
        await gate.WaitAsync(cancellationToken);
        try
        {
            if (_locks.FindLock(key) is { } stillLeft)
            {
                throw AccountError.AccountBlocked(stillLeft);
            }

            // The same work and the same words, whether there is such an account or not.
            var account = _directory.FindAccount(name);
            if (PasswordHash.Verify(password, account?.PasswordHash ?? _unmatchable) && account is { IsActive: true })
            {
                _locks.Forget(key);
                return account;
            }

            _locks.Fail(key);
            return null;
        }
        finally
        {
            gate.Release();
        }
    }

    /// <summary>The account that a token was made for, or why it counts no more.</summary>
    /// <exception cref="StorageException">The key ring does not answer.</exception>
    public async ValueTask<(Account? Account, ApiException? Refusal)> ReadAsync(string token)
    {
        if (_seal.Open(token) is not { } claims)
        {
            return (null, DiscoveryError.Unauthorized("the token is malformed, or not of this engine"));
        }

        if (claims.ExpiresAt <= _clock.GetUtcNow())
        {
            return (null, AccountError.TokenExpired());
        }

        if (FindOwner(claims) is { } account)
        {
            return (account, null);
        }

        // Another replica may know more; only tokens that were good once come so far.
        await _writer.CatchUpAsync();
        return FindOwner(claims) is { } late ? (late, null)
            : (null, DiscoveryError.Unauthorized(_directory.FindAccount(claims.Account) switch
            {
                null => "the token's account is deleted",
                { IsActive: false } => "the token's account is inactive",
                _ => "the token was made before password, roles or status of its account changed",
            }));
    }

    public void Dispose() => Array.ForEach(_gates, static gate => gate.Dispose());

    private Account? FindOwner(TokenClaims claims) =>
        _directory.FindAccount(claims.Account) is { IsActive: true } account && string.Equals(account.Stamp, claims.Stamp, StringComparison.Ordinal)
            ? account
            : null;
}
