namespace Stagedoor.Identity;

/// <summary>Why a password is not good enough.</summary>
public enum PasswordFault
{
    Length,
    Kinds,

    /// <summary>It is the name of whom it belongs to, forwards or backwards.</summary>
    Name,
}

/// <summary>What a password must be.</summary>
/// <param name="MinimumLength">The fewest characters.</param>
/// <param name="MaximumLength">The most.</param>
/// <param name="MinimumKinds">How many of: lower-case letters, upper-case letters, digits, other characters.</param>
/// <param name="NameComparison">How it is compared with the name.</param>
public sealed record PasswordRule(int MinimumLength, int MaximumLength, int MinimumKinds, StringComparison NameComparison)
{
    /// <summary>What is wrong with the password; null when it is good enough.</summary>
    /// <param name="password">The password.</param>
    /// <param name="name">Whose it is.</param>
    public PasswordFault? FindFault(string? password, string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (password is null || password.Length < MinimumLength || password.Length > MaximumLength)
        {
            return PasswordFault.Length;
        }

        var kinds = (password.Any(char.IsAsciiLetterLower) ? 1 : 0) + (password.Any(char.IsAsciiLetterUpper) ? 1 : 0)
            + (password.Any(char.IsAsciiDigit) ? 1 : 0) + (password.All(char.IsAsciiLetterOrDigit) ? 0 : 1);
        if (kinds < MinimumKinds)
        {
            return PasswordFault.Kinds;
        }

        return password.Equals(name, NameComparison) || password.Equals(new string([.. name.Reverse()]), NameComparison) ? PasswordFault.Name : null;
    }
}
