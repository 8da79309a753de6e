using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Images.Oci;

namespace Stagedoor.Images.Uploads;

/// <summary>Takes the body of a <c>PATCH</c> or <c>PUT</c> of an upload behind what is there.</summary>
internal sealed class ChunkReader(BlobUploads uploads, IOptions<ImagesOptions> options)
{
    /// <summary>Appends the body. Nothing of it counts yet.</summary>
    /// <param name="request">The request.</param>
    /// <param name="path">What it addresses.</param>
    /// <param name="by">Who sends it.</param>
    /// <param name="upload">The upload, which the request holds.</param>
    /// <param name="algorithm">The hash function that the digest will probably be of.</param>
    /// <exception cref="ApiException">The chunk is out of order, too large or not as long as it says, or another request has gone first.</exception>
    public async Task ReadAsync(HttpRequest request, RegistryPath path, Uploader by, BlobUpload upload, string algorithm)
    {
        var before = upload.Length;
        var declared = DeclaredLength(request, path, before);
        var largest = options.Value.MaxBlobBytes;
        var limit = largest - before;
        if (request.ContentLength > limit)
        {
            throw RegistryError.BlobTooLarge(largest);
        }

        var copied = await upload.ReceiveAsync(request.Body, algorithm, Math.Min(limit, declared ?? long.MaxValue), request.HttpContext.RequestAborted)
            .FaultAs(ImagesCodes.SaveLayerFailed);
        if (copied is not { } all)
        {
            throw await TakenAsync(path, by, request.HttpContext.RequestAborted);
        }

        if (all.IsOver && declared is null)
        {
            throw RegistryError.BlobTooLarge(largest);
        }

        if (declared is { } length && (all.IsOver || all.Length != length))
        {
            throw RegistryError.SizeInvalid(length, all.Length);
        }
    }

    /// <summary>Another request wrote while this one did: the client is told where the upload stands, and that it is over when it is.</summary>
    public async Task<ApiException> TakenAsync(RegistryPath path, Uploader by, CancellationToken cancellationToken) =>
        await uploads.FindAsync(path.Name, by, path.Reference, cancellationToken).FaultAs(ImagesCodes.InvalidLayerUpload) is { } row
            ? RegistryError.ChunkOutOfOrder(UploadResponse.Location(path.Name, row.Id), row.Id, row.Received)
            : RegistryError.UploadUnknown(path.Reference);

    // How long the chunk is by its range; null when it has none.
    private static long? DeclaredLength(HttpRequest request, RegistryPath path, long before)
    {
        // An empty last chunk cannot be expressed as a range; some clients send one that ends before it begins.
        if (request.Headers.ContentRange.Count == 0 || request.ContentLength is 0)
        {
            return null;
        }

        if (!ChunkRange.TryParse(request.Headers.ContentRange.ToString(), out var chunk) || chunk.First != before)
        {
            throw RegistryError.ChunkOutOfOrder(UploadResponse.Location(path.Name, path.Reference), path.Reference, before);
        }

        return request.ContentLength is { } sent && sent != chunk.Length ? throw RegistryError.SizeInvalid(chunk.Length, sent) : chunk.Length;
    }
}
