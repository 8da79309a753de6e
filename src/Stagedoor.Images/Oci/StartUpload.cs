using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Oci.Tokens;
using Stagedoor.Images.Repositories;
using Stagedoor.Images.Uploads;
using Stagedoor.Storage;

namespace Stagedoor.Images.Oci;

/// <summary><c>POST /v2/{name}/blobs/uploads/</c>: begins an upload, takes a whole blob, or mounts one from another repository.</summary>
internal sealed class StartUpload(
    RegistryAccess access, BlobUploads uploads, MountBlob mount, StoreBlob store, IdSource ids, IOptions<ImagesOptions> options) : IOciOperation
{
    public static void Map(OciRoutes routes) => routes
        .Map<StartUpload>("POST", "/v2/{name}/blobs/uploads/", RegistryResource.Uploads)
        .WithSummary("Start an upload")
        .QueryParameter("digest-algorithm", "The algorithm of the digest that will come: sha256 or sha512.")
        .QueryParameter("digest", "The digest, when the whole blob is in the body.")
        .QueryParameter("mount", "The digest of a blob of another repository.")
        .QueryParameter("from", "That repository.")
        .AnswersEmpty(201, "The blob is there.")
        .AnswersEmpty(202, "The upload has begun.")
        .SendsHeader(202, "Location", "Where the upload goes on.")
        .SendsHeader(202, "Range", "What has arrived so far.")
        .OpensForPush()
        .MakesRepository()
        .FaultsAs(ImagesCodes.SaveLayerFailed)
        .CanFail(
            ImagesCodes.InvalidDigest,
            ImagesCodes.InvalidParameter,
            ImagesCodes.FileTooLarge,
            ImagesCodes.TooManyRequests,
            ImagesCodes.TagQuotaExceeded,
            ImagesCodes.CreateImagePathFailed,
            ImagesCodes.GetLayerFailed,
            ImagesCodes.InvalidLayerUpload);

    public async Task HandleAsync(HttpContext context, RegistryIdentity identity, RegistryPath path)
    {
        var cancellationToken = context.RequestAborted;
        var query = context.Request.Query;
        if (query.ContainsKey("mount") || query.ContainsKey("digest"))
        {
            // Else it is a beginning only, and what matters is how it ends.
            context.AuditAs(query.ContainsKey("mount") ? "mountLayer" : "uploadLayer", "layer", $"{path.Name}@{query["mount"]}{query["digest"]}");
        }

        var target = await access.OpenForPushAsync(context, identity, path.Name, ImagesCodes.SaveLayerFailed);
        var announced = query["digest-algorithm"].ToString();
        if (announced is not ("" or BlobHash.Sha256 or BlobHash.Sha512))
        {
            throw RegistryError.InvalidDigest(announced);
        }

        await access.CheckRoomAsync(target, ImagesCodes.SaveLayerFailed, cancellationToken);
        if (query.TryGetValue("mount", out var wanted)
            && UploadResponse.Parse(wanted.ToString()) is var mounted
            && await mount.RunAsync(target, identity, mounted, query["from"].ToString(), cancellationToken))
        {
            UploadResponse.Created(context.Response, path.Name, mounted);
            return;
        }

        var id = ids.NewGuid().ToString("D");
        if (query.TryGetValue("digest", out var whole))
        {
            await TakeWholeAsync(context, path.Name, target, id, UploadResponse.Parse(whole.ToString()));
            return;
        }

        var limit = options.Value.MaxOpenUploads;
        if (!await BeganAsync(() => uploads.BeginAsync(
            id, path.Name, Uploader.Of(target.Caller), announced is "" ? BlobHash.Sha256 : announced, limit, cancellationToken)))
        {
            throw RegistryError.TooManyUploads(path.Name, limit);
        }

        UploadResponse.Progress(context.Response, StatusCodes.Status202Accepted, path.Name, id, 0);
    }

    private static async Task<T> BeganAsync<T>(Func<Task<T>> begin)
    {
        try
        {
            return await begin();
        }
        catch (StorageException fault)
        {
            throw new ApiException(fault.Fault is StorageFault.Full ? ImagesCodes.SaveLayerFailed : ImagesCodes.CreateImagePathFailed, inner: fault);
        }
    }

    private async Task TakeWholeAsync(HttpContext context, string name, PushTarget target, string id, Digest digest)
    {
        var cancellationToken = context.RequestAborted;
        var limit = options.Value.MaxBlobBytes;
        if (context.Request.ContentLength > limit)
        {
            throw RegistryError.BlobTooLarge(limit);
        }

        await using var upload = await BeganAsync(() => uploads.BeginWholeAsync(id, name, cancellationToken));
        var isStored = false;
        try
        {
            var copied = await upload.ReceiveAsync(context.Request.Body, digest.Algorithm, limit, cancellationToken).FaultAs(ImagesCodes.SaveLayerFailed);
            if (copied is not { IsOver: false })
            {
                throw RegistryError.BlobTooLarge(limit);
            }

            var computed = await upload.ComputeAsync(digest.Algorithm, cancellationToken).FaultAs(ImagesCodes.SaveLayerFailed);
            if (computed != digest)
            {
                throw RegistryError.DigestMismatch(digest.ToString(), computed.ToString());
            }

            await store.RunAsync(target, upload, digest, cancellationToken);
            isStored = true;
        }
        finally
        {
            if (!isStored)
            {
                await upload.AbortAsync().FaultAs(ImagesCodes.SaveLayerFailed);
            }
        }

        UploadResponse.Created(context.Response, name, digest);
    }
}
