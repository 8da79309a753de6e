using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Access;
using Stagedoor.Images.Oci.Tokens;
using Stagedoor.Images.Overview;
using Stagedoor.Images.Repositories;

namespace Stagedoor.Images.Oci;

/// <summary><c>GET</c> and <c>HEAD /v2/{name}/blobs/{digest}</c></summary>
internal sealed class PullBlob(RegistryAccess access, RegistryCache cache, BlobLinks links, BlobCheck check, ContentStore content, TrafficCounter traffic)
    : IOciOperation
{
    private static readonly StringValues s_octets = "application/octet-stream";
    private static readonly StringValues s_bytes = "bytes";

    private readonly SharedReads<(long RepositoryId, Digest Digest), BlobRow?> _reads = new();

    public static void Map(OciRoutes routes) => routes
        .Map<PullBlob>("GET,HEAD", "/v2/{name}/blobs/{digest}", RegistryResource.Blob)
        .WithSummary("Pull a blob")
        .AnswersContent(200, "application/octet-stream", "The blob.")
        .AnswersContent(206, "application/octet-stream", "The part of it that Range names.")
        .AnswersEmpty(304, "The caller has it already.")
        .OpensRepository()
        .IsProbed(HttpMethods.Head, ImagesCodes.BlobNotFound, ImagesCodes.ImageNotFound)
        .FaultsAs(ImagesCodes.GetLayerFailed)
        .CanFail(
            ImagesCodes.ImageNotFound,
            ImagesCodes.InvalidDigest,
            ImagesCodes.BlobNotFound,
            ImagesCodes.InvalidLayer,
            ImagesCodes.InvalidParameter);

    public async Task HandleAsync(HttpContext context, RegistryIdentity identity, RegistryPath path)
    {
        var cancellationToken = context.RequestAborted;
        var isHead = HttpMethods.IsHead(context.Request.Method);
        // Whoever pushes asks first what is there.
        var state = await access.OpenAsync(context, identity, path.Name, Rights.Read, ImagesCodes.GetLayerFailed, orPush: isHead);
        if (state.Repository is not { } repository)
        {
            throw RegistryError.RepositoryUnknown(path.Name);
        }

        if (!Digest.TryParse(path.Reference, out var digest))
        {
            throw RegistryError.InvalidDigest(path.Reference);
        }

        var row = await FindAsync(repository.Id, digest, cancellationToken);
        if (row is null)
        {
            await RegistryError.BlobUnknown(path.Reference).ExecuteAsync(context);
            return;
        }

        if (!await check.IsIntactAsync(digest, row, cancellationToken))
        {
            throw Invalid(digest, "its bytes are not those of the digest");
        }

        if (isHead && !await links.RenewLeaseAsync(repository.Id, digest, row, cancellationToken).FaultAs(ImagesCodes.GetLayerFailed))
        {
            cache.ForgetBlob(repository.Id, digest);
            await RegistryError.BlobUnknown(path.Reference).ExecuteAsync(context);
            return;
        }

        SetHeaders(context.Response, path.Reference);
        var tag = context.Request.Headers.IfNoneMatch;
        if (tag.Count > 0 && EntityTags.Match(tag.ToString(), path.Reference))
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        if (isHead)
        {
            await AnswerHeadAsync(context, digest, row, cancellationToken);
        }
        else
        {
            await AnswerGetAsync(context, state.Organization.DomainId, digest, row, cancellationToken);
        }
    }

    private static void SetHeaders(HttpResponse response, string digest)
    {
        var headers = response.Headers;
        headers.ContentType = s_octets;
        headers.AcceptRanges = s_bytes;
        headers.ETag = $"\"{digest}\"";
        headers["Docker-Content-Digest"] = digest;
        headers["Docker-Distribution-Api-Version"] = RegistryEndpoints.Version;
    }

    private static ApiException Invalid(Digest digest, string problem) => new(ImagesCodes.InvalidLayer)
    {
        Facts = [new("digest", digest.ToString()), new("problem", problem)],
    };

    private static ApiException Gone(Digest digest) => new(ImagesCodes.GetLayerFailed)
    {
        Facts = [new("digest", digest.ToString()), new("problem", "its bytes are not in the store")],
    };

    private async ValueTask<BlobRow?> FindAsync(long repositoryId, Digest digest, CancellationToken cancellationToken)
    {
        if (cache.FindBlob(repositoryId, digest) is { } known)
        {
            return known;
        }

        var read = cache.BeginBlob();
        var row = await _reads.ReadAsync((repositoryId, digest), stop => links.FindAsync(repositoryId, digest, stop), cancellationToken).FaultAs(ImagesCodes.GetLayerFailed);
        if (row is not null)
        {
            cache.Keep(repositoryId, digest, row, read);
        }

        return row;
    }

    private async Task AnswerHeadAsync(HttpContext context, Digest digest, BlobRow row, CancellationToken cancellationToken)
    {
        var size = await content.Blobs.FindSizeAsync(content.Keys.Of(digest), cancellationToken).FaultAs(ImagesCodes.GetLayerFailed) ?? throw Gone(digest);
        context.Response.ContentLength = size == row.Size ? size : throw Invalid(digest, $"{size} bytes are stored of {row.Size}");
    }

    private async Task AnswerGetAsync(HttpContext context, string domainId, Digest digest, BlobRow row, CancellationToken cancellationToken)
    {
        var response = context.Response;
        var range = ByteRange.Parse(RangeOf(context.Request, digest), row.Size);
        if (range.Kind is RangeKind.Unsatisfiable)
        {
            throw RegistryError.RangeNotSatisfiable(row.Size);
        }

        await using var stored = await content.Blobs.OpenAsync(content.Keys.Of(digest), range.Offset, range.Length, cancellationToken)
            .FaultAs(ImagesCodes.GetLayerFailed) ?? throw Gone(digest);
        if (stored.Size != row.Size)
        {
            throw Invalid(digest, $"{stored.Size} bytes are stored of {row.Size}");
        }

        response.ContentLength = range.Length;
        if (range.Kind is RangeKind.Part)
        {
            response.StatusCode = StatusCodes.Status206PartialContent;
            response.Headers.ContentRange = string.Create(
                CultureInfo.InvariantCulture, $"bytes {range.Offset}-{range.Offset + range.Length - 1}/{row.Size}");
        }

        await BlobResponse.SendAsync(stored, response, cancellationToken);
        traffic.Add(domainId, range.Length);
    }

    // A part is asked for on condition that it is one of what the client has (RFC 9110 section 13.1.5). A date is none of ours.
    private static string RangeOf(HttpRequest request, Digest digest)
    {
        var condition = request.Headers.IfRange.ToString();
        return condition.Length == 0 || EntityTags.MatchStrongly(condition, digest.ToString()) ? request.Headers.Range.ToString() : "";
    }
}
