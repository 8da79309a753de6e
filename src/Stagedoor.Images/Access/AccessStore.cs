namespace Stagedoor.Images.Access;

/// <summary>Grants on organizations and repositories.</summary>
internal sealed class AccessStore(ImagesDb db)
{
    /// <summary>The user's grant on an organization; 0 when there is none.</summary>
    public Task<long> OrganizationGrantAsync(long organizationId, string userId, CancellationToken cancellationToken) => db.FindAsync<long>(
        "SELECT auth FROM org_acl WHERE organization_id = @organizationId AND user_id = @userId",
        new { organizationId, userId },
        cancellationToken);

    /// <summary>The user's grant on a repository; 0 when there is none.</summary>
    public Task<long> RepositoryGrantAsync(long repositoryId, string userId, CancellationToken cancellationToken) => db.FindAsync<long>(
        "SELECT auth FROM repo_acl WHERE repository_id = @repositoryId AND user_id = @userId",
        new { repositoryId, userId },
        cancellationToken);

    /// <summary>Whether the user may edit any organization.</summary>
    public async Task<bool> EditsAnyOrganizationAsync(string userId, CancellationToken cancellationToken)
    {
        const string Sql = """
            SELECT COUNT(*) FROM organizations o
            LEFT JOIN org_acl a ON a.organization_id = o.id AND a.user_id = @userId
            WHERE o.creator_id = @userId OR a.auth >= 3
            """;

        return await db.FindAsync<long>(Sql, new { userId }, cancellationToken) > 0;
    }

    /// <summary>Whether the user may edit any repository by itself, whatever its organization allows.</summary>
    public async Task<bool> EditsAnyRepositoryAsync(string userId, CancellationToken cancellationToken)
    {
        const string Sql = """
            SELECT CASE WHEN EXISTS (SELECT 1 FROM repositories WHERE creator_id = @userId)
                OR EXISTS (SELECT 1 FROM repo_acl WHERE user_id = @userId AND auth >= 3) THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END
            """;

        return await db.FindAsync<long>(Sql, new { userId }, cancellationToken) > 0;
    }

    /// <summary>Whether the user has a grant on any repository of the organization.</summary>
    public async Task<bool> HasRepositoryGrantAsync(long organizationId, string userId, CancellationToken cancellationToken)
    {
        const string Sql = """
            SELECT COUNT(*) FROM repositories r
            LEFT JOIN repo_acl a ON a.repository_id = r.id AND a.user_id = @userId
            WHERE r.organization_id = @organizationId AND (r.creator_id = @userId OR a.auth >= 1)
            """;

        return await db.FindAsync<long>(Sql, new { organizationId, userId }, cancellationToken) > 0;
    }
}
