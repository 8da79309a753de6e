using Stagedoor.Images.Quotas;
using Stagedoor.Storage;

namespace Stagedoor.Images.Packages;

/// <summary>Packages and their versions.</summary>
internal sealed class PackageStore(ImagesDb db, PackageChanges changes)
{
    private const string Columns = "p.id, p.package_repo_id, p.name, p.is_public, p.description, p.manifests, p.creator_id, p.creator_name, p.num_download, p.created_at, p.updated_at";
    private const string VersionColumns = "id, package_id, version, description, revision, created_at, updated_at";

    public Task<PackageRow?> FindAsync(long id, CancellationToken cancellationToken) =>
        db.FindAsync<PackageRow>($"SELECT {Columns} FROM packages p WHERE p.id = @id", new { id }, cancellationToken);

    /// <summary>Where the organization has a package of this name; null when it has none.</summary>
    public Task<PackageRow?> FindAsync(long organizationId, string name, CancellationToken cancellationToken) => db.FindAsync<PackageRow>(
        $"SELECT {Columns} FROM packages p WHERE p.organization_id = @organizationId AND p.name = @name", new { organizationId, name }, cancellationToken);

    /// <summary>Some of the packages of a repository, the last changed first, and how many there are.</summary>
    public Task<(IReadOnlyList<PackageRow> Rows, long Total)> ListAsync(long repositoryId, PackageFilter filter, CancellationToken cancellationToken) => db.ReadAsync(
        async session =>
        {
            var condition = $"p.package_repo_id = @repositoryId AND {PackageFilter.Condition("p")}";
            var values = new { repositoryId, filter.Pattern, filter.PublicOnly, filter.Limit, filter.Offset };
            var total = await session.FindAsync<long>($"SELECT COUNT(*) FROM packages p WHERE {condition}", values);
            var rows = await session.QueryAsync<PackageRow>(
                $"SELECT {Columns} FROM packages p WHERE {condition} ORDER BY p.updated_at DESC, p.id DESC LIMIT @Limit OFFSET @Offset", values);
            return (rows, total);
        },
        cancellationToken);

    /// <summary>Adds a package; it exists when its organization has one of that name, in whatever repository.</summary>
    public Task<PackageChange> AddAsync(long organizationId, long repositoryId, NewPackage package, Caller creator, CancellationToken cancellationToken) => changes.RunAsync(
        repositoryId,
        async session => await InsertAsync(session, organizationId, repositoryId, package, creator) is null ? PackageChange.Exists : PackageChange.Done,
        cancellationToken);

    /// <summary>Changes what is said about a package; null leaves it.</summary>
    public Task<PackageChange> UpdateAsync(
        long repositoryId, long id, bool? isPublic, string? description, string? manifests, CancellationToken cancellationToken) => changes.RunAsync(
        repositoryId,
        async session => await UpdateAsync(session, id, isPublic, description, manifests) ? PackageChange.Done : PackageChange.Gone,
        cancellationToken);

    /// <summary>Deletes a package that has no version.</summary>
    public Task<PackageChange> DeleteAsync(long repositoryId, long id, CancellationToken cancellationToken) => changes.RunAsync(
        repositoryId,
        async session =>
            await session.FindAsync<long>("SELECT COUNT(*) FROM package_versions WHERE package_id = @id", new { id }) > 0 ? PackageChange.NotEmpty
            : await session.ExecuteAsync("DELETE FROM packages WHERE id = @id", new { id }) == 0 ? PackageChange.Gone
            : PackageChange.Done,
        cancellationToken);

    public Task<PackageVersionRow?> FindVersionAsync(long id, CancellationToken cancellationToken) =>
        db.FindAsync<PackageVersionRow>($"SELECT {VersionColumns} FROM package_versions WHERE id = @id", new { id }, cancellationToken);

    /// <summary>Some of the versions of a package, the last changed first, and how many there are.</summary>
    public Task<(IReadOnlyList<PackageVersionRow> Rows, long Total)> ListVersionsAsync(long packageId, PackageFilter filter, CancellationToken cancellationToken) => db.ReadAsync(
        async session =>
        {
            const string Condition = @"package_id = @packageId AND (@Pattern = '' OR LOWER(version) LIKE @Pattern ESCAPE '!')";
            var values = new { packageId, filter.Pattern, filter.Limit, filter.Offset };
            var total = await session.FindAsync<long>($"SELECT COUNT(*) FROM package_versions WHERE {Condition}", values);
            var rows = await session.QueryAsync<PackageVersionRow>(
                $"SELECT {VersionColumns} FROM package_versions WHERE {Condition} ORDER BY updated_at DESC, id DESC LIMIT @Limit OFFSET @Offset", values);
            return (rows, total);
        },
        cancellationToken);

    /// <summary>The names of the versions of packages, the oldest first.</summary>
    public async Task<ILookup<long, string>> ListVersionNamesAsync(long[] packages, CancellationToken cancellationToken)
    {
        var rows = await db.QueryAsync<PackageVersionRow>(
            $"SELECT package_id, version FROM package_versions WHERE {db.In("package_id", nameof(packages))} ORDER BY id", new { packages }, cancellationToken);
        return rows.ToLookup(static r => r.PackageId, static r => r.Version);
    }

    public Task<PackageChange> AddVersionAsync(long repositoryId, long packageId, string version, string description, CancellationToken cancellationToken) => changes.RunAsync(
        repositoryId,
        async session =>
        {
            if (!await TouchAsync(session, packageId))
            {
                return PackageChange.Gone;
            }

            return await InsertVersionAsync(session, packageId, version, description) is null ? PackageChange.Exists : PackageChange.Done;
        },
        cancellationToken);

