using Microsoft.AspNetCore.Http;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Oci.Tokens;
using Stagedoor.Images.Repositories;
using Stagedoor.Images.Uploads;

namespace Stagedoor.Images.Oci;

/// <summary><c>PUT /v2/{name}/blobs/uploads/{id}?digest=</c>: the end of an upload, perhaps with its last chunk.</summary>
/// <remarks>
/// It can be sent again after anything: the body counts only once the blob is stored, and a blob that is stored is answered as such, also when the
/// upload is over or its bytes have become the blob's just before a crash.
/// </remarks>
internal sealed class FinishUpload(RegistryAccess access, BlobUploads uploads, ChunkReader chunks, StoreBlob store) : IOciOperation
{
    public static void Map(OciRoutes routes) => routes
        .Map<FinishUpload>("PUT", "/v2/{name}/blobs/uploads/{session_id}", RegistryResource.Upload)
        .WithSummary("Finish an upload")
        .QueryParameter("digest", "The digest of the whole.", isRequired: true)
        .ReadsContent("application/octet-stream")
        .AnswersEmpty(201, "The blob is there.")
        .SendsHeader(201, "Docker-Content-Digest", "The digest of the blob.")
        .SendsHeader(201, "Location", "Where it is.")
        .OpensForPush()
        .MakesRepository()
        .FaultsAs(ImagesCodes.SaveLayerFailed)
        .CanFail(
            ImagesCodes.SessionNotFound,
            ImagesCodes.SystemBusy,
            ImagesCodes.InvalidDigest,
            ImagesCodes.InvalidParameter,
            ImagesCodes.FileTooLarge,
            ImagesCodes.CreateImagePathFailed,
            ImagesCodes.GetLayerFailed,
            ImagesCodes.InvalidLayerUpload);

    public async Task HandleAsync(HttpContext context, RegistryIdentity identity, RegistryPath path)
    {
        context.AuditAs("uploadLayer", "layer", $"{path.Name}@{context.Request.Query["digest"]}");
        var cancellationToken = context.RequestAborted;
        var target = await access.OpenForPushAsync(context, identity, path.Name, ImagesCodes.SaveLayerFailed);
        var digest = UploadResponse.Parse(context.Request.Query["digest"].ToString());
        var opened = await uploads.OpenAsync(path.Name, Uploader.Of(target.Caller), path.Reference, cancellationToken).FaultAs(ImagesCodes.InvalidLayerUpload);
        var isStored = opened.Upload is { } upload
            ? await FinishAsync(context, path, target, upload, digest)
            : opened.Problem is not UploadProblem.Busy && await WasStoredAsync(context, target, opened.Row, digest);
        if (!isStored)
        {
            throw UploadResponse.Refusal(opened.Problem, path.Reference);
        }

        UploadResponse.Created(context.Response, path.Name, digest);
    }

    private async Task<bool> FinishAsync(HttpContext context, RegistryPath path, PushTarget target, BlobUpload upload, Digest digest)
    {
        var cancellationToken = context.RequestAborted;
        await using (upload)
        {
            try
            {
                await chunks.ReadAsync(
                    context.Request, path, Uploader.Of(target.Caller), upload, upload.Length == 0 ? digest.Algorithm : upload.Algorithm);
                var computed = await upload.ComputeAsync(digest.Algorithm, cancellationToken).FaultAs(ImagesCodes.InvalidLayerUpload);
                if (computed != digest)
                {
                    await upload.DiscardAsync(CancellationToken.None).FaultAs(ImagesCodes.SaveLayerFailed);
                    throw RegistryError.DigestMismatch(digest.ToString(), computed.ToString());
                }

                await store.RunAsync(target, upload, digest, cancellationToken);
                return true;
            }
            catch (ApiException e) when (StoreBlob.IsLoss(e))
            {
                // Another request has ended the upload meanwhile, or somebody has cleaned up under it.
                return await store.RecoverAsync(target, upload.Row, digest, cancellationToken);
            }
        }
    }

    // The upload is over, or its bytes are gone: by this very request, sent before, or by something worse.
    private async Task<bool> WasStoredAsync(HttpContext context, PushTarget target, UploadRow? row, Digest digest)
    {
        var isStored = await store.RecoverAsync(target, row, digest, context.RequestAborted);
        if (isStored)
        {
            // A client that sends the content again wants to see it taken.
            await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
        }

        return isStored;
    }
}
