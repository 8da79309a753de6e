using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Stagedoor.Identity;

/// <summary>
/// Passwords as they are stored: PBKDF2 over HMAC-SHA-512. The framework has no memory-hard function, and cryptography is not ours to
/// write; the number of rounds is stored with each password, so that it can grow.
/// </summary>
public static class PasswordHash
{
    private const int SaltLength = 16;

    private const int HashLength = 64;

    private const string Scheme = "pbkdf2-sha512";

    /// <summary>What stands for the password of somebody who has none or does not exist: nothing matches it, at the usual price.</summary>
    public static string Unmatchable(int iterations) => Join(iterations, new byte[SaltLength], new byte[HashLength]);

    public static string Compute(string password, int iterations)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltLength);
        return Join(iterations, salt, Derive(password, salt, iterations));
    }

    /// <summary>Whether the password is the one that was hashed; costs the same either way.</summary>
    public static bool Verify(string password, string hash)
    {
        ArgumentNullException.ThrowIfNull(hash);
        if (hash.Split('$') is not [Scheme, var rounds, var salt, var expected])
        {
            return false;
        }

        var iterations = int.Parse(rounds, CultureInfo.InvariantCulture);
        return CryptographicOperations.FixedTimeEquals(
            Derive(password, Convert.FromBase64String(salt), iterations), Convert.FromBase64String(expected));
    }

    /// <summary>Whether the hash was made with fewer rounds than are asked for now.</summary>
    public static bool IsOutdated(string hash, int iterations)
    {
        ArgumentNullException.ThrowIfNull(hash);
        return hash.Split('$') is [Scheme, var rounds, _, _] && int.Parse(rounds, CultureInfo.InvariantCulture) < iterations;
    }

    private static byte[] Derive(string password, byte[] salt, int iterations) =>
        Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(password), salt, iterations, HashAlgorithmName.SHA512, HashLength);

    private static string Join(int iterations, byte[] salt, byte[] hash) =>
        string.Create(CultureInfo.InvariantCulture, $"{Scheme}${iterations}${Convert.ToBase64String(salt)}${Convert.ToBase64String(hash)}");
}
