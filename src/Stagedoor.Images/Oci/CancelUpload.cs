using Microsoft.AspNetCore.Http;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Oci.Tokens;

namespace Stagedoor.Images.Oci;

/// <summary><c>DELETE /v2/{name}/blobs/uploads/{id}</c>: gives an upload up.</summary>
internal sealed class CancelUpload(RegistryAccess access, BlobUploads uploads) : IOciOperation
{
    public static void Map(OciRoutes routes) => routes
        .Map<CancelUpload>("DELETE", "/v2/{name}/blobs/uploads/{session_id}", RegistryResource.Upload)
        .WithSummary("Cancel an upload")
        .AnswersEmpty(204, "It is gone.")
        .OpensForPush()
        .FaultsAs(ImagesCodes.SaveLayerFailed)
        .CanFail(
            ImagesCodes.SessionNotFound,
            ImagesCodes.SystemBusy);

    public async Task HandleAsync(HttpContext context, RegistryIdentity identity, RegistryPath path)
    {
        var target = await access.OpenForPushAsync(context, identity, path.Name, ImagesCodes.SaveLayerFailed);
        var problem = await uploads.CancelAsync(path.Name, Uploader.Of(target.Caller), path.Reference, context.RequestAborted).FaultAs(ImagesCodes.SaveLayerFailed);
        if (problem is not UploadProblem.None)
        {
            throw UploadResponse.Refusal(problem, path.Reference);
        }

        context.Response.Headers["Docker-Distribution-Api-Version"] = RegistryEndpoints.Version;
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }
}
