using Microsoft.Extensions.Options;
using Stagedoor.Identity;

namespace Stagedoor.Iam.Secrets;

/// <summary>What passwords of users must be, and how they are stored: <see cref="PasswordHash"/> with as many rounds as the settings say.</summary>
internal sealed class Passwords(IOptions<IamOptions> options, PasswordHashing hashing)
{
    public const int MinimumLength = 8;

    public const int MaximumLength = 128;

    private int Iterations => options.Value.PasswordIterations;

    /// <summary>What stands for the password of a user that has none or does not exist: nothing matches it, at the usual price.</summary>
    public string Unmatchable => PasswordHash.Unmatchable(Iterations);

    /// <summary>Why a password is not good enough; null when it is.</summary>
    public static string? Problem(string? password, string userName)
    {
        if (password is null || password.Length is < MinimumLength or > MaximumLength)
        {
            return $"password must have {MinimumLength} to {MaximumLength} characters";
        }

        var kinds = (password.Any(char.IsAsciiLetterLower) ? 1 : 0) + (password.Any(char.IsAsciiLetterUpper) ? 1 : 0)
            + (password.Any(char.IsAsciiDigit) ? 1 : 0) + (password.Any(c => !char.IsAsciiLetterOrDigit(c)) ? 1 : 0);
        if (kinds < 2)
        {
            return "password must have two of: lower-case letters, upper-case letters, digits, other characters";
        }

        var reversed = new string([.. userName.Reverse()]);
        return password.Equals(userName, StringComparison.OrdinalIgnoreCase) || password.Equals(reversed, StringComparison.OrdinalIgnoreCase)
            ? "password must not be the user name, forwards or backwards"
            : null;
    }

    /// <summary>Hashes at once, on the caller's thread: for commands and the first start.</summary>
    public string Hash(string password) => PasswordHash.Compute(password, Iterations);

    /// <summary>Hashes a new password of a known caller's; null when too many wait.</summary>
    public Task<string?> HashAsync(string password, CancellationToken cancellationToken) => hashing.HashAsync(password, Iterations, cancellationToken);

    /// <summary>Whether the password is the one that was hashed; costs the same either way.</summary>
    public Task<bool> VerifyAsync(string password, string hash, ClientNetwork network, CancellationToken cancellationToken) =>
        hashing.VerifyAsync(password, hash.Length == 0 ? Unmatchable : hash, network, cancellationToken);

    /// <summary>Whether the hash was made with fewer rounds than are asked for now.</summary>
    public bool IsOutdated(string hash) => PasswordHash.IsOutdated(hash, Iterations);
}
