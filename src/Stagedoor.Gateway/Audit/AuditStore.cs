using Stagedoor.Identity;
using Stagedoor.Storage;

namespace Stagedoor.Gateway.Audit;

/// <summary>The audit log's table.</summary>
internal sealed class AuditStore(GatewayDb db)
{
    private const string ChainColumns = "chain, previous_chain, first_sequence, first_hash, last_sequence, last_hash, end_hash";

    private const string Columns = """
        id, chain, sequence, occurred_at, recorded_at, trace_name, trace_type, trace_rating, service_type, resource_type, resource_name,
        resource_id, user_id, user_name, domain_id, domain_name, project_id, source_ip, user_agent, request, response, code, request_id,
        previous_hash, hash
        """;

    /// <summary>Adds the rows to their chain, all or none of them.</summary>
    public Task AddAsync(IReadOnlyList<AuditRow> rows, AuditChain chain, CancellationToken cancellationToken)
    {
        const string Sql = $"""
            INSERT INTO audit_record ({Columns})
            VALUES (
                @Id, @Chain, @Sequence, @OccurredAt, @RecordedAt, @TraceName, @TraceType, @TraceRating, @ServiceType, @ResourceType,
                @ResourceName, @ResourceId, @UserId, @UserName, @DomainId, @DomainName, @ProjectId, @SourceIp, @UserAgent, @Request,
                @Response, @Code, @RequestId, @PreviousHash, @Hash)
            """;

        return db.TransactAsync(
            async session =>
            {
                // One command for all rows: the statement is prepared once.
                await session.ExecuteAsync(Sql, rows);

                const string End = """
                    INSERT INTO audit_chain (chain, previous_chain, first_sequence, first_hash, last_sequence, last_hash, end_hash)
                    VALUES (@Chain, @PreviousChain, @FirstSequence, @FirstHash, @LastSequence, @LastHash, @EndHash)
                    ON CONFLICT (chain) DO UPDATE SET
                        last_sequence = excluded.last_sequence, last_hash = excluded.last_hash, end_hash = excluded.end_hash
                    """;
                await session.ExecuteAsync(End, chain);
                return rows.Count;
            },
            cancellationToken);
    }

    /// <summary>The newest record's hash and chain; null when there is none.</summary>
    public Task<NewestRecord?> FindNewestAsync(CancellationToken cancellationToken) => db.FindAsync<NewestRecord>(
        """
        SELECT r.hash, c.chain FROM audit_record r LEFT JOIN audit_chain c ON c.chain = r.chain
        ORDER BY r.recorded_at DESC, r.sequence DESC LIMIT 1
        """,
        null,
        cancellationToken);

    public Task<AuditChain?> FindChainAsync(string chain, CancellationToken cancellationToken) =>
        db.FindAsync<AuditChain>($"SELECT {ChainColumns} FROM audit_chain WHERE chain = @chain", new { chain }, cancellationToken);

    public Task<IReadOnlyList<AuditChain>> ListChainsAsync(CancellationToken cancellationToken) =>
        db.QueryAsync<AuditChain>($"SELECT {ChainColumns} FROM audit_chain ORDER BY chain", null, cancellationToken);

    /// <summary>The chains that there are records of.</summary>
    public Task<IReadOnlyList<string>> ListChainNamesAsync(CancellationToken cancellationToken) =>
        db.QueryAsync<string>("SELECT DISTINCT chain FROM audit_record ORDER BY chain", null, cancellationToken);

    /// <summary>Records of one chain in their order.</summary>
    public Task<IReadOnlyList<AuditRow>> ListChainAsync(string chain, long after, int limit, CancellationToken cancellationToken) => db.QueryAsync<AuditRow>(
        $"SELECT {Columns} FROM audit_record WHERE chain = @chain AND sequence > @after ORDER BY sequence LIMIT @limit",
        new { chain, after, limit },
        cancellationToken);

    /// <summary>The sealed key; null when there is none yet.</summary>
    public Task<string?> FindKeyAsync(CancellationToken cancellationToken) =>
        db.FindAsync<string>("SELECT sealed FROM audit_key WHERE id = 1", null, cancellationToken);

