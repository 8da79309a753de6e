using Microsoft.AspNetCore.Http;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Access;
using Stagedoor.Images.Oci.Tokens;
using Stagedoor.Images.Repositories;

namespace Stagedoor.Images.Oci;

/// <summary><c>DELETE /v2/{name}/blobs/{digest}</c>: takes a blob out of one repository. Others that have it keep it.</summary>
internal sealed class DeleteBlob(RegistryAccess access, RegistryCache cache, BlobLinks links) : IOciOperation
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

        if (!await links.UnlinkAsync(repository.Id, digest, context.RequestAborted).FaultAs(ImagesCodes.DeleteLayerFailed))
        {
            throw RegistryError.BlobUnknown(path.Reference);
        }

        cache.ForgetBlob(repository.Id, digest);
        context.Response.Headers["Docker-Distribution-Api-Version"] = RegistryEndpoints.Version;
        context.Response.StatusCode = StatusCodes.Status202Accepted;
    }
}
