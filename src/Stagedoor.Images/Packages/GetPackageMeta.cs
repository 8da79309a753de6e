using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Images.Packages;

/// <summary><c>GET P/repositories/{repository}/meta</c>: the meta file of a repository. Of a public one everybody sees what packages there are.</summary>
internal static class GetPackageMeta
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/repositories/{repository}/meta", HandleAsync)
        .WithName(nameof(GetPackageMeta))
        .WithSummary("Get the list of everything that is in a repository of packages")
        .HeaderParameter("If-None-Match", "The ETag of what the caller has.")
        .AnswersContent(200, "application/json", "The file meta.json.")
        .AnswersEmpty(304, "The caller has it already.")
        .SendsHeader(200, "ETag", "The SHA-256 of the file, in quotes.")
        .Action("swr:packageRepository:getMeta")
        .FaultsAs(ImagesCodes.ParseJsonFileFailed)
        .OpensPackage()
        .CanFail(ImagesCodes.SyncMetaFileFailed, ImagesCodes.ObjectStorageUnavailable);

    private static async Task HandleAsync(
        HttpContext context, CallerSlot slot, PackageAccess access, PackageMeta meta, PackageContent content, CancellationToken cancellationToken)
    {
        var path = PackagePath.Of(context);
        var place = await access.OpenForReadingAsync(path, slot.Caller, cancellationToken);
        var row = await meta.RefreshAsync(place.RepositoryId, cancellationToken) ?? throw ImagesError.PackageNotFound(path);
        var digest = Digest.Parse(row.Digest);
        // Its bytes are read before they are sent: what is not the JSON that was written is no list of anything.
        if (!await content.HoldsAsync(digest, row.Size, cancellationToken).BytesFaultAs(ImagesCodes.ParseJsonFileFailed, ImagesCodes.ParseJsonFileFailed))
        {
            throw Damaged(path);
        }

        context.Response.Headers.ETag = $"\"{digest.Hex}\"";
        if (context.Request.Headers.IfNoneMatch is { Count: > 0 } tags && EntityTags.Match(tags.ToString(), digest.Hex))
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        await using var stored = await content.OpenAsync(digest, 0, row.Size, cancellationToken)
            .BytesFaultAs(ImagesCodes.ParseJsonFileFailed, ImagesCodes.ParseJsonFileFailed) ?? throw Damaged(path);
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = row.Size;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await BlobResponse.SendAsync(stored, context.Response, cancellationToken);
        }
    }

    private static ApiException Damaged(PackagePath path) =>
        new(ImagesCodes.ParseJsonFileFailed, $"{path}; its meta.json is gone or is not what was written");
}