    /// <summary>Stores the sealed key, unless there is one.</summary>
    public Task AddKeyAsync(string key, CancellationToken cancellationToken) =>
        db.ExecuteAsync("INSERT INTO audit_key (id, sealed) VALUES (1, @key) ON CONFLICT (id) DO NOTHING", new { key }, cancellationToken);

    /// <summary>Records of one account, the newest first. What belongs to no account is the first account's, whose people run the installation.</summary>
    public Task<IReadOnlyList<AuditRow>> ListAsync(AuditQuery query, CancellationToken cancellationToken)
    {
        const string Sql = $"""
            SELECT {Columns} FROM audit_record
            WHERE (domain_id = @DomainId
                    OR (domain_id IS NULL AND @DomainId = (SELECT id FROM domain ORDER BY created_at, id LIMIT 1)))
                AND occurred_at >= @From AND occurred_at < @To
                AND (occurred_at < @MarkerTime OR (occurred_at = @MarkerTime AND id < @MarkerId))
                AND (@User = '' OR user_name = @User OR user_id = @User)
                AND (@TraceName = '' OR trace_name = @TraceName)
                AND (@ResourceType = '' OR resource_type = @ResourceType)
                AND (@Code < 0 OR code = @Code)
            ORDER BY occurred_at DESC, id DESC
            LIMIT @Limit
            """;

        return db.QueryAsync<AuditRow>(Sql, query, cancellationToken);
    }

    /// <inheritdoc cref="Db.ReadEarlierClockAsync"/>
    public Task<DateTimeOffset> ReadEarlierClockAsync(TimeProvider clock, CancellationToken cancellationToken) => db.ReadEarlierClockAsync(clock, cancellationToken);

    /// <summary>Removes what was recorded before a time, from the beginning of each chain, and answers how much that was.</summary>
    public async Task<int> DeleteBeforeAsync(long recordedAt, byte[] key, CancellationToken cancellationToken)
    {
        var removed = 0;
        foreach (var chain in await ListChainsAsync(cancellationToken))
        {
            removed += await db.TransactAsync(session => DeleteBeforeAsync(session, chain, recordedAt, key), cancellationToken);
        }

        const string Unkeyed = "DELETE FROM audit_record WHERE recorded_at < @recordedAt AND chain NOT IN (SELECT chain FROM audit_chain)";
        return removed + await db.ExecuteAsync(Unkeyed, new { recordedAt }, cancellationToken);
    }

    private static async Task<int> DeleteBeforeAsync(DbSession session, AuditChain chain, long recordedAt, byte[] key)
    {
        const string Kept = "SELECT MIN(sequence) FROM audit_record WHERE chain = @Chain AND recorded_at >= @recordedAt";
        const string Newest = "SELECT MAX(sequence) FROM audit_record WHERE chain = @Chain";

        var first = await session.FindAsync<long?>(Kept, new { chain.Chain, recordedAt })
            ?? await session.FindAsync<long?>(Newest, new { chain.Chain }) + 1;
        if (first is not { } from || from <= chain.FirstSequence)
        {
            return 0;
        }

        await session.ExecuteAsync(
            "UPDATE audit_chain SET first_sequence = @from, first_hash = @hash WHERE chain = @Chain",
            new { from, hash = AuditChain.HashFirst(chain.Chain, from, key), chain.Chain });
        return await session.ExecuteAsync("DELETE FROM audit_record WHERE chain = @Chain AND sequence < @from", new { chain.Chain, from });
    }
}

/// <summary>The newest record's hash, and its chain when that one's ends are kept.</summary>
internal sealed record NewestRecord
{
    public required string Hash { get; init; }

    public string? Chain { get; init; }
}

/// <summary>Which records to list. Empty texts and a negative code match everything.</summary>
internal sealed record AuditQuery(
    string DomainId,
    long From,
    long To,
    string User,
    string TraceName,
    string ResourceType,
    int Code,
    int Limit,
    long MarkerTime,
    string MarkerId);
