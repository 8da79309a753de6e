using Stagedoor.Identity;
using Stagedoor.Storage;

namespace Stagedoor.Gateway.Why;

/// <summary>The table of refusals.</summary>
internal sealed class RefusalStore(GatewayDb db)
{
    private const int RemovedAtOnce = 1000;

    private const string Columns = "id, request_id, occurred_at, domain_id, user_id, code, document";

    /// <summary>The engine that all databases of the installation are of.</summary>
    public string Engine => db.Engine;

    /// <summary>Adds the rows; one that is there already stays, as after a commit whose answer was lost.</summary>
    public Task AddAsync(IReadOnlyList<RefusalRow> rows, CancellationToken cancellationToken) => db.ExecuteAsync(
        $"""
        INSERT INTO refusal ({Columns}) VALUES (@Id, @RequestId, @OccurredAt, @DomainId, @UserId, @Code, @Document)
        ON CONFLICT (id) DO NOTHING
        """,
        rows,
        cancellationToken);

    /// <summary>Those of a request that an account may see, the newest first.</summary>
    /// <param name="requestId">The request.</param>
    /// <param name="domainId">The account.</param>
    /// <param name="isOperator">Whether it also sees what is nobody's.</param>
    /// <param name="since">Only those from this time on.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<IReadOnlyList<string>> FindAsync(
        string requestId, string domainId, bool isOperator, long since, int limit, CancellationToken cancellationToken) => db.QueryAsync<string>(
        """
        SELECT document FROM refusal
        WHERE request_id = @requestId AND (domain_id = @domainId OR (domain_id = '' AND @isOperator = 1)) AND occurred_at >= @since
        ORDER BY occurred_at DESC, id DESC LIMIT @limit
        """,
        new { requestId, domainId, isOperator = isOperator ? 1 : 0, since, limit },
        cancellationToken);

    /// <summary>The last ones of a user, the newest first.</summary>
    /// <param name="domainId">The account.</param>
    /// <param name="userId">The user.</param>
    /// <param name="code">Only those of this code; empty for any.</param>
    /// <param name="since">Only those from this time on.</param>
    /// <param name="limit">How many at most.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<IReadOnlyList<string>> ListAsync(
        string domainId, string userId, string code, long since, int limit, CancellationToken cancellationToken) => db.QueryAsync<string>(
        """
        SELECT document FROM refusal
        WHERE domain_id = @domainId AND user_id = @userId AND (@code = '' OR code = @code) AND occurred_at >= @since
        ORDER BY occurred_at DESC, id DESC LIMIT @limit
        """,
        new { domainId, userId, code, since, limit },
        cancellationToken);

    /// <inheritdoc cref="Db.ReadEarlierClockAsync"/>
    public Task<DateTimeOffset> ReadEarlierClockAsync(TimeProvider clock, CancellationToken cancellationToken) => db.ReadEarlierClockAsync(clock, cancellationToken);

    /// <summary>Removes what is older than a time, and answers how much that was.</summary>
    public async Task<int> DeleteBeforeAsync(long before, CancellationToken cancellationToken)
    {
        const string Sql = "DELETE FROM refusal WHERE id IN (SELECT id FROM refusal WHERE occurred_at < @before LIMIT @limit)";

        var removed = 0;
        int some;
        do
        {
            removed += some = await db.ExecuteAsync(Sql, new { before, limit = RemovedAtOnce }, cancellationToken);
        }
        while (some == RemovedAtOnce);

        return removed;
    }

    /// <summary>Removes what an account has beyond so many, the oldest first, and answers how much that was.</summary>
    public async Task<int> DeleteBeyondAsync(int most, CancellationToken cancellationToken)
    {
        var accounts = await db.QueryAsync<string>(
            "SELECT domain_id FROM refusal GROUP BY domain_id HAVING COUNT(*) > @most ORDER BY domain_id", new { most }, cancellationToken);
        var removed = 0;
        foreach (var domainId in accounts)
        {
            removed += await db.ExecuteAsync(
                """
                DELETE FROM refusal WHERE domain_id = @domainId
                AND occurred_at <= (SELECT occurred_at FROM refusal WHERE domain_id = @domainId ORDER BY occurred_at DESC LIMIT 1 OFFSET @most)
                """,
                new { domainId, most },
                cancellationToken);
        }

        return removed;
    }
}
