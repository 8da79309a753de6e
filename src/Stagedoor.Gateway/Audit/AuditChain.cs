using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Stagedoor.Gateway.Audit;

/// <summary>The two ends of one process's chain of records. The row stays when all its records are gone, so that a chain cannot go missing.</summary>
internal sealed record AuditChain
{
    public required string Chain { get; init; }

    /// <summary>Whose newest hash its first record follows; null for the first chain of an installation.</summary>
    public string? PreviousChain { get; init; }

    /// <summary>The oldest record that is kept.</summary>
    public required long FirstSequence { get; init; }

    public required string FirstHash { get; init; }

    public required long LastSequence { get; init; }

    /// <summary>The newest record's own hash.</summary>
    public required string LastHash { get; init; }

    public required string EndHash { get; init; }

    public static AuditChain Of(string chain, string? previousChain, long lastSequence, string lastHash, byte[] key) => new()
    {
        Chain = chain,
        PreviousChain = previousChain,
        FirstSequence = 1,
        FirstHash = HashFirst(chain, 1, key),
        LastSequence = lastSequence,
        LastHash = lastHash,
        EndHash = HashEnd(chain, previousChain, lastSequence, lastHash, key),
    };

    public static string HashFirst(string chain, long sequence, byte[] key) =>
        Hash(string.Create(CultureInfo.InvariantCulture, $"first|{chain}|{sequence}"), key);

    public bool IsIntact(byte[] key) =>
        string.Equals(FirstHash, HashFirst(Chain, FirstSequence, key), StringComparison.Ordinal)
        && string.Equals(EndHash, HashEnd(Chain, PreviousChain, LastSequence, LastHash, key), StringComparison.Ordinal);

    private static string HashEnd(string chain, string? previousChain, long sequence, string hash, byte[] key) =>
        Hash(string.Create(CultureInfo.InvariantCulture, $"end|{chain}|{previousChain}|{sequence}|{hash}"), key);

    private static string Hash(string text, byte[] key) => Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text)));
}
