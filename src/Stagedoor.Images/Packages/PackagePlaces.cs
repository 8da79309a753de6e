namespace Stagedoor.Images.Packages;

/// <summary>Where paths lead.</summary>
internal sealed class PackagePlaces(ImagesDb db)
{
    /// <summary>What there is of a path; null when its repository is not there, or it names none.</summary>
    public async Task<PackagePlaceRow?> FindAsync(long organizationId, PackagePath path, CancellationToken cancellationToken)
    {
        const string Repository = "SELECT id AS repository_id, is_public AS repository_public FROM package_repos WHERE organization_id = @organizationId AND name = @repository";
        const string Deeper = """
            SELECT r.id AS repository_id, r.is_public AS repository_public, p.id AS package_id, p.is_public AS package_public,
                p.creator_id, p.creator_name, v.id AS version_id
            FROM package_repos r
            LEFT JOIN packages p ON p.package_repo_id = r.id AND p.name = @package
            LEFT JOIN package_versions v ON v.package_id = p.id AND v.version = @version
            WHERE r.organization_id = @organizationId AND r.name = @repository
            """;

        // A version that no name is, where the path names none.
        var values = new { organizationId, repository = path.Repository, package = path.Package, version = path.Version ?? "" };
        return path.Repository is null ? null
            : await db.FindAsync<PackagePlaceRow>(path.Package is null ? Repository : Deeper, values, cancellationToken);
    }
}
