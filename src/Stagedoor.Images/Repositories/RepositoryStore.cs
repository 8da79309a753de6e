using Microsoft.Extensions.Options;

namespace Stagedoor.Images.Repositories;

/// <summary>What became of a repository that a push should create.</summary>
internal enum AddedRepository
{
    /// <summary>This call has made it.</summary>
    Added,

    /// <summary>It was there before.</summary>
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

    /// <summary>Which of these repositories an organization has.</summary>
    public Task<IReadOnlyList<string>> FindNamesAsync(string organization, string[] names, CancellationToken cancellationToken) => db.QueryAsync<string>(
        $"SELECT r.name FROM repositories r JOIN organizations o ON o.id = r.organization_id WHERE o.name = @organization AND {db.In("r.name", nameof(names))}",
        new { organization, names },
        cancellationToken);

    /// <summary>Whether the account has as many repositories as it may.</summary>
    public async Task<bool> IsFullAsync(string domainId, CancellationToken cancellationToken) =>
        options.Value.MaxRepositoriesPerAccount is > 0 and var limit
        && await db.FindAsync<long>("SELECT COUNT(*) FROM repositories WHERE domain_id = @domainId", new { domainId }, cancellationToken) >= limit;

    /// <summary>Creates a private repository, unless it exists or the account has as many as it may.</summary>
    public Task<AddedRepository> AddAsync(long organizationId, string name, Caller creator, CancellationToken cancellationToken) =>
        AddAsync(organizationId, new NewRepository(name, IsPublic: false, RepositoryCategory.Default, ""), creator, cancellationToken);

    /// <summary>Creates a repository, unless it exists or the account has as many as it may.</summary>
    public Task<AddedRepository> AddAsync(long organizationId, NewRepository repository, Caller creator, CancellationToken cancellationToken)
    {
        const string Insert = """
            INSERT INTO repositories (
                id, organization_id, name, path, is_public, category, description, domain_id, creator_id, creator_name, created_at, updated_at)
            SELECT @id, id, @name, name || '/' || @name, @isPublic, @category, @description, @domainId, @userId, @userName, @now, @now
            FROM organizations WHERE id = @organizationId
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
                    name = repository.Name,
                    isPublic = repository.IsPublic ? 1 : 0,
                    category = repository.Category,
                    description = repository.Description,
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

                if (await session.ExecuteAsync(Insert, values) == 0)
                {
                    return AddedRepository.Present;
                }

                await RepositoryNames.AddAsync(session, id);
                return AddedRepository.Added;
            },
            cancellationToken);
    }

    /// <summary>Changes what is said about a repository; false when it is gone.</summary>
    /// <param name="id">The repository.</param>
    /// <param name="isPublic">Whether everybody may pull.</param>
    /// <param name="category">Null leaves it.</param>
    /// <param name="description">Null leaves it.</param>
    /// <param name="immutable">Patterns of tags that stay; null leaves them.</param>
    /// <param name="cancellationToken">Ends the wait for storage.</param>
    public async Task<bool> UpdateAsync(
        long id, bool isPublic, string? category, string? description, string? immutable, CancellationToken cancellationToken) =>
        await db.ExecuteAsync(
            """
            UPDATE repositories SET
                is_public = @isPublic, category = COALESCE(@category, category), description = COALESCE(@description, description),
                immutable_tags = COALESCE(@immutable, immutable_tags), updated_at = @now
            WHERE id = @id
            """,
            new { id, isPublic = isPublic ? 1 : 0, category, description, immutable, now = clock.GetUtcNow().ToUnixTimeMilliseconds() },
            cancellationToken) == 1;

    /// <summary>
    /// Deletes a repository unless it has a tag. What else speaks of it in other tables is nobody's from then on, since ids do not come again; the collector
    /// removes it some at a time (<see cref="RepositoryTable"/>).
    /// </summary>
    /// <param name="id">The repository.</param>
    /// <param name="name">Its whole name, which uploads to it go by.</param>
    /// <param name="cancellationToken">Ends the wait for storage.</param>
    public Task<RepositoryDeletion> DeleteAsync(long id, string name, CancellationToken cancellationToken) => db.TransactAsync(
        async session =>
        {
            // Whoever pushes holds the row: its tag is there before the count, or it finds the repository gone.
            if (await session.FindAsync<DeletedRepository>($"SELECT organization_id, num_images FROM repositories WHERE id = @id{db.ForUpdate}", new { id })
                is not { OrganizationId: var organizationId, NumImages: var tags })
            {
                return new(IsGone: true);
            }

            // The first that an index of live tags has: the first by name may stand behind any number of deleted ones, and everybody who writes waits meanwhile.
            if (await session.FindAsync<string>(
                "SELECT name FROM tags WHERE repository_id = @id AND deleted_at IS NULL ORDER BY updated_at, id LIMIT 1", new { id }) is { } one)
            {
                return new(IsGone: false, tags, one);
            }

            await session.ExecuteAsync("INSERT INTO removed_repositories (repository_id, organization_id) VALUES (@id, @organizationId)", new { id, organizationId });
            await session.ExecuteAsync("DELETE FROM blob_uploads WHERE owner = @name", new { name });
            await RepositoryNames.RemoveAsync(db, session, id);
            await session.ExecuteAsync("DELETE FROM repositories WHERE id = @id", new { id });
            var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
            await session.ExecuteAsync("UPDATE organizations SET updated_at = @now WHERE id = @organizationId", new { organizationId, now });
            return new RepositoryDeletion(IsGone: false);
        },
        cancellationToken);

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

    private sealed record DeletedRepository
    {
        public long OrganizationId { get; init; }

        public long NumImages { get; init; }
    }
}

/// <summary>A repository in which a blob is linked.</summary>
internal sealed record BlobHolder
{
    public string Organization { get; init; } = "";

    public string Repository { get; init; } = "";
}

/// <summary>A repository to be made.</summary>
internal sealed record NewRepository(string Name, bool IsPublic, string Category, string Description);

/// <summary>What became of a deletion.</summary>
/// <param name="IsGone">There was no such repository.</param>
/// <param name="Tags">How many tags are in the way; 0 when it is deleted.</param>
/// <param name="Tag">One of them.</param>
internal sealed record RepositoryDeletion(bool IsGone, long Tags = 0, string Tag = "");

/// <summary>
/// A table whose column <c>repository_id</c> says what it belongs to. Its rows go some time after their repository. Whoever adds such a table registers it.
/// </summary>
internal sealed record RepositoryTable(string Name);
