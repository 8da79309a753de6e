using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Images.Access;
using Stagedoor.Images.Organizations;
using Stagedoor.Images.Quotas;
using Stagedoor.Storage;

namespace Stagedoor.Images.Packages;

/// <summary>
/// Takes files of packages in that came in an upload session. Other than a single file by its path, a session brings its package and version with it, and
/// the repository <c>default</c> where it names none.
/// </summary>
internal sealed class PackageIntake(
    OrganizationAccess access, AccessStore grants, PackageRepositoryStore repositories, PackageStore packages, PackageFileStore files,
    PackageChanges changes, PackageContent content, PackageMeta meta)
{
    /// <summary>The codes that <see cref="StoreAsync"/> fails with.</summary>
    public static ErrorDefinition[] Failures =>
    [
        ImagesCodes.OrganizationNotFound,
        ImagesCodes.PackageNotFound,
        ImagesCodes.ImageOwnedByAnotherUser,
        ImagesCodes.NoEditableOrganization,
        ImagesCodes.PermissionDenied,
        ImagesCodes.TagQuotaExceeded,
        ImagesCodes.SystemBusy,
        ImagesCodes.ObjectStorageUnavailable,
        ImagesCodes.SyncFileFailed,
        ImagesCodes.HashFileFailed,
        ImagesCodes.SaveToDatabaseFailed,
        ImagesCodes.UpdateDatabaseFailed,
        ImagesCodes.SyncMetaFileFailed,
        ImagesCodes.GetOrganizationPermissionFailed,
        ImagesCodes.GetPackageFailed,
    ];

    /// <summary>Whether the caller may upload to a package, which need not exist yet.</summary>
    /// <param name="organization">The organization, of the caller's account.</param>
    /// <param name="repository">The repository; null for that of the package, or <c>default</c>.</param>
    /// <param name="package">The package's name, well formed.</param>
    /// <param name="version">The version, well formed.</param>
    /// <param name="caller">Who uploads.</param>
    /// <param name="cancellationToken">Ends the wait for storage.</param>
    /// <exception cref="ApiException">It may not, or the repository is not there or does not have the package.</exception>
    public Task CheckTargetAsync(
        Organization organization, string? repository, string package, string version, Caller caller, CancellationToken cancellationToken) =>
        FindTargetAsync(organization, new(organization.DomainName, organization.Name, repository, package, version), caller, cancellationToken);

    /// <summary>Stores a file: bytes first, then the rows of package, version and file, then the meta file.</summary>
    /// <exception cref="ApiException">It was refused, or a step failed. What was stored until then is collected later.</exception>
    public async Task<StoredPackageFile> StoreAsync(PackageDelivery delivery, CancellationToken cancellationToken)
    {
        var path = new PackagePath(delivery.Organization.DomainName, delivery.Organization.Name, delivery.Repository, delivery.Package, delivery.Version, delivery.File);
        var (repositoryId, repository) = await FindTargetAsync(delivery.Organization, path, delivery.Caller, cancellationToken);
        path = path with { Repository = repository };
        repositoryId ??= await MakeDefaultAsync(delivery, cancellationToken);
        if (repositoryId is not { } id || !await StoreBytesAsync(id, delivery, cancellationToken))
        {
            throw ImagesError.PackageNotFound(path);
        }

        var failed = await files.FindAsync(id, delivery.Package, delivery.Version, delivery.File, cancellationToken).FaultAs(ImagesCodes.SaveToDatabaseFailed) is not null
            ? ImagesCodes.UpdateDatabaseFailed
            : ImagesCodes.SaveToDatabaseFailed;
        FullOrganization? full = null;
        var change = changes.RunAsync(
            id,
            async session =>
            {
                (var outcome, full) = await RecordAsync(session, id, delivery);
                return outcome;
            },
            cancellationToken);
        switch (await change.ChangeFaultAs(failed))
        {
            case PackageChange.Done:
                break;
            case PackageChange.Full:
                throw ImagesError.PackageBytesExceeded(delivery.Organization.Name, delivery.File, full!);
            case PackageChange.Lost:
                throw new ApiException(ImagesCodes.SyncFileFailed, $"file={delivery.File}; its bytes were removed before they were recorded");
            default:
                throw ImagesError.PackageNotFound(path);
        }

        var row = await files.FindAsync(id, delivery.Package, delivery.Version, delivery.File, cancellationToken).FaultAs(failed);
        await meta.WriteAsync(id, cancellationToken);
        return row is null ? throw ImagesError.PackageNotFound(path) : new(path with { File = null }, row);
    }

    private async Task<(long? Id, string Name)> FindTargetAsync(
        Organization organization, PackagePath path, Caller caller, CancellationToken cancellationToken)
    {
        var right = await access.EffectiveAsync(organization, caller, cancellationToken);
        var package = await packages.FindAsync(organization.Id, path.Package!, cancellationToken).FaultAs(ImagesCodes.GetPackageFailed);
        if (right < Rights.Edit)
        {
            throw !await grants.EditsAnyOrganizationAsync(caller.UserId, cancellationToken).FaultAs(ImagesCodes.GetOrganizationPermissionFailed)
                ? ImagesError.NoOrganizationToEdit(organization.Name)
                : package is not null && !string.Equals(package.CreatorId, caller.UserId, StringComparison.Ordinal)
                    ? ImagesError.PackageOfAnotherUser(package.Name, package.CreatorName)
                    : ImagesError.PermissionDenied($"namespace={organization.Name}", right, Rights.Edit);
        }

        if (path.Repository is null && package is not null
            && await repositories.FindAsync(package.PackageRepoId, cancellationToken).FaultAs(ImagesCodes.GetPackageFailed) is { } its)
        {
            return (its.Id, its.Name);
        }

        var name = path.Repository ?? PackageName.DefaultRepository;
        var id = await repositories.FindIdAsync(organization.Id, name, cancellationToken).FaultAs(ImagesCodes.GetPackageFailed);
        return (id is null && path.Repository is not null && name is not PackageName.DefaultRepository) || (package is not null && package.PackageRepoId != id)
            ? throw ImagesError.PackageNotFound(path)
            : (id, name);
    }

    private async Task<long?> MakeDefaultAsync(PackageDelivery delivery, CancellationToken cancellationToken)
    {
        await repositories.AddAsync(delivery.Organization, PackageName.DefaultRepository, isPublic: false, "", delivery.Caller, cancellationToken)
            .ChangeFaultAs(ImagesCodes.SaveToDatabaseFailed);
        return await repositories.FindIdAsync(delivery.Organization.Id, PackageName.DefaultRepository, cancellationToken).FaultAs(ImagesCodes.SaveToDatabaseFailed);
    }

    private async Task<bool> StoreBytesAsync(long repositoryId, PackageDelivery delivery, CancellationToken cancellationToken)
    {
        if (delivery.Upload is { } upload)
        {
            return await content.StoreAsync(
                repositoryId, upload, delivery.Digest, ImagesCodes.SyncFileFailed, ImagesCodes.SaveToDatabaseFailed, cancellationToken);
        }

        await using var copy = await content.BeginAsync(repositoryId, cancellationToken).BytesFaultAs(ImagesCodes.SyncFileFailed, ImagesCodes.SaveToDatabaseFailed);
        var isStored = false;
        try
        {
            await copy.ReceiveAsync(delivery.Content!, BlobHash.Sha256, long.MaxValue, cancellationToken)
                .BytesFaultAs(ImagesCodes.SyncFileFailed, ImagesCodes.SaveToDatabaseFailed);
            if (await copy.ComputeAsync(BlobHash.Sha256, cancellationToken).BytesFaultAs(ImagesCodes.HashFileFailed, ImagesCodes.SaveToDatabaseFailed) != delivery.Digest)
            {
                throw new ApiException(ImagesCodes.SyncFileFailed, $"file={delivery.File}; what is staged is not what was uploaded any more");
            }

            return isStored = await content.StoreAsync(
                repositoryId, copy, delivery.Digest, ImagesCodes.SyncFileFailed, ImagesCodes.SaveToDatabaseFailed, cancellationToken);
        }
        finally
        {
            if (!isStored)
            {
                await copy.AbortAsync().BytesFaultAs(ImagesCodes.SyncFileFailed, ImagesCodes.SaveToDatabaseFailed);
            }
        }
    }

    private async Task<PackageFilePut> RecordAsync(DbSession session, long repositoryId, PackageDelivery delivery)
    {
        var values = new { organizationId = delivery.Organization.Id, repositoryId, delivery.Package, delivery.Version };
        var packageId = await session.FindAsync<long?>(
            "SELECT id FROM packages WHERE organization_id = @organizationId AND package_repo_id = @repositoryId AND name = @Package", values);
        if (packageId is not { } package)
        {
            var created = new NewPackage(delivery.Package, delivery.IsPublic, delivery.Description ?? "", delivery.Manifests);
            if (await packages.InsertAsync(session, values.organizationId, repositoryId, created, delivery.Caller) is not { } id)
            {
                // In another repository of the organization, since a moment ago.
                return new(PackageChange.Exists);
            }

            package = id;
        }
        else if (!await packages.UpdateAsync(session, package, delivery.IsPublic, delivery.Description, delivery.Manifests))
        {
            return new(PackageChange.Gone);
        }

        var versionId = await session.FindAsync<long?>(
            "SELECT id FROM package_versions WHERE package_id = @package AND version = @Version", new { package, delivery.Version })
            ?? await packages.InsertVersionAsync(session, package, delivery.Version, "");
        return versionId is { } version
            ? await files.PutAsync(session, values.organizationId, repositoryId, package, version, delivery.File, delivery.Digest, delivery.Size)
            : new(PackageChange.Gone);
    }
}

