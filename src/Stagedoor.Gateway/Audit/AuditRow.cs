using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Stagedoor.Gateway.Audit;

/// <summary>A record as it is stored. Each holds the hash of the one before it, so that one changed or removed in between is noticed.</summary>
internal sealed record AuditRow : AuditEvent
{
    /// <summary>What the first record of an installation has for a predecessor.</summary>
    public const string NoHash = "0000000000000000000000000000000000000000000000000000000000000000";

    // What the store fills in.
    public AuditRow()
    {
    }

    [SetsRequiredMembers]
    private AuditRow(AuditEvent e, string id, string chain, long sequence, long recordedAt, string previousHash)
        : base(e) =>
        (Id, Chain, Sequence, RecordedAt, PreviousHash) = (id, chain, sequence, recordedAt, previousHash);

    public required string Id { get; init; }

    /// <summary>The process that wrote it; each has a chain of its own, which begins with the newest hash that it found.</summary>
    public required string Chain { get; init; }

    /// <summary>The place in the chain, from 1.</summary>
    public required long Sequence { get; init; }

    public required long RecordedAt { get; init; }

    public required string PreviousHash { get; init; }

    public string Hash { get; init; } = "";

    public static AuditRow Of(AuditEvent e, string id, string chain, long sequence, long recordedAt, string previousHash, byte[] key)
    {
        var row = new AuditRow(e, id, chain, sequence, recordedAt, previousHash);
        return row with { Hash = row.ComputeHash(key) };
    }

    /// <param name="key">What the hash is keyed with; null for records of versions that had no key.</param>
    public string ComputeHash(byte[]? key)
    {
        using var hash = key is null
            ? IncrementalHash.CreateHash(HashAlgorithmName.SHA256)
            : IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, key);
        string?[] fields =
        [
            PreviousHash, Id, Chain, Number(Sequence), Number(OccurredAt), Number(RecordedAt), TraceName, TraceType, TraceRating, ServiceType,
            ResourceType, ResourceName, ResourceId, UserId, UserName, DomainId, DomainName, ProjectId, SourceIp, UserAgent, Request, Response,
            Number(Code), RequestId,
        ];
        Span<byte> length = stackalloc byte[4];
        foreach (var field in fields)
        {
            // The length goes first, so that no text can move from one field into the next.
            BinaryPrimitives.WriteInt32BigEndian(length, field?.Length ?? -1);
            hash.AppendData(length);
            hash.AppendData(Encoding.UTF8.GetBytes(field ?? ""));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
