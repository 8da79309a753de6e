using Stagedoor.Images.Packages;
using Stagedoor.Storage;

namespace Stagedoor.Images.Organizations;

/// <summary>What became of a new organization.</summary>
internal enum AddedOrganization
{
    Added,
    Exists,
    QuotaExceeded,
}

/// <summary>An organization with what the caller may do in it.</summary>
internal sealed record GrantedOrganization
{
    public long Id { get; init; }

    public string Name { get; init; } = "";

    public string CreatorId { get; init; } = "";

    public string CreatorName { get; init; } = "";

    /// <summary>The caller's grant; 0 when there is none.</summary>
    public long Auth { get; init; }

    /// <summary>How many users have a grant.</summary>
    public long Users { get; init; }

    public long Repositories { get; init; }

    public long Tags { get; init; }
}

internal sealed class OrganizationStore(ImagesDb db, TimeProvider clock)
{
    private const string Columns = "id, name, domain_id, domain_name, creator_id, creator_name, sparse_indexes, quota_bytes";

    public Task<Organization?> FindAsync(string name, CancellationToken cancellationToken) =>
        db.FindAsync<Organization>($"SELECT {Columns} FROM organizations WHERE name = @name", new { name }, cancellationToken);

    public Task<long> CountAsync(string domainId, CancellationToken cancellationToken) =>
        db.FindAsync<long>("SELECT COUNT(*) FROM organizations WHERE domain_id = @domainId", new { domainId }, cancellationToken);

    /// <summary>Adds the organization and its creator's grant, unless the name is taken or the account has as many as it may.</summary>
    public Task<AddedOrganization> AddAsync(string name, Caller creator, int limit, CancellationToken cancellationToken)
    {
        const string Insert = """
            INSERT INTO organizations (id, name, domain_id, domain_name, creator_id, creator_name, created_at, updated_at)
            VALUES (@id, @name, @domainId, @domainName, @userId, @userName, @now, @now)
            ON CONFLICT (name) DO NOTHING
            """;
        const string Grant = """
            INSERT INTO org_acl (organization_id, user_id, user_name, auth, created_at) VALUES (@id, @userId, @userName, 7, @now)
            """;

        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        return db.TransactAsync(
            async session =>
            {
                // Taken first: whoever adds an organization waits here for the one before, so that the count below is true.
                var id = await Sequence.NextAsync(session, "organizations");
                var values = new
                {
                    id,
                    name,
                    domainId = creator.DomainId,
                    domainName = creator.DomainName,
                    userId = creator.UserId,
                    userName = creator.UserName,
                    now,
                };
                if (await session.FindAsync<long>("SELECT COUNT(*) FROM organizations WHERE name = @name", values) > 0)
                {
                    return AddedOrganization.Exists;
                }

                if (await session.FindAsync<long>("SELECT COUNT(*) FROM organizations WHERE domain_id = @domainId", values) >= limit)
                {
                    return AddedOrganization.QuotaExceeded;
                }

                if (await session.ExecuteAsync(Insert, values) == 0)
                {
                    return AddedOrganization.Exists;
                }

                await session.ExecuteAsync(Grant, values);
                return AddedOrganization.Added;
            },
            cancellationToken);
    }

    /// <summary>The account's organizations that the user sees.</summary>
    /// <param name="caller">The user.</param>
    /// <param name="name">The only name asked for; empty for all.</param>
    /// <param name="all">Whether the user sees the whole account.</param>
    /// <param name="withRepositoryGrants">Also those where the user has a grant on a repository only.</param>
    /// <param name="cancellationToken">Ends the query.</param>
    public Task<IReadOnlyList<GrantedOrganization>> ListAsync(
        Caller caller, string name, bool all, bool withRepositoryGrants, CancellationToken cancellationToken)
    {
        const string Sql = """
            SELECT o.id, o.name, o.creator_id, o.creator_name, COALESCE(a.auth, 0) AS auth, o.tag_count AS tags,
                (SELECT COUNT(*) FROM org_acl u WHERE u.organization_id = o.id) AS users,
                (SELECT COUNT(*) FROM repositories c WHERE c.organization_id = o.id) AS repositories
            FROM organizations o
            LEFT JOIN org_acl a ON a.organization_id = o.id AND a.user_id = @userId
            WHERE o.domain_id = @domainId AND (@name = '' OR o.name = @name)
              AND (@all = 1 OR o.creator_id = @userId OR a.auth IS NOT NULL OR (@visible = 1 AND EXISTS (
                SELECT 1 FROM repositories r LEFT JOIN repo_acl p ON p.repository_id = r.id AND p.user_id = @userId
                WHERE r.organization_id = o.id AND (r.creator_id = @userId OR p.auth IS NOT NULL))))
            ORDER BY o.id
            """;

        return db.QueryAsync<GrantedOrganization>(
            Sql,
            new { userId = caller.UserId, domainId = caller.DomainId, name, all = all ? 1 : 0, visible = withRepositoryGrants ? 1 : 0 },
            cancellationToken);
    }

