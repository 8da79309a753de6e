using Microsoft.AspNetCore.Http;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Access;
using Stagedoor.Images.Manifests;
using Stagedoor.Images.Oci.Tokens;
using Stagedoor.Images.Tags;
using Stagedoor.Storage;

namespace Stagedoor.Images.Oci;

/// <summary><c>DELETE /v2/{name}/manifests/{reference}</c>: a tag alone, or a manifest with every tag on it.</summary>
internal sealed class DeleteManifest(RegistryAccess access, ManifestCache cache, ManifestStore manifests, TagGuard guard) : IOciOperation
{
    public static void Map(OciRoutes routes) => routes
        .Map<DeleteManifest>("DELETE", "/v2/{name}/manifests/{reference}", RegistryResource.Manifest)
        .WithSummary("Delete a manifest or a tag")
        .AnswersEmpty(202, "It is gone.")
        .OpensRepository()
        .FaultsAs(ImagesCodes.DeleteImageFailed)
        .CanFail(
            ImagesCodes.NoEditableOrganization,
            ImagesCodes.ImageNotFound,
            ImagesCodes.InvalidDigest,
            ImagesCodes.InvalidVersion,
            ImagesCodes.ManifestNotFound,
            ImagesCodes.TagNotInRegistry,
            ImagesCodes.ReleaseReferenceFailed,
            ImagesCodes.UpdateFailed,
            ImagesCodes.RegistryUpdateOrganizationFailed);

    public async Task HandleAsync(HttpContext context, RegistryIdentity identity, RegistryPath path)
    {
        context.AuditAs(path.Reference.Contains(':', StringComparison.Ordinal) ? "deleteManifest" : "deleteImageTag", "image", path.Spelled);
        var cancellationToken = context.RequestAborted;
        var state = await access.OpenAsync(context, identity, path.Name, Rights.Manage, ImagesCodes.DeleteImageFailed);
        if (state.Repository is not { } repository)
        {
            throw RegistryError.RepositoryUnknown(path.Name);
        }

        var isDigest = path.Reference.Contains(':', StringComparison.Ordinal);
        if (isDigest ? !Digest.TryParse(path.Reference, out _) : !TagName.IsValid(path.Reference))
        {
            throw isDigest ? RegistryError.InvalidDigest(path.Reference) : RegistryError.InvalidTag(path.Reference);
        }

        var userName = identity.Caller?.UserName ?? "";
        var progress = new ManifestProgress();
        ManifestDeletion deletion;
        try
        {
            deletion = isDigest
                ? await manifests.DeleteAsync(repository.Id, path.Reference, userName, progress, cancellationToken)
                : new(await manifests.DeleteTagAsync(repository.Id, path.Reference, userName, progress, cancellationToken));
        }
        catch (StorageException fault)
        {
            throw new ApiException(
                progress.Step switch
                {
                    ManifestStep.References => ImagesCodes.ReleaseReferenceFailed,
                    ManifestStep.Repository => ImagesCodes.UpdateFailed,
                    ManifestStep.Organization => ImagesCodes.RegistryUpdateOrganizationFailed,
                    _ => ImagesCodes.DeleteImageFailed,
                },
                inner: fault);
        }

        cache.Invalidate(repository.Id);
        if (deletion.Kept is { } kept)
        {
            throw deletion.IsPart ? RegistryError.PartImmutable(path.Name, path.Reference, kept)
                : RegistryError.TagImmutable(ImagesCodes.PermissionDenied, path.Name, kept);
        }

        if (!deletion.IsDeleted)
        {
            if (!isDigest && await guard.IsKeptAsync(repository.Id, path.Reference, cancellationToken).FaultAs(ImagesCodes.DeleteImageFailed))
            {
                throw RegistryError.TagImmutable(ImagesCodes.PermissionDenied, path.Name, path.Reference);
            }

            throw isDigest ? RegistryError.ManifestUnknown(path.Reference) : RegistryError.TagUnknown(path.Reference);
        }

        context.Response.Headers["Docker-Distribution-Api-Version"] = RegistryEndpoints.Version;
        context.Response.StatusCode = StatusCodes.Status202Accepted;
    }
}
