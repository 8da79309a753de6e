using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace Stagedoor.Gateway.Iam.Secrets;

/// <summary>
/// Passwords as PBKDF2 over HMAC-SHA-512. The framework has no memory-hard function, and cryptography is not ours to write; the
/// number of rounds is stored with each password, so that it can grow.
/// </summary>
internal sealed class Passwords(IOptions<IamOptions> options)
{
    public const int MinimumLength = 8;

    public const int MaximumLength = 128;

    private const int SaltLength = 16;

    private const int HashLength = 64;

    private const string Scheme = "pbkdf2-sha512";

    private int Iterations => options.Value.PasswordIterations;

    /// <summary>What stands for the password of a user that has none or does not exist: nothing matches it, at the usual price.</summary>
    public string Unmatchable => Join(Iterations, new byte[SaltLength], new byte[HashLength]);

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

    public string Hash(string password)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltLength);
        return Join(Iterations, salt, Derive(password, salt, Iterations));
    }

    /// <summary>Whether the password is the one that was hashed; costs the same either way.</summary>
    public bool Verify(string password, string hash)
    {
        var parts = (hash.Length == 0 ? Unmatchable : hash).Split('$');
        if (parts is not [Scheme, var rounds, var salt, var expected])
        {
            return false;
        }

        var iterations = int.Parse(rounds, CultureInfo.InvariantCulture);
        return CryptographicOperations.FixedTimeEquals(
            Derive(password, Convert.FromBase64String(salt), iterations), Convert.FromBase64String(expected));
    }

    /// <summary>Whether the hash was made with fewer rounds than are asked for now.</summary>
    public bool IsOutdated(string hash) =>
        hash.Split('$') is [Scheme, var rounds, _, _] && int.Parse(rounds, CultureInfo.InvariantCulture) < Iterations;

    private static byte[] Derive(string password, byte[] salt, int iterations) =>
        Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(password), salt, iterations, HashAlgorithmName.SHA512, HashLength);

    private static string Join(int iterations, byte[] salt, byte[] hash) =>
        string.Create(CultureInfo.InvariantCulture, $"{Scheme}${iterations}${Convert.ToBase64String(salt)}${Convert.ToBase64String(hash)}");
}
