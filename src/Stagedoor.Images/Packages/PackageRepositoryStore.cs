using Stagedoor.Images.Organizations;

namespace Stagedoor.Images.Packages;

/// <summary>Repositories of packages.</summary>
internal sealed class PackageRepositoryStore(ImagesDb db, TimeProvider clock)
{
    private const string Columns = "r.id, r.organization_id, r.name, r.is_public, r.description, r.creator_name, r.revision, r.created_at, r.updated_at";

    public Task<PackageRepositoryRow?> FindAsync(long id, CancellationToken cancellationToken) =>
        db.FindAsync<PackageRepositoryRow>($"SELECT {Columns} FROM package_repos r WHERE r.id = @id", new { id }, cancellationToken);

    /// <summary>The repository of this name; null when there is none.</summary>
    public Task<long?> FindIdAsync(long organizationId, string name, CancellationToken cancellationToken) => db.FindAsync<long?>(
        "SELECT id FROM package_repos WHERE organization_id = @organizationId AND name = @name", new { organizationId, name }, cancellationToken);

    /// <summary>Adds a repository.</summary>
    public Task<PackageChange> AddAsync(
        Organization organization, string name, bool isPublic, string description, Caller creator, CancellationToken cancellationToken)
    {
        const string Insert = """
            INSERT INTO package_repos (id, organization_id, name, is_public, description, creator_id, creator_name, revision, created_at, updated_at)
            VALUES (@id, @organizationId, @name, @isPublic, @description, @creatorId, @creatorName, 0, @now, @now)
            ON CONFLICT (organization_id, name) DO NOTHING
            """;

        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        return db.TransactAsync(
            async session =>
            {
                var id = await Sequence.NextAsync(session, "package_repos");
                var values = new
                {
                    id,
                    organizationId = organization.Id,
                    name,
                    isPublic = isPublic ? 1 : 0,
                    description,
                    creatorId = creator.UserId,
                    creatorName = creator.UserName,
                    now,
                };

                // Also holds the organization's row, so that it is not deleted meanwhile.
                return await session.ExecuteAsync("UPDATE organizations SET updated_at = @now WHERE id = @organizationId", values) == 0 ? PackageChange.Gone
                    : await session.ExecuteAsync(Insert, values) == 0 ? PackageChange.Exists
                    : PackageChange.Done;
            },
            cancellationToken);
    }

    /// <summary>Changes what is said about a repository; null leaves it.</summary>
    public async Task<PackageChange> UpdateAsync(long id, bool? isPublic, string? description, CancellationToken cancellationToken) => await db.ExecuteAsync(
        "UPDATE package_repos SET is_public = COALESCE(@isPublic, is_public), description = COALESCE(@description, description), updated_at = @now WHERE id = @id",
        new { id, isPublic = isPublic is null ? default(long?) : isPublic.Value ? 1 : 0, description, now = clock.GetUtcNow().ToUnixTimeMilliseconds() },
        cancellationToken) == 1 ? PackageChange.Done : PackageChange.Gone;

    /// <summary>Whether there is anything in the organization that everybody may read.</summary>
    public async Task<bool> HasPublicAsync(long organizationId, CancellationToken cancellationToken) => await db.FindAsync<long>(
        """
        SELECT CASE WHEN EXISTS (SELECT 1 FROM package_repos WHERE organization_id = @organizationId AND is_public = 1)
            OR EXISTS (SELECT 1 FROM packages WHERE organization_id = @organizationId AND is_public = 1) THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END
        """,
        new { organizationId },
        cancellationToken) > 0;

    /// <summary>Some of the repositories of an organization, the last changed first, and how many there are.</summary>
    public Task<(IReadOnlyList<PackageRepositoryRow> Rows, long Total)> ListAsync(long organizationId, PackageFilter filter, CancellationToken cancellationToken) => db.ReadAsync(
        async session =>
        {
            var condition = $"r.organization_id = @organizationId AND {PackageFilter.Condition("r")}";
            var values = new { organizationId, filter.Pattern, filter.PublicOnly, filter.Limit, filter.Offset };
            var total = await session.FindAsync<long>($"SELECT COUNT(*) FROM package_repos r WHERE {condition}", values);
            var rows = await session.QueryAsync<PackageRepositoryRow>(
                $"SELECT {Columns} FROM package_repos r WHERE {condition} ORDER BY r.updated_at DESC, r.id DESC LIMIT @Limit OFFSET @Offset", values);
            return (rows, total);
        },
        cancellationToken);
}