    /// <summary>How many repositories it has, and one of them; null when there are none.</summary>
    public Task<OrganizationContent?> FindContentAsync(long id, CancellationToken cancellationToken) => db.FindAsync<OrganizationContent>(
        """
        SELECT r.name AS repository, (SELECT COUNT(*) FROM repositories c WHERE c.organization_id = @id) AS repositories
        FROM repositories r WHERE r.organization_id = @id ORDER BY r.name LIMIT 1
        """,
        new { id },
        cancellationToken);

    /// <summary>
    /// Deletes the organization with its grants, the uploads that were begun in it and its package repositories without a package; false when it has a
    /// repository or a package, or is gone.
    /// </summary>
    public async Task<bool> DeleteAsync(long id, CancellationToken cancellationToken)
    {
        bool? isDeleted;
        do
        {
            isDeleted = await db.TransactAsync(session => TryDeleteAsync(session, id), cancellationToken);
        }
        while (isDeleted is null);

        return isDeleted.Value;
    }

    /// <summary>Changes what is named; false when the organization is gone.</summary>
    public async Task<bool> UpdateAsync(long id, OrganizationChange change, CancellationToken cancellationToken) => await db.ExecuteAsync(
        """
        UPDATE organizations SET
            description = COALESCE(@Description, description), sparse_indexes = COALESCE(@sparse, sparse_indexes),
            quota_bytes = CASE WHEN @setsQuota = 1 THEN @QuotaBytes ELSE quota_bytes END, updated_at = @now
        WHERE id = @id
        """,
        new
        {
            id,
            change.Description,
            sparse = change.SparseIndexes is { } isSparse ? isSparse ? 1L : 0L : default(long?),
            setsQuota = change.SetsQuota ? 1 : 0,
            change.QuotaBytes,
            now = clock.GetUtcNow().ToUnixTimeMilliseconds(),
        },
        cancellationToken) == 1;

    public Task<OrganizationSettings?> FindSettingsAsync(long id, CancellationToken cancellationToken) => db.FindAsync<OrganizationSettings>(
        "SELECT description, sparse_indexes, quota_bytes, used_bytes FROM organizations WHERE id = @id", new { id }, cancellationToken);

    /// <summary>How many bytes the organization holds.</summary>
    public Task<long> FindUsedBytesAsync(long id, CancellationToken cancellationToken) =>
        db.FindAsync<long>("SELECT used_bytes FROM organizations WHERE id = @id", new { id }, cancellationToken);

    /// <summary>How many bytes the organizations of an account hold together; a blob counts in each that has it.</summary>
    public Task<long> SumUsedBytesAsync(string domainId, CancellationToken cancellationToken) => db.FindAsync<long>(
        "SELECT CAST(COALESCE(SUM(used_bytes), 0) AS BIGINT) FROM organizations WHERE domain_id = @domainId", new { domainId }, cancellationToken);

    /// <summary>How many packages are in the organization.</summary>
    public Task<long> CountPackagesAsync(long id, CancellationToken cancellationToken) =>
        db.FindAsync<long>("SELECT COUNT(*) FROM packages WHERE organization_id = @id", new { id }, cancellationToken);

    // Null when a package repository appeared in it at the same moment.
    private async Task<bool?> TryDeleteAsync(DbSession session, long id)
    {
        // Package repositories before their organization, as whoever adds a package holds one: its package is there before the count, or it finds the
        // repository gone.
        var held = await session.QueryAsync<long>($"SELECT id FROM package_repos WHERE organization_id = @id ORDER BY id{db.ForUpdate}", new { id });
        // Whoever adds a repository of either kind holds this row too: it is there before the count, or finds the organization gone.
        if (await session.FindAsync<string>($"SELECT name FROM organizations WHERE id = @id{db.ForUpdate}", new { id }) is not { } name
            || await session.FindAsync<long>("SELECT COUNT(*) FROM repositories WHERE organization_id = @id", new { id }) > 0
            || await session.FindAsync<long>("SELECT COUNT(*) FROM packages WHERE organization_id = @id", new { id }) > 0)
        {
            return false;
        }

        // One that is not held is left alone.
        if (await session.FindAsync<long>("SELECT COUNT(*) FROM package_repos WHERE organization_id = @id", new { id }) > held.Count)
        {
            return null;
        }

        await PackageChanges.DeleteAsync(db, session, [.. held]);
        await session.ExecuteAsync("DELETE FROM package_keys WHERE organization_id = @id", new { id });
        await session.ExecuteAsync(
            "DELETE FROM blob_uploads WHERE SUBSTR(owner, 1, @length) = @owners", new { owners = name + "/", length = name.Length + 1 });
        await session.ExecuteAsync("DELETE FROM organization_blobs WHERE organization_id = @id", new { id });
        await session.ExecuteAsync("DELETE FROM org_acl WHERE organization_id = @id", new { id });
        return await session.ExecuteAsync("DELETE FROM organizations WHERE id = @id", new { id }) == 1;
    }
}

/// <summary>What is set of an organization, and how much it holds.</summary>
internal sealed record OrganizationSettings
{
    public string Description { get; init; } = "";

    public long SparseIndexes { get; init; }

    public long? QuotaBytes { get; init; }

    public long UsedBytes { get; init; }
}

/// <summary>What keeps an organization from being deleted.</summary>
internal sealed record OrganizationContent
{
    public long Repositories { get; init; }

    public string Repository { get; init; } = "";
}
