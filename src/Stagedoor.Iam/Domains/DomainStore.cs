using Stagedoor.Identity;
using Stagedoor.Storage;

namespace Stagedoor.Iam.Domains;

/// <summary>The accounts of the installation.</summary>
internal sealed class DomainStore(GatewayDb db, TimeProvider clock)
{
    private const string Columns = "id, name, description, enabled, created_at";

    public Task<Domain?> FindAsync(string id, CancellationToken cancellationToken) =>
        db.FindAsync<Domain>($"SELECT {Columns} FROM domain WHERE id = @id", new { id }, cancellationToken);

    public Task<Domain?> FindByNameAsync(string name, CancellationToken cancellationToken) =>
        db.FindAsync<Domain>($"SELECT {Columns} FROM domain WHERE name = @name", new { name }, cancellationToken);

    public Task<IReadOnlyList<Domain>> ListAsync(CancellationToken cancellationToken) =>
        db.QueryAsync<Domain>($"SELECT {Columns} FROM domain ORDER BY name", null, cancellationToken);

    public async Task<bool> AnyAsync(CancellationToken cancellationToken) =>
        await db.FindAsync<long>("SELECT COUNT(*) FROM domain", null, cancellationToken) > 0;

    /// <summary>Adds the account in a transaction that adds what belongs to it; false when the name is taken.</summary>
    public async Task<bool> AddAsync(DbSession session, string id, string name)
    {
        const string Sql = """
            INSERT INTO domain (id, name, description, enabled, created_at) VALUES (@id, @name, '', 1, @createdAt)
            ON CONFLICT (name) DO NOTHING
            """;

        return await session.ExecuteAsync(Sql, new { id, name, createdAt = clock.GetUtcNow().ToUnixTimeMilliseconds() }) == 1;
    }

    /// <summary>
    /// Locks the names in an account until the transaction ends. Whoever gives a user or a project a name does this first: else two who choose the
    /// same one both find it free, and the second fails on the index.
    /// </summary>
    public static Task LockNamesAsync(DbSession session, string domainId) =>
        session.ExecuteAsync("UPDATE domain SET enabled = enabled WHERE id = @domainId", new { domainId });

    public async Task<bool> SetEnabledAsync(string name, bool enabled, CancellationToken cancellationToken) =>
        await db.ExecuteAsync(
            "UPDATE domain SET enabled = @enabled WHERE name = @name", new { name, enabled = enabled ? 1L : 0L }, cancellationToken) == 1;
}
