using Microsoft.Extensions.Options;

namespace Stagedoor.Images.Packages;

/// <summary>What repositories of packages need of their blobs: those of their files, and of their meta file.</summary>
internal sealed class PackageBlobs(ImagesDb db, IOptions<ImagesOptions> options) : IBlobOwner
{
    private const int Batch = 200;

    public static BlobLinkTable Table { get; } = new("package_links", "package_repo_id", "package_repos");

    public BlobLinkTable Links => Table;

    /// <summary>Takes blobs out of repositories where no file has them and no upload has brought them lately. Users know nothing of it.</summary>
    public async Task<int> ReleaseAsync(CancellationToken cancellationToken)
    {
        var isUnused = $"""
            used_at < {db.Now} - @lease
          AND NOT EXISTS (
            SELECT 1 FROM package_files f WHERE f.package_repo_id = package_links.package_repo_id AND f.digest = package_links.digest)
          AND NOT EXISTS (
            SELECT 1 FROM package_meta m WHERE m.package_repo_id = package_links.package_repo_id AND m.digest = package_links.digest)
        """;

        // Asked again of each row that is deleted: a file may have taken it while the statement waited.
        var sql = $"""
            DELETE FROM package_links
            WHERE {isUnused} AND (package_repo_id, digest) IN (SELECT package_repo_id, digest FROM package_links WHERE {isUnused} LIMIT {Batch})
            """;
        var values = new { lease = (long)TimeSpan.FromMinutes(options.Value.Collector.LeaseMinutes).TotalMilliseconds };
        while (await db.ExecuteAsync(sql, values, cancellationToken) == Batch)
        {
            // So that no write grows with what is stored: on SQLite others wait for it.
        }

        return 0;
    }

    public void Forget()
    {
        // Nothing of a blob is remembered here.
    }
}
