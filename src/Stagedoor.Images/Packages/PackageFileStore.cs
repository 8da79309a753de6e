using Microsoft.Extensions.Options;
using Stagedoor.Images.Manifests;
using Stagedoor.Images.Quotas;
using Stagedoor.Storage;

namespace Stagedoor.Images.Packages;

/// <summary>The files of versions.</summary>
internal sealed class PackageFileStore(ImagesDb db, PackageChanges changes, PackageStore packages, IOptions<ImagesOptions> options)
{
    private const string Columns = "version_id, name, size, digest, created_at";

    public Task<PackageFileRow?> FindAsync(long versionId, string name, CancellationToken cancellationToken) => db.FindAsync<PackageFileRow>(
        $"SELECT {Columns} FROM package_files WHERE version_id = @versionId AND name = @name", new { versionId, name }, cancellationToken);

    /// <summary>A file of a repository by its names.</summary>
    public Task<PackageFileRow?> FindAsync(long repositoryId, string package, string version, string name, CancellationToken cancellationToken) => db.FindAsync<PackageFileRow>(
        """
        SELECT f.version_id, f.name, f.size, f.digest, f.created_at
        FROM packages p JOIN package_versions v ON v.package_id = p.id JOIN package_files f ON f.version_id = v.id
        WHERE p.package_repo_id = @repositoryId AND p.name = @package AND v.version = @version AND f.name = @name
        """,
        new { repositoryId, package, version, name },
        cancellationToken);

    /// <summary>The files of versions, the oldest first.</summary>
    public async Task<ILookup<long, PackageFileRow>> ListAsync(long[] versions, CancellationToken cancellationToken)
    {
        var rows = await db.QueryAsync<PackageFileRow>(
            $"SELECT {Columns} FROM package_files WHERE {db.In("version_id", nameof(versions))} ORDER BY id", new { versions }, cancellationToken);
        return rows.ToLookup(static r => r.VersionId);
    }

    /// <summary>Some of the files of a version, the newest first, and how many there are.</summary>
    public Task<(IReadOnlyList<PackageFileRow> Rows, long Total)> ListAsync(long versionId, PackageFilter filter, CancellationToken cancellationToken) => db.ReadAsync(
        async session =>
        {
            const string Condition = @"version_id = @versionId AND (@Pattern = '' OR LOWER(name) LIKE @Pattern ESCAPE '!')";
            var values = new { versionId, filter.Pattern, filter.Limit, filter.Offset };
            var total = await session.FindAsync<long>($"SELECT COUNT(*) FROM package_files WHERE {Condition}", values);
            var rows = await session.QueryAsync<PackageFileRow>(
                $"SELECT {Columns} FROM package_files WHERE {Condition} ORDER BY created_at DESC, id DESC LIMIT @Limit OFFSET @Offset", values);
            return (rows, total);
        },
        cancellationToken);

    /// <summary>Makes bytes that are stored for the repository a file of the version, or the new content of one, if what must hold of it does.</summary>
    public async Task<PackageFilePut> PutAsync(
        PackagePlace place, string name, Digest digest, long size, Precondition precondition, CancellationToken cancellationToken)
    {
        FullOrganization? full = null;
        var change = await changes.RunAsync(
            place.RepositoryId,
            async session =>
            {
                (var outcome, full) = await PutAsync(session, place.Organization.Id, place.RepositoryId, place.PackageId, place.VersionId, name, digest, size, precondition);
                return outcome;
            },
            cancellationToken);
        return new(change, full);
    }

    /// <summary>Deletes a file, if what must hold of it does. Its bytes go later, when nothing else has them.</summary>
    public Task<PackageChange> DeleteAsync(PackagePlace place, string name, Precondition precondition, CancellationToken cancellationToken) => changes.RunAsync(
        place.RepositoryId,
        async session =>
        {
            var versionId = place.VersionId;
            if (await session.FindAsync<PackageFileRow>(
                $"DELETE FROM package_files WHERE version_id = @versionId AND name = @name RETURNING {Columns}", new { versionId, name }) is not { } row)
            {
                return PackageChange.Gone;
            }

            if (!precondition.Holds(row.Hash))
            {
                return PackageChange.Unmet;
            }

            await packages.TouchAsync(session, place.PackageId);
            await TouchAsync(session, versionId);
            await OrganizationUsage.SubtractAsync(session, place.Organization.Id, row.Size);
            return PackageChange.Done;
        },
        cancellationToken);

    /// <summary>
    /// The same as <see cref="PutAsync(PackagePlace, string, Digest, long, Precondition, CancellationToken)"/> at the end of a transaction that holds the repository, and that is
    /// undone unless it answers that it is done.
    /// </summary>
    public async Task<PackageFilePut> PutAsync(
        DbSession session, long organizationId, long repositoryId, long packageId, long versionId, string name, Digest digest, long size, Precondition precondition = default)
    {
        const string Update = "UPDATE package_files SET size = @size, digest = @digest, created_at = @now WHERE version_id = @versionId AND name = @name";
        const string Insert = """
            INSERT INTO package_files (id, version_id, package_repo_id, name, size, digest, created_at)
            VALUES (@id, @versionId, @repositoryId, @name, @size, @digest, @now)
            """;

        if (!await packages.TouchAsync(session, packageId) || !await TouchAsync(session, versionId))
        {
            return new(PackageChange.Gone);
        }

        // Holds the link, which nobody takes away who looks at it after this. A process that stood still for too long before finds it taken.
        if (await session.ExecuteAsync(
            $"UPDATE package_links SET used_at = {db.Now} WHERE package_repo_id = @repositoryId AND digest = @digest",
            new { repositoryId, digest = digest.ToString() }) == 0)
        {
            return new(PackageChange.Lost);
        }

        var values = new { versionId, name, size, digest = digest.ToString(), now = changes.Now };
        // Nobody else changes it: the repository is held.
        var replaced = await session.FindAsync<PackageFileRow>($"SELECT {Columns} FROM package_files WHERE version_id = @versionId AND name = @name", values);
        if (!precondition.Holds(replaced?.Hash))
        {
            return new(PackageChange.Unmet);
        }

        if (replaced is null)
        {
            var id = await Sequence.NextAsync(session, "package_files");
            await session.ExecuteAsync(Insert, new { id, versionId, repositoryId, name, size, values.digest, values.now });
        }
        else
        {
            await session.ExecuteAsync(Update, values);
        }

        var full = await OrganizationUsage.ChangeAsync(session, organizationId, size - (replaced?.Size ?? 0), options.Value.MaxBytesPerOrganization);
        return new(full is null ? PackageChange.Done : PackageChange.Full, full);
    }

    // A signature is of the files as they were. Whoever signs holds the version's row, and has left its signature when this goes on.
    private async Task<bool> TouchAsync(DbSession session, long versionId)
    {
        var isThere = await session.ExecuteAsync(
            "UPDATE package_versions SET revision = revision + 1, updated_at = @now WHERE id = @versionId", new { versionId, now = changes.Now }) == 1;
        await session.ExecuteAsync("DELETE FROM package_signatures WHERE version_id = @versionId", new { versionId });
        return isThere;
    }
}
