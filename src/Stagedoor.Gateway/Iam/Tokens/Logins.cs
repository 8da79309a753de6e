using System.Security.Cryptography;
using System.Text;
using Stagedoor.Gateway.Iam.Secrets;
using Stagedoor.Gateway.Iam.Users;

namespace Stagedoor.Gateway.Iam.Tokens;

/// <summary>Checks passwords. A user that does not exist is counted, locked and paid for like one that does.</summary>
internal sealed class Logins(UserStore users, LoginFailureStore failures, Passwords passwords) : IDisposable
{
    // Attempts on one user go one after the other, or a burst would all be checked before the first is counted.
    private readonly SemaphoreSlim[] _gates = [.. Enumerable.Range(0, 64).Select(_ => new SemaphoreSlim(1))];

    /// <summary>Checks a password against what was found under the given name.</summary>
    /// <param name="user">The user; null when there is none.</param>
    /// <param name="name">The name that was given, which stands for a user that does not exist.</param>
    /// <param name="password">The password to check.</param>
    /// <param name="cancellationToken">Ends the wait for storage.</param>
    public async Task<LoginResult> CheckAsync(User? user, string name, string password, CancellationToken cancellationToken)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(user?.Id ?? "unknown " + name));
        var subject = Convert.ToHexStringLower(hash);
        var gate = _gates[hash[0] % _gates.Length];
        await gate.WaitAsync(cancellationToken);
        try
        {
            if (await failures.IsLockedAsync(subject, cancellationToken))
            {
                return LoginResult.Locked;
            }

            if (!passwords.Verify(password, user?.PasswordHash ?? "") || user is null)
            {
                await failures.AddAsync(subject, cancellationToken);
                return LoginResult.Wrong;
            }

            await failures.ForgetAsync(subject, cancellationToken);
        }
        finally
        {
            gate.Release();
        }

        if (passwords.IsOutdated(user.PasswordHash))
        {
            await users.RehashAsync(user.Id, user.PasswordHash, passwords.Hash(password), cancellationToken);
        }

        return LoginResult.Right;
    }

    public void Dispose()
    {
        foreach (var gate in _gates)
        {
            gate.Dispose();
        }
    }
}

/// <summary>What became of a login.</summary>
internal enum LoginResult
{
    Right,
    Wrong,
    Locked,
}
