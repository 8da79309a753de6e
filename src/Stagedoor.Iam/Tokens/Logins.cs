using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using Stagedoor.Http;
using Stagedoor.Iam.Secrets;
using Stagedoor.Iam.Users;
using Stagedoor.Identity;

namespace Stagedoor.Iam.Tokens;

/// <summary>
/// Checks passwords. A user that does not exist is counted, locked and paid for like one that does. Wrong ones are counted for the user and the
/// network that they came from, so that nobody locks anybody but himself; all of a user's together are counted too, and only recorded.
/// </summary>
internal sealed class Logins(UserStore users, LoginFailureStore failures, Passwords passwords, LoginRoom room, ILoginAudit audit, IOptions<IamOptions> options)
{
    /// <summary>How many times as many failures of a user from everywhere are worth a record.</summary>
    private const int OftenFactor = 20;

    /// <summary>Checks a password against what was found under the given name.</summary>
    /// <param name="user">The user; null when there is none.</param>
    /// <param name="name">What stands for a user that does not exist: the same in every spelling of the request.</param>
    /// <param name="password">The password to check.</param>
    /// <param name="address">Where it comes from.</param>
    /// <param name="cancellationToken">Ends the wait for storage.</param>
    public async Task<LoginResult> CheckAsync(User? user, string name, string password, IPAddress? address, CancellationToken cancellationToken)
    {
        var (whom, network) = (user?.Id ?? "unknown " + name, ClientNetwork.Of(address));
        var subject = Subject($"{whom} from {network.Prefix:x}:{network.Address:x}");
        var attempt = await room.EnterAsync(
            subject, network, () => AttemptAsync(user, whom, subject, password, address, cancellationToken), cancellationToken);
        if (attempt is null)
        {
            return LoginResult.Busy;
        }

        // Whoever has logged in is known; when too many of them have new passwords, this one's is hashed anew another time.
        if (attempt.Result is LoginResult.Right && passwords.IsOutdated(user!.PasswordHash)
            && await passwords.HashAsync(password, cancellationToken) is { } hash)
        {
            await users.RehashAsync(user.Id, user.PasswordHash, hash, cancellationToken);
        }

        return attempt.Result;
    }

    private static string Subject(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private async Task<Attempt> AttemptAsync(
        User? user, string whom, string subject, string password, IPAddress? address, CancellationToken cancellationToken)
    {
        if (await failures.IsLockedAsync(subject, cancellationToken))
        {
            return new(LoginResult.Locked);
        }

        if (await passwords.VerifyAsync(password, user?.PasswordHash ?? "", ClientNetwork.Of(address), cancellationToken) && user is not null)
        {
            await failures.ForgetAsync(subject, cancellationToken);
            return new(LoginResult.Right);
        }

        var limit = options.Value.LoginFailures;
        if (await failures.AddAsync(subject, limit, cancellationToken))
        {
            audit.RecordLock("userLocked", "user", user?.Name, user?.Audited, address, "too many wrong passwords");
        }

        return new(await failures.AddAsync(Subject($"{whom} from everywhere"), limit * OftenFactor, cancellationToken) ? LoginResult.WrongOften : LoginResult.Wrong);
    }

    private sealed record Attempt(LoginResult Result);
}

/// <summary>What became of a login.</summary>
internal enum LoginResult
{
    Right,
    Wrong,

    /// <summary>Wrong, and one of so many from all networks together that it is worth a record.</summary>
    WrongOften,

    Locked,

    /// <summary>Too many are being checked.</summary>
    Busy,
}
