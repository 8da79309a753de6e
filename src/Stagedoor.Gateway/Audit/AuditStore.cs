namespace Stagedoor.Gateway.Audit;

/// <summary>The audit log's table.</summary>
internal sealed class AuditStore(GatewayDb db)
{
    private const string Columns = """
        id, chain, sequence, occurred_at, recorded_at, trace_name, trace_type, trace_rating, service_type, resource_type, resource_name,
        resource_id, user_id, user_name, domain_id, domain_name, project_id, source_ip, user_agent, request, response, code, request_id,
        previous_hash, hash
        """;

    /// <summary>Adds the rows, all or none of them.</summary>
    public Task AddAsync(IReadOnlyList<AuditRow> rows, CancellationToken cancellationToken)
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
                foreach (var row in rows)
                {
                    await session.ExecuteAsync(Sql, row);
                }

                return rows.Count;
            },
            cancellationToken);
    }

    /// <summary>The hash of the newest record; null when there is none.</summary>
    public Task<string?> FindNewestHashAsync(CancellationToken cancellationToken) => db.FindAsync<string>(
        "SELECT hash FROM audit_record ORDER BY recorded_at DESC, sequence DESC LIMIT 1", null, cancellationToken);

    /// <summary>Records of one account, the newest first.</summary>
    public Task<IReadOnlyList<AuditRow>> ListAsync(AuditQuery query, CancellationToken cancellationToken)
    {
        const string Sql = $"""
            SELECT {Columns} FROM audit_record
            WHERE domain_id = @DomainId AND occurred_at >= @From AND occurred_at < @To
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

    /// <summary>Removes what was recorded before a time, and answers how much that was.</summary>
    public Task<int> DeleteBeforeAsync(long recordedAt, CancellationToken cancellationToken) =>
        db.ExecuteAsync("DELETE FROM audit_record WHERE recorded_at < @recordedAt", new { recordedAt }, cancellationToken);
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
