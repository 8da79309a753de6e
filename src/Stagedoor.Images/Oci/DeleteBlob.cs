using Microsoft.AspNetCore.Http;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Access;
using Stagedoor.Images.Oci.Tokens;
using Stagedoor.Images.Repositories;
using Stagedoor.Images.Tags;

namespace Stagedoor.Images.Oci;

/// <summary><c>DELETE /v2/{name}/blobs/{digest}</c>: takes a blob out of one repository, unless the image of an immutable tag consists of it. Others that have it keep it.</summary>
internal sealed class DeleteBlob(RegistryAccess access, RegistryCache cache, ImagesDb db, BlobLinks links) : IOciOperation
{
    public static void Map(OciRoutes routes) => routes
        .Map<DeleteBlob>("DELETE", "/v2/{name}/blobs/{digest}", RegistryResource.Blob)
        .WithSummary("Delete a blob")
        .AnswersEmpty(202, "It is gone from the repository.")
        .OpensRepository()
        .FaultsAs(ImagesCodes.DeleteLayerFailed)
        .CanFail(
            ImagesCodes.NoEditableOrganization,
            ImagesCodes.ImageNotFound,
            ImagesCodes.InvalidDigest,
            ImagesCodes.BlobNotFound);

    public async Task HandleAsync(HttpContext context, RegistryIdentity identity, RegistryPath path)
    {
        context.AuditAs("deleteLayer", "layer", path.Spelled);
        var state = await access.OpenAsync(context, identity, path.Name, Rights.Manage, ImagesCodes.DeleteLayerFailed);
        if (state.Repository is not { } repository)
        {
            throw RegistryError.RepositoryUnknown(path.Name);
        }

        if (!Digest.TryParse(path.Reference, out var digest))
        {
            throw RegistryError.InvalidDigest(path.Reference);
        }

        var (isDeleted, holder) = await DeleteAsync(repository.Id, digest, context.RequestAborted).FaultAs(ImagesCodes.DeleteLayerFailed);
        if (holder is not null)
        {
            throw RegistryError.PartImmutable(path.Name, path.Reference, holder);
        }

        if (!isDeleted)
        {
            throw RegistryError.BlobUnknown(path.Reference);
        }

        cache.ForgetBlob(repository.Id, digest);
        context.Response.Headers["Docker-Distribution-Api-Version"] = RegistryEndpoints.Version;
        context.Response.StatusCode = StatusCodes.Status202Accepted;
    }

    // Whoever pushes a manifest that refers to it holds the repository too: it either has been stored before and is asked for its tags here, or does not find the blob.
    private Task<(bool IsDeleted, string? Holder)> DeleteAsync(long repositoryId, Digest digest, CancellationToken cancellationToken) =>
        db.TransactAsync<(bool, string?)>(
            async session =>
            {
                if (await LockedRepository.TakeAsync(db, session, repositoryId) is not { } repository)
                {
                    return (false, null);
                }

                return await TagGuard.FindHolderAsync(db, session, repositoryId, digest.ToString(), repository.ImmutableTags) is { } holder
                    ? (false, holder)
                    : (await links.UnlinkAsync(session, repositoryId, digest), null);
            },
            cancellationToken);
}
