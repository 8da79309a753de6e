using Microsoft.AspNetCore.Http;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Oci.Tokens;

namespace Stagedoor.Images.Oci;

/// <summary><c>GET /v2/{name}/blobs/uploads/{id}</c>: how far an upload has come. Bytes that are just arriving do not count yet.</summary>
internal sealed class ShowUpload(RegistryAccess access, BlobUploads uploads) : IOciOperation
{
    public static void Map(OciRoutes routes) => routes
        .Map<ShowUpload>("GET,HEAD", "/v2/{name}/blobs/uploads/{session_id}", RegistryResource.Upload)
        .WithSummary("Tell how far an upload is")
        .AnswersEmpty(204, "It is there.")
        .SendsHeader(204, "Location", "Where the upload goes on.")
        .SendsHeader(204, "Range", "What has arrived so far.")
        .OpensForPush()
        .FaultsAs(ImagesCodes.InvalidLayerUpload)
        .CanFail(
            ImagesCodes.SessionNotFound,
            ImagesCodes.SaveLayerFailed);

    public async Task HandleAsync(HttpContext context, RegistryIdentity identity, RegistryPath path)
    {
        var target = await access.OpenForPushAsync(context, identity, path.Name, ImagesCodes.SaveLayerFailed);
        var row = await uploads.FindAsync(path.Name, Uploader.Of(target.Caller), path.Reference, context.RequestAborted).FaultAs(ImagesCodes.InvalidLayerUpload)
            ?? throw RegistryError.UploadUnknown(path.Reference);
        UploadResponse.Progress(context.Response, StatusCodes.Status204NoContent, path.Name, row.Id, row.Received);
    }
}
