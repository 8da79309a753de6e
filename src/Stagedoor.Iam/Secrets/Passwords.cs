using Microsoft.Extensions.Options;
using Stagedoor.Identity;

namespace Stagedoor.Iam.Secrets;

/// <summary>What passwords of users must be, and how they are stored: <see cref="PasswordHash"/> with as many rounds as the settings say.</summary>
internal sealed class Passwords(IOptions<IamOptions> options, PasswordHashing hashing)
{
    /// <summary>The most characters.</summary>
    public const int MaximumLength = 128;

    private static readonly PasswordRule s_rule = new(MinimumLength: 8, MaximumLength, MinimumKinds: 2, StringComparison.OrdinalIgnoreCase);

    private int Iterations => options.Value.PasswordIterations;

    /// <summary>What stands for the password of a user that has none or does not exist: nothing matches it, at the usual price.</summary>
    public string Unmatchable => PasswordHash.Unmatchable(Iterations);

    /// <summary>Why a password is not good enough; null when it is.</summary>
    public static string? Problem(string? password, string userName) => s_rule.FindFault(password, userName) switch
    {
        PasswordFault.Length => $"password must have {s_rule.MinimumLength} to {s_rule.MaximumLength} characters",
        PasswordFault.Kinds => "password must have two of: lower-case letters, upper-case letters, digits, other characters",
        PasswordFault.Name => "password must not be the user name, forwards or backwards",
        _ => null,
    };

    /// <summary>Hashes at once, on the caller's thread: for commands and the first start.</summary>
    public string Hash(string password) => PasswordHash.Compute(password, Iterations);

    /// <summary>Hashes a new password of a known caller's; null when too many wait.</summary>
    public Task<string?> HashAsync(string password, CancellationToken cancellationToken) => hashing.HashAsync(password, Iterations, cancellationToken);

    /// <summary>Whether the hash was made with fewer rounds than are asked for now.</summary>
    public bool IsOutdated(string hash) => PasswordHash.IsOutdated(hash, Iterations);
}
