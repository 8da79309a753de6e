using System.Net;
using Microsoft.Extensions.Options;
using Stagedoor.Discovery.Accounts.Tokens;
using Stagedoor.Discovery.Log;
using Stagedoor.Http;
using Stagedoor.Identity;
using Stagedoor.Storage;

namespace Stagedoor.Discovery.Accounts.Logins;

/// <summary>Checks passwords, makes tokens and reads them.</summary>
internal sealed class LoginDesk
{
    private readonly AccountDirectory _directory;
    private readonly RegistryWriter _writer;
    private readonly LoginLocks _locks;
    private readonly TokenSeal<AccountClaims> _seal;
    private readonly TimeProvider _clock;
    private readonly string _unmatchable;
    private readonly LoginThrottle _throttle;
    private readonly LoginGuard _guard;

    public LoginDesk(
        AccountDirectory directory,
        RegistryWriter writer,
        LoginLocks locks,
        LoginGuard guard,
        TokenSeal<AccountClaims> seal,
        TimeProvider clock,
        IOptions<RbacOptions> options)
    {
        (_guard, _throttle) = (guard, new(options.Value.LoginsPerMinute, clock));
        (_directory, _writer, _locks, _seal, _clock) = (directory, writer, locks, seal, clock);
        _unmatchable = PasswordHash.Unmatchable(options.Value.PasswordIterations);
    }

    /// <summary>A token for who knows the password.</summary>
    /// <exception cref="ApiException">The password is wrong, or too many were.</exception>
    /// <exception cref="StorageException">The key ring does not answer, or the database that may know more of the account.</exception>
    public async Task<string> LogInAsync(string name, string password, TimeSpan lifetime, IPAddress? address, CancellationToken cancellationToken)
    {
        var account = await FindAsync(name, password, address, cancellationToken) ?? throw AccountError.WrongPassword();
        return _seal.Seal(new(account.Name, account.Stamp, _clock.GetUtcNow() + lifetime));
    }

    /// <summary>The account when the password is its own; null when it is not, or there is no such account, or it is switched off.</summary>
    /// <exception cref="ApiException">Too many passwords were wrong.</exception>
    /// <exception cref="StorageException">It may be right by what the database knows, which does not answer.</exception>
    public async Task<Account?> FindAsync(string name, string password, IPAddress? address, CancellationToken cancellationToken)
    {
        var key = new LoginSource(name, ClientNetwork.Of(address));
        if (_locks.FindLock(key) is { } left)
        {
            throw AccountError.AccountBlocked(left);
        }

        if (!_throttle.TryEnter(address))
        {
            throw AccountError.TooManyLogins(LoginThrottle.Seconds);
        }

        // Another replica may have made the account, or changed its password, a moment ago.
        var fault = await _writer.CatchUpAsync();
        var login = new AccountLogin(key, _directory, _locks, _unmatchable, fault);
        return await _guard.CheckAsync(login, password, cancellationToken) switch
        {
            LoginResult.Right => login.Account,
            LoginResult.Locked => throw login.Refusal!,
            LoginResult.Busy => throw AccountError.TooManyLogins(1),
            _ => null,
        };
    }

    /// <summary>The account that a token was made for, or why it counts no more.</summary>
    /// <exception cref="StorageException">The key ring does not answer, or the database that may know more of the account.</exception>
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
        var fault = await _writer.CatchUpAsync();
        return FindOwner(claims) is { } late ? (late, null)
            : fault is not null ? throw fault
            : (null, DiscoveryError.Unauthorized(_directory.FindAccount(claims.Account) switch
            {
                null => "the token's account is deleted",
                { IsActive: false } => "the token's account is inactive",
                _ => "the token was made before password, roles or status of its account changed",
            }));
    }

    private Account? FindOwner(AccountClaims claims) =>
        _directory.FindAccount(claims.Account) is { IsActive: true } account && string.Equals(account.Stamp, claims.Stamp, StringComparison.Ordinal)
            ? account
            : null;
}
