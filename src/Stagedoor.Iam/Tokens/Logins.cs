using System.Net;
using Microsoft.Extensions.Options;
using Stagedoor.Http;
using Stagedoor.Iam.Secrets;
using Stagedoor.Iam.Users;
using Stagedoor.Identity;

namespace Stagedoor.Iam.Tokens;

/// <summary>Checks passwords of users.</summary>
internal sealed class Logins(
    UserStore users, LoginFailureStore failures, Passwords passwords, LoginGuard guard, ILoginAudit audit, IOptions<IamOptions> options)
{
    /// <summary>Checks a password against what was found under the given name.</summary>
    /// <param name="user">The user; null when there is none.</param>
    /// <param name="name">What stands for a user that does not exist: the same in every spelling of the request.</param>
    /// <param name="password">The password to check.</param>
    /// <param name="address">Where it comes from.</param>
    /// <param name="cancellationToken">Ends the wait for storage.</param>
    public async Task<LoginResult> CheckAsync(User? user, string name, string password, IPAddress? address, CancellationToken cancellationToken)
    {
        var login = new UserLogin(user, name, address, passwords.Unmatchable, options.Value.LoginFailures, failures, audit);
        var result = await guard.CheckAsync(login, password, cancellationToken);

        // Whoever has logged in is known; when too many of them have new passwords, this one's is hashed anew another time.
        if (result is LoginResult.Right && passwords.IsOutdated(user!.PasswordHash)
            && await passwords.HashAsync(password, cancellationToken) is { } hash)
        {
            await users.RehashAsync(user.Id, user.PasswordHash, hash, cancellationToken);
        }

        return result;
    }
}
