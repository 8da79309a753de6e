using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Images.Packages;

/// <summary><c>GET</c> and <c>HEAD …/versions/{version}/file_paths/{file}</c></summary>
internal sealed class DownloadPackageFile(PackageAccess access, PackageFileStore files, PackageContent content, PackageDownloads downloads, IOptions<PackageOptions> options)
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapMethods(
            "/repositories/{repository}/packages/{package}/versions/{version}/file_paths/{file}",
            ["GET", "HEAD"],
            static (HttpContext context, CallerSlot slot, DownloadPackageFile download) => download.HandleAsync(context, slot))
        .WithName(nameof(DownloadPackageFile))
        .WithSummary("Download a file of a version, or a part of it")
        .HeaderParameter("Range", "The part that is wanted, as bytes=0-99.")
        .HeaderParameter("If-None-Match", "The ETag of what the caller has.")
        .HeaderParameter("If-Range", "The ETag of what the caller has a part of.")
        .AnswersContent(200, "application/octet-stream", "The file.")
        .AnswersContent(206, "application/octet-stream", "The part of it that Range names.")
        .AnswersEmpty(304, "The caller has it already.")
        .SendsHeader(200, "ETag", "The SHA-256 of the file, in quotes.")
        .Action("swr:package:downloadFile")
        .AuditsItself()
        .FaultsAs(ImagesCodes.GetFailed, ImagesCodes.StagedFileMissing)
        .OpensPackage()
        .CanFail(ImagesCodes.InvalidParameter, ImagesCodes.ObjectStorageUnavailable);

    private async Task HandleAsync(HttpContext context, CallerSlot slot)
    {
        var cancellationToken = context.RequestAborted;
        var path = PackagePath.Of(context);
        var isHead = HttpMethods.IsHead(context.Request.Method);
        if (options.Value.AuditDownloads && !isHead)
        {
            context.AuditAs("downloadFile", "packageFile", path.File);
        }

        var place = await access.OpenForReadingAsync(path, slot.Caller, cancellationToken);
        if (await files.FindAsync(place.VersionId, path.File!, cancellationToken) is not { } file)
        {
            throw ImagesError.PackageNotFound(path);
        }

        var digest = Digest.Parse(file.Digest);
        await CheckAsync(place, path, digest, cancellationToken);
        var headers = context.Response.Headers;
        headers.AcceptRanges = "bytes";
        headers.ETag = $"\"{digest.Hex}\"";
        if (context.Request.Headers.IfNoneMatch is { Count: > 0 } tags && EntityTags.Match(tags.ToString(), digest.Hex))
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        context.Response.ContentType = "application/octet-stream";
        headers.XContentTypeOptions = "nosniff";
        headers.ContentDisposition = $"attachment; filename=\"{file.Name}\"";
        await SendAsync(context, file, digest, isHead);
        if (!isHead)
        {
            downloads.Count(place.PackageId);
        }
    }

    // A part is asked for on condition that it is one of what the client has (RFC 9110 section 13.1.5). A date is none of ours.
    private static string RangeOf(HttpRequest request, Digest digest)
    {
        var condition = request.Headers.IfRange.ToString();
        return condition.Length == 0 || EntityTags.MatchStrongly(condition, digest.Hex) ? request.Headers.Range.ToString() : "";
    }

    private async Task CheckAsync(PackagePlace place, PackagePath path, Digest digest, CancellationToken cancellationToken)
    {
        var blob = await content.FindAsync(place.RepositoryId, digest, cancellationToken)
            ?? throw ImagesError.PackageFileGone(path.File!, "nothing is recorded of its bytes");
        if (!await content.IsIntactAsync(digest, blob, cancellationToken).BytesFaultAs(ImagesCodes.StagedFileMissing, ImagesCodes.GetFailed))
        {
            throw ImagesError.PackageFileGone(path.File!, "the stored bytes are not those of the upload; upload the file again");
        }
    }

    private async Task SendAsync(HttpContext context, PackageFileRow file, Digest digest, bool isHead)
    {
        var cancellationToken = context.RequestAborted;
        var range = ByteRange.Parse(isHead ? "" : RangeOf(context.Request, digest), file.Size);
        if (range.Kind is RangeKind.Unsatisfiable)
        {
            throw ImagesError.RangeNotSatisfiable(file.Size);
        }

        if (isHead)
        {
            context.Response.ContentLength = await content.FindSizeAsync(digest, cancellationToken).BytesFaultAs(ImagesCodes.StagedFileMissing, ImagesCodes.GetFailed) == file.Size
                ? file.Size
                : throw Gone(file);
            return;
        }

        await using var stored = await content.OpenAsync(digest, range.Offset, range.Length, cancellationToken)
            .BytesFaultAs(ImagesCodes.StagedFileMissing, ImagesCodes.GetFailed) ?? throw Gone(file);
        if (stored.Size != file.Size)
        {
            throw Gone(file);
        }

        context.Response.ContentLength = range.Length;
        if (range.Kind is RangeKind.Part)
        {
            context.Response.StatusCode = StatusCodes.Status206PartialContent;
            context.Response.Headers.ContentRange = string.Create(
                CultureInfo.InvariantCulture, $"bytes {range.Offset}-{range.Offset + range.Length - 1}/{file.Size}");
        }

        await BlobResponse.SendAsync(stored, context.Response, cancellationToken);
    }

    private static ApiException Gone(PackageFileRow file) => ImagesError.PackageFileGone(file.Name, "its bytes are not in the store; upload the file again");
}
