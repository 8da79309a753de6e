using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Stagedoor.Gateway.Audit;

/// <summary>A record as it is stored. Each holds the hash of the one before it, so that one changed or removed in between is noticed.</summary>
internal sealed record AuditRow
{
    /// <summary>What the first record of an installation has for a predecessor.</summary>
    public const string NoHash = "0000000000000000000000000000000000000000000000000000000000000000";

    public required string Id { get; init; }

    /// <summary>The process that wrote it; each has a chain of its own, which begins with the newest hash that it found.</summary>
    public required string Chain { get; init; }

    /// <summary>The place in the chain, from 1.</summary>
    public required long Sequence { get; init; }

    public required long OccurredAt { get; init; }

    public required long RecordedAt { get; init; }

    public required string TraceName { get; init; }

    public required string TraceType { get; init; }

    public required string TraceRating { get; init; }

    public required string ServiceType { get; init; }

    public required string ResourceType { get; init; }

    public string? ResourceName { get; init; }

    public string? ResourceId { get; init; }

    public string? UserId { get; init; }

    public string? UserName { get; init; }

    public string? DomainId { get; init; }

    public string? DomainName { get; init; }

    public string? ProjectId { get; init; }

    public string? SourceIp { get; init; }

    public string? UserAgent { get; init; }

    public string? Request { get; init; }

    public string? Response { get; init; }

    public required long Code { get; init; }

    public string? RequestId { get; init; }

    public required string PreviousHash { get; init; }

    public string Hash { get; init; } = "";

    public static AuditRow Of(AuditEvent e, string id, string chain, long sequence, long recordedAt, string previousHash)
    {
        var row = new AuditRow
        {
            Id = id,
            Chain = chain,
            Sequence = sequence,
            OccurredAt = e.OccurredAt,
            RecordedAt = recordedAt,
            TraceName = e.TraceName,
            TraceType = e.TraceType,
            TraceRating = e.TraceRating,
            ServiceType = e.ServiceType,
            ResourceType = e.ResourceType,
            ResourceName = e.ResourceName,
            ResourceId = e.ResourceId,
            UserId = e.UserId,
            UserName = e.UserName,
            DomainId = e.DomainId,
            DomainName = e.DomainName,
            ProjectId = e.ProjectId,
            SourceIp = e.SourceIp,
            UserAgent = e.UserAgent,
            Request = e.Request,
            Response = e.Response,
            Code = e.Code,
            RequestId = e.RequestId,
            PreviousHash = previousHash,
        };
        return row with { Hash = row.ComputeHash() };
    }

    /// <summary>Whether the rows, in the order of one chain, are as they were written and follow each other.</summary>
    public static bool AreIntact(IReadOnlyList<AuditRow> rows)
    {
        for (var i = 0; i < rows.Count; i++)
        {
            var follows = i == 0
                || (rows[i].Sequence == rows[i - 1].Sequence + 1
                    && string.Equals(rows[i].PreviousHash, rows[i - 1].Hash, StringComparison.Ordinal));
            if (!follows || !string.Equals(rows[i].Hash, rows[i].ComputeHash(), StringComparison.Ordinal))
            {
                return false;
            }
        }

        return true;
    }

    public string ComputeHash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
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
