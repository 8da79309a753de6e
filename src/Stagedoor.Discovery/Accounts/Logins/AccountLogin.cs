using Stagedoor.Http;
using Stagedoor.Identity;
using Stagedoor.Storage;

namespace Stagedoor.Discovery.Accounts.Logins;

/// <summary>A login of an account.</summary>
/// <param name="source">Whose, and where it comes from.</param>
/// <param name="directory">The accounts.</param>
/// <param name="locks">Counts.</param>
/// <param name="unmatchable">What stands for the password of an account that does not exist.</param>
/// <param name="fault">Why this process may not know the newest of the accounts; null when it does.</param>
internal sealed class AccountLogin(LoginSource source, AccountDirectory directory, LoginLocks locks, string unmatchable, StorageException? fault) : ILoginAttempt
{
    public string Subject => $"account {source}";

    public ClientNetwork Network => source.Network;

    /// <summary>The account, when the password was its own.</summary>
    public Account? Account { get; private set; }

    /// <summary>Why no password may be tried, when none may.</summary>
    public ApiException? Refusal { get; private set; }

    public Task<bool> IsLockedAsync(CancellationToken cancellationToken)
    {
        Refusal = locks.FindLock(source) is { } left ? AccountError.AccountBlocked(left)
            : locks.HasNoRoomFor(source) ? AccountError.TooManyLogins(LoginThrottle.Seconds)
            : null;
        return Task.FromResult(Refusal is not null);
    }

    public string FindHash() => (Account = directory.FindAccount(source.Account))?.PasswordHash ?? unmatchable;

    public Task<bool> SucceedAsync(CancellationToken cancellationToken)
    {
        if (Account is not { IsActive: true })
        {
            return Task.FromResult(false);
        }

        locks.Forget(source);
        return Task.FromResult(true);
    }

    /// <exception cref="StorageException">Nobody can say whether it was wrong.</exception>
    public Task<bool> FailAsync(CancellationToken cancellationToken)
    {
        // What does not fit what is known here may fit what another replica was told: that is no try of somebody who guesses.
        if (fault is not null)
        {
            throw fault;
        }

        locks.Fail(source);
        return Task.FromResult(false);
    }
}