/// <summary>A file that a session brings.</summary>
internal sealed record PackageDelivery
{
    public required Caller Caller { get; init; }

    /// <summary>The organization, of the caller's account.</summary>
    public required Organization Organization { get; init; }

    /// <summary>The repository; null for that of the package, or <c>default</c>.</summary>
    public string? Repository { get; init; }

    public required string Package { get; init; }

    public required string Version { get; init; }

    /// <summary>The file's name.</summary>
    public required string File { get; init; }

    /// <summary>The SHA-256 of the bytes.</summary>
    public required Digest Digest { get; init; }

    public required long Size { get; init; }

    /// <summary>The staged bytes, where they are an upload of the kit's: they are published as they lie, and the upload is over then.</summary>
    public BlobUpload? Upload { get; init; }

    /// <summary>The staged bytes otherwise, which are copied.</summary>
    public Stream? Content { get; init; }

    /// <summary>A JSON object.</summary>
    public required string Manifests { get; init; }

    public required bool IsPublic { get; init; }

    /// <summary>Null leaves that of a package that is there.</summary>
    public string? Description { get; init; }
}

/// <summary>A file that was stored.</summary>
/// <param name="Path">Its version.</param>
/// <param name="Row">The file.</param>
internal sealed record StoredPackageFile(PackagePath Path, PackageFileRow Row);