    public Task<PackageChange> UpdateVersionAsync(long repositoryId, long id, string? description, CancellationToken cancellationToken) => changes.RunAsync(
        repositoryId,
        async session => await session.ExecuteAsync(
            "UPDATE package_versions SET description = COALESCE(@description, description), updated_at = @now WHERE id = @id",
            new { id, description, now = changes.Now }) == 1 ? PackageChange.Done : PackageChange.Gone,
        cancellationToken);

    /// <summary>Deletes a version with its files and its signature. The bytes go later, when nothing else has them.</summary>
    public Task<PackageChange> DeleteVersionAsync(PackagePlace place, CancellationToken cancellationToken) => changes.RunAsync(
        place.RepositoryId,
        async session =>
        {
            var id = place.VersionId;
            await TouchAsync(session, place.PackageId);
            // Whoever signs it holds the row, and has left its signature when this goes on.
            await session.FindAsync<long?>($"SELECT id FROM package_versions WHERE id = @id{db.ForUpdate}", new { id });
            var sizes = await session.QueryAsync<long>("DELETE FROM package_files WHERE version_id = @id RETURNING size", new { id });
            await session.ExecuteAsync("DELETE FROM package_signatures WHERE version_id = @id", new { id });
            if (await session.ExecuteAsync("DELETE FROM package_versions WHERE id = @id", new { id }) == 0)
            {
                return PackageChange.Gone;
            }

            await OrganizationUsage.SubtractAsync(session, place.Organization.Id, sizes.Sum());
            return PackageChange.Done;
        },
        cancellationToken);

    /// <summary>Adds to the packages' download counters.</summary>
    public Task<int> AddDownloadsAsync(IReadOnlyCollection<KeyValuePair<long, long>> downloads, CancellationToken cancellationToken) => db.TransactAsync(
        async session =>
        {
            // In one order everywhere, or two replicas wait for each other.
            foreach (var (id, count) in downloads.OrderBy(static d => d.Key))
            {
                await session.ExecuteAsync("UPDATE packages SET num_download = num_download + @count WHERE id = @id", new { id, count });
            }

            return downloads.Count;
        },
        cancellationToken);

    /// <summary>Adds a package in a transaction that holds its repository, and answers its id; null when the name is taken.</summary>
    public async Task<long?> InsertAsync(DbSession session, long organizationId, long repositoryId, NewPackage package, Caller creator)
    {
        const string Insert = """
            INSERT INTO packages (
                id, organization_id, package_repo_id, name, is_public, description, manifests, creator_id, creator_name, created_at, updated_at)
            VALUES (
                @id, @organizationId, @repositoryId, @Name, COALESCE(@isPublic, (SELECT is_public FROM package_repos WHERE id = @repositoryId)),
                @Description, @Manifests, @creatorId, @creatorName, @now, @now)
            ON CONFLICT (organization_id, name) DO NOTHING
            """;

        var id = await Sequence.NextAsync(session, "packages");
        var values = new
        {
            id,
            organizationId,
            repositoryId,
            package.Name,
            isPublic = package.IsPublic is null ? default(long?) : package.IsPublic.Value ? 1 : 0,
            package.Description,
            package.Manifests,
            creatorId = creator.UserId,
            creatorName = creator.UserName,
            now = changes.Now,
        };
        return await session.ExecuteAsync(Insert, values) == 1 ? id : null;
    }

    /// <summary>Changes a package in a transaction that holds its repository; false when it is gone.</summary>
    public async Task<bool> UpdateAsync(DbSession session, long id, bool? isPublic, string? description, string? manifests) => await session.ExecuteAsync(
        """
        UPDATE packages SET
            is_public = COALESCE(@isPublic, is_public), description = COALESCE(@description, description), manifests = COALESCE(@manifests, manifests),
            updated_at = @now
        WHERE id = @id
        """,
        new { id, isPublic = isPublic is null ? default(long?) : isPublic.Value ? 1 : 0, description, manifests, now = changes.Now }) == 1;

    /// <summary>Adds a version in a transaction that holds its repository, and answers its id; null when there is one of that name.</summary>
    public async Task<long?> InsertVersionAsync(DbSession session, long packageId, string version, string description)
    {
        const string Insert = """
            INSERT INTO package_versions (id, package_id, version, description, revision, created_at, updated_at)
            VALUES (@id, @packageId, @version, @description, 0, @now, @now)
            ON CONFLICT (package_id, version) DO NOTHING
            """;

        var id = await Sequence.NextAsync(session, "package_versions");
        return await session.ExecuteAsync(Insert, new { id, packageId, version, description, now = changes.Now }) == 1 ? id : null;
    }

    /// <summary>Notes that something in the package has changed; false when it is gone.</summary>
    public async Task<bool> TouchAsync(DbSession session, long packageId) =>
        await session.ExecuteAsync("UPDATE packages SET updated_at = @now WHERE id = @packageId", new { packageId, now = changes.Now }) == 1;
}

/// <summary>A package to be made.</summary>
/// <param name="Name">Its name.</param>
/// <param name="IsPublic">Whether everybody may read it; null for what its repository says.</param>
/// <param name="Description">What it is.</param>
/// <param name="Manifests">A JSON object.</param>
internal sealed record NewPackage(string Name, bool? IsPublic, string Description, string Manifests);
