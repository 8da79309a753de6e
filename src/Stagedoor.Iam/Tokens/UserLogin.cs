using System.Net;
using System.Security.Cryptography;
using System.Text;
using Stagedoor.Http;
using Stagedoor.Iam.Users;
using Stagedoor.Identity;

namespace Stagedoor.Iam.Tokens;

/// <summary>
/// A login of a user. Wrong ones are counted for the user and the network that they came from, so that nobody locks anybody but himself; all of a
/// user's together are counted too, and only recorded.
/// </summary>
/// <param name="user">The user; null when there is none.</param>
/// <param name="name">What stands for a user that does not exist: the same in every spelling of the request.</param>
/// <param name="address">Where it comes from.</param>
/// <param name="unmatchable">What stands for a password that is not there.</param>
/// <param name="limit">The wrong password that locks.</param>
/// <param name="failures">Counts.</param>
/// <param name="audit">Hears of locks.</param>
internal sealed class UserLogin(
    User? user, string name, IPAddress? address, string unmatchable, int limit, LoginFailureStore failures, ILoginAudit audit) : ILoginAttempt
{
    /// <summary>How many times as many failures of a user from everywhere are worth a record.</summary>
    private const int OftenFactor = 20;

    public string Subject { get; } = Hash($"{user?.Id ?? "unknown " + name} from {ClientNetwork.Of(address)}");

    public ClientNetwork Network { get; } = ClientNetwork.Of(address);

    public Task<bool> IsLockedAsync(CancellationToken cancellationToken) => failures.IsLockedAsync(Subject, cancellationToken);

    public string FindHash() => user?.PasswordHash is { Length: > 0 } hash ? hash : unmatchable;

    public async Task<bool> SucceedAsync(CancellationToken cancellationToken)
    {
        if (user is null)
        {
            return false;
        }

        await failures.ForgetAsync(Subject, cancellationToken);
        return true;
    }

    public async Task<bool> FailAsync(CancellationToken cancellationToken)
    {
        if (await failures.AddAsync(Subject, limit, cancellationToken))
        {
            audit.RecordLock("userLocked", "user", user?.Name, user?.Audited, address, "too many wrong passwords");
        }

        return await failures.AddAsync(Hash($"{user?.Id ?? "unknown " + name} from everywhere"), limit * OftenFactor, cancellationToken);
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
