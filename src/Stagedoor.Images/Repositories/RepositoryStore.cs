using Microsoft.Extensions.Options;

namespace Stagedoor.Images.Repositories;

/// <summary>What became of a repository that a push should create.</summary>
internal enum AddedRepository
{
    /// <summary>It is there now, created by this call or by another just before.</summary>
    Present,
    QuotaExceeded,
    OrganizationGone,
}

/// <summary>Repositories as the registry uses them.</summary>
internal sealed class RepositoryStore(ImagesDb db, TimeProvider clock, IOptions<ImagesOptions> options)
{
    public Task<RepositoryRow?> FindAsync(long organizationId, string name, CancellationToken cancellationToken) => db.FindAsync<RepositoryRow>(
        "SELECT id, is_public, creator_id FROM repositories WHERE organization_id = @organizationId AND name = @name",
        new { organizationId, name },
        cancellationToken);

    /// <summary>Whether the account has as many repositories as it may.</summary>
    public async Task<bool> IsFullAsync(string domainId, CancellationToken cancellationToken) =>
        options.Value.MaxRepositoriesPerAccount is > 0 and var limit
        && await db.FindAsync<long>("SELECT COUNT(*) FROM repositories WHERE domain_id = @domainId", new { domainId }, cancellationToken) >= limit;

    /// <summary>Creates a private repository, unless it exists or the account has as many as it may.</summary>
    public Task<AddedRepository> AddAsync(long organizationId, string name, Caller creator, CancellationToken cancellationToken)
    {
        const string Insert = """
            INSERT INTO repositories (id, organization_id, name, path, domain_id, creator_id, creator_name, created_at, updated_at)
            SELECT @id, id, @name, name || '/' || @name, @domainId, @userId, @userName, @now, @now FROM organizations WHERE id = @organizationId
            ON CONFLICT (organization_id, name) DO NOTHING
            """;

        var limit = options.Value.MaxRepositoriesPerAccount;
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        return db.TransactAsync(
            async session =>
            {
                var id = await Sequence.NextAsync(session, "repositories");
                var values = new
                {
                    id,
                    organizationId,
                    name,
                    domainId = creator.DomainId,
                    userId = creator.UserId,
                    userName = creator.UserName,
                    now,
                };

                // Also holds the organization's row, so that it is not deleted meanwhile.
                if (await session.ExecuteAsync("UPDATE organizations SET updated_at = @now WHERE id = @organizationId", values) == 0)
                {
                    return AddedRepository.OrganizationGone;
                }

                if (limit > 0
                    && await session.FindAsync<long>("SELECT COUNT(*) FROM repositories WHERE domain_id = @domainId", values) >= limit
                    && await session.FindAsync<long>(
                        "SELECT COUNT(*) FROM repositories WHERE organization_id = @organizationId AND name = @name", values) == 0)
                {
                    return AddedRepository.QuotaExceeded;
                }

                await session.ExecuteAsync(Insert, values);
                return AddedRepository.Present;
            },
            cancellationToken);
    }

    /// <summary>Some repositories in which the blob is linked, the latest first.</summary>
    public Task<IReadOnlyList<BlobHolder>> FindHoldersAsync(Digest digest, CancellationToken cancellationToken)
    {
        const string Sql = """
            SELECT o.name AS organization, r.name AS repository
            FROM blob_links l
            JOIN repositories r ON r.id = l.repository_id
            JOIN organizations o ON o.id = r.organization_id
            WHERE l.digest = @digest
            ORDER BY l.used_at DESC
            LIMIT 50
            """;

        return db.QueryAsync<BlobHolder>(Sql, new { digest = digest.ToString() }, cancellationToken);
    }

    /// <summary>Adds to the repositories' download counters.</summary>
    public Task<int> AddDownloadsAsync(IReadOnlyCollection<KeyValuePair<long, long>> downloads, CancellationToken cancellationToken) =>
        db.TransactAsync(
            async session =>
            {
                // In one order everywhere, or two replicas wait for each other.
                foreach (var (id, count) in downloads.OrderBy(static d => d.Key))
                {
                    await session.ExecuteAsync("UPDATE repositories SET num_download = num_download + @count WHERE id = @id", new { id, count });
                }

                return downloads.Count;
            },
            cancellationToken);
}

/// <summary>A repository in which a blob is linked.</summary>
internal sealed record BlobHolder
{
    public string Organization { get; init; } = "";

    public string Repository { get; init; } = "";
}
