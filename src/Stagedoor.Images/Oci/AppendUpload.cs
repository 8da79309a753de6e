using System.Runtime.ExceptionServices;
using Microsoft.AspNetCore.Http;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Oci.Tokens;
using Stagedoor.Images.Uploads;
using Stagedoor.Storage;

namespace Stagedoor.Images.Oci;

/// <summary><c>PATCH /v2/{name}/blobs/uploads/{id}</c>: a chunk, or the whole in one stream.</summary>
internal sealed class AppendUpload(RegistryAccess access, BlobUploads uploads, ChunkReader chunks) : IOciOperation
{
    public static void Map(OciRoutes routes) => routes
        .Map<AppendUpload>("PATCH", "/v2/{name}/blobs/uploads/{session_id}", RegistryResource.Upload)
        .WithSummary("Append to an upload")
        .ReadsContent("application/octet-stream")
        .AnswersEmpty(202, "The bytes are kept.")
        .SendsHeader(202, "Location", "Where the upload goes on.")
        .SendsHeader(202, "Range", "What has arrived so far.")
        .OpensForPush()
        .FaultsAs(ImagesCodes.SaveLayerFailed)
        .CanFail(
            ImagesCodes.SessionNotFound,
            ImagesCodes.SystemBusy,
            ImagesCodes.InvalidParameter,
            ImagesCodes.FileTooLarge,
            ImagesCodes.InvalidLayerUpload);

    public async Task HandleAsync(HttpContext context, RegistryIdentity identity, RegistryPath path)
    {
        var target = await access.OpenForPushAsync(context, identity, path.Name, ImagesCodes.SaveLayerFailed);
        var by = Uploader.Of(target.Caller);
        var opened = await uploads.OpenAsync(path.Name, by, path.Reference, context.RequestAborted).FaultAs(ImagesCodes.InvalidLayerUpload);
        if (opened.Upload is not { } upload)
        {
            if (opened is { Problem: UploadProblem.Lost, Row: { } lost })
            {
                await uploads.ForgetLostAsync(lost, context.RequestAborted).FaultAs(ImagesCodes.InvalidLayerUpload);
            }

            throw UploadResponse.Refusal(opened.Problem, path.Reference);
        }

        await using (upload)
        {
            await ReceiveAsync(context, path, by, upload);
            if (!await upload.SaveAsync(CancellationToken.None).FaultAs(ImagesCodes.SaveLayerFailed))
            {
                throw await chunks.TakenAsync(path, by, context.RequestAborted);
            }

            UploadResponse.Progress(context.Response, StatusCodes.Status202Accepted, path.Name, upload.Id, upload.Length);
        }
    }

    private async Task ReceiveAsync(HttpContext context, RegistryPath path, Uploader by, BlobUpload upload)
    {
        ExceptionDispatchInfo broken;
        try
        {
            await chunks.ReadAsync(context.Request, path, by, upload, upload.Algorithm);
            return;
        }
        catch (ApiException fault) when (StoreBlob.IsLoss(fault))
        {
            // What was staged before went away after it was found: another request has ended the upload.
            throw await chunks.TakenAsync(path, by, context.RequestAborted);
        }
        catch (ApiException refused) when (refused.Status < 500 && refused.Status != StatusCodes.Status408RequestTimeout)
        {
            throw;
        }
#pragma warning disable CA1031 // Whatever ended the body, it is thrown again.
        catch (Exception e)
#pragma warning restore CA1031
        {
            broken = ExceptionDispatchInfo.Capture(e);
        }

        // What has arrived of a body that broke off is kept: its client may go on from there.
        try
        {
            await upload.SaveAsync(CancellationToken.None);
        }
        catch (StorageException)
        {
            // The fault that led here is the one to report; the row says what is there.
        }

        broken.Throw();
    }
}
