using Stagedoor.Discovery.Replication;
using Stagedoor.Storage;

namespace Stagedoor.Discovery.Log;

/// <summary>The rows of all that is registered, and the head that puts their changes in one order.</summary>
internal sealed class EntryStore(DiscoveryDb db, TimeProvider clock)
{
    private const string Columns = "kind, tenant, id, revision, body";

    /// <summary>Whether other processes may write to the same rows.</summary>
    public bool IsShared { get; } = db.IsShared;

    /// <summary>Everything that is there, with the revision that it stands at.</summary>
    public Task<(Head Head, IReadOnlyList<EntryRow> Rows)> ReadAllAsync(CancellationToken cancellationToken) => db.ReadAsync(
        async session =>
        {
            // In this order: a change between the two is read twice and not lost.
            var head = await ReadHeadAsync(session);
            return (head, await session.QueryAsync<EntryRow>($"SELECT {Columns} FROM entry WHERE body IS NOT NULL"));
        },
        cancellationToken);

    /// <summary>What has changed since a revision.</summary>
    public Task<(Head Head, IReadOnlyList<EntryRow> Rows)> ReadSinceAsync(long revision, CancellationToken cancellationToken) => db.ReadAsync(
        async session =>
        {
            var head = await ReadHeadAsync(session);
            return (head, head.Revision > revision ? await ReadSinceAsync(session, revision) : []);
        },
        cancellationToken);

    /// <summary>Runs a write in a transaction.</summary>
    public Task<T> TransactAsync<T>(Func<DbSession, Task<T>> work, CancellationToken cancellationToken) => db.TransactAsync(work, cancellationToken);

    /// <summary>Makes every other writer wait, and hands out the next revision. The head moves also when no row follows.</summary>
    /// <param name="session">The transaction; this is its first statement.</param>
    /// <param name="patience">How long the other writer is waited for.</param>
    public async Task<Head> TakeHeadAsync(DbSession session, TimeSpan patience) => (await session.FindAsync<Head>(
        db.WaitAtMost(patience) + "UPDATE head SET revision = revision + 1 WHERE id = 1 RETURNING revision, purged"))!;

    public static Task<IReadOnlyList<EntryRow>> ReadSinceAsync(DbSession session, long revision) =>
        session.QueryAsync<EntryRow>($"SELECT {Columns} FROM entry WHERE revision > @revision ORDER BY revision", new { revision });

    /// <summary>Writes rows under their revision, and tells other replicas.</summary>
    public async Task WriteAsync(DbSession session, IReadOnlyList<EntryRow> rows)
    {
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        if (IsShared)
        {
            await WriteSharedAsync(session, rows, now);
            return;
        }

        const string Put = """
            INSERT INTO entry (kind, tenant, id, revision, changed_at, body) VALUES (@Kind, @Tenant, @Id, @Revision, @Now, @Body)
            ON CONFLICT (kind, tenant, id) DO UPDATE SET revision = excluded.revision, changed_at = excluded.changed_at, body = excluded.body
            """;
        await session.ExecuteAsync(Put, rows.Where(static r => r.Body is not null).Select(r => new { r.Kind, r.Tenant, r.Id, r.Revision, Now = now, r.Body }));

        // Nobody else has to hear of what is gone.
        await session.ExecuteAsync(
            "DELETE FROM entry WHERE kind = @Kind AND tenant = @Tenant AND id = @Id",
            rows.Where(static r => r.Body is null).Select(static r => new { r.Kind, r.Tenant, r.Id }));
    }

    /// <inheritdoc cref="Db.ReadEarlierClockAsync"/>
    public Task<DateTimeOffset> ReadEarlierClockAsync(TimeProvider clock, CancellationToken cancellationToken) => db.ReadEarlierClockAsync(clock, cancellationToken);

    /// <summary>Removes the traces of what was deleted long ago.</summary>
    /// <param name="before">Unix milliseconds.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<int> PurgeAsync(long before, CancellationToken cancellationToken) => db.TransactAsync(
        async session =>
        {
            await session.ExecuteAsync(
                """
                UPDATE head SET purged = (SELECT COALESCE(MAX(revision), 0) FROM entry WHERE body IS NULL AND changed_at < @before)
                WHERE id = 1 AND purged < (SELECT COALESCE(MAX(revision), 0) FROM entry WHERE body IS NULL AND changed_at < @before)
                """,
                new { before });
            return await session.ExecuteAsync("DELETE FROM entry WHERE body IS NULL AND changed_at < @before", new { before });
        },
        cancellationToken);

    private static async Task<Head> ReadHeadAsync(DbSession session) =>
        (await session.FindAsync<Head>("SELECT revision, purged FROM head WHERE id = 1"))!;

    private static async Task WriteSharedAsync(DbSession session, IReadOnlyList<EntryRow> rows, long now)
    {
        const string Put = """
            INSERT INTO entry (kind, tenant, id, revision, changed_at, body)
            SELECT x.kind, x.tenant, x.id, @revision, @now, x.body FROM unnest(@kinds, @tenants, @ids, @bodies) AS x (kind, tenant, id, body)
            ON CONFLICT (kind, tenant, id) DO UPDATE SET revision = excluded.revision, changed_at = excluded.changed_at, body = excluded.body
            """;
        await session.ExecuteAsync(Put, new
        {
            revision = rows[0].Revision,
            now,
            kinds = rows.Select(static r => r.Kind).ToArray(),
            tenants = rows.Select(static r => r.Tenant).ToArray(),
            ids = rows.Select(static r => r.Id).ToArray(),
            bodies = rows.Select(static r => r.Body).ToArray(),
        });
        await session.NotifyAsync(ReplicaMessage.Changed);
    }
}

/// <summary>The state of the rows as a whole.</summary>
internal sealed record Head
{
    /// <summary>The revision of the last change.</summary>
    public long Revision { get; init; }

    /// <summary>Deleted rows up to this revision are gone; who stands before it has to read everything anew.</summary>
    public long Purged { get; init; }
}
