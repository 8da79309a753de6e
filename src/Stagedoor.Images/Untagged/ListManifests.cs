using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Repositories;
using Stagedoor.Images.Requests;

namespace Stagedoor.Images.Untagged;

/// <summary>
/// <c>GET /v2/manage/namespaces/{namespace}/repos/{repository}/manifests</c>: manifests by their digests; those that nothing keeps, with when they go. The
/// original service has no such list, and nothing else finds them.
/// </summary>
internal static class ListManifests
{
    private static readonly string[] s_keys = ["untagged"];

    /// <param name="Digest">Its digest.</param>
    /// <param name="MediaType">Its type.</param>
    /// <param name="Size">The bytes of its configuration and layers, or of what an index refers to.</param>
    /// <param name="PushedAt">When it was pushed first.</param>
    /// <param name="PulledAt">When it was last asked for, to the hour; null when that is not known.</param>
    /// <param name="Untagged">Whether nothing keeps it.</param>
    /// <param name="UntaggedSince">When a collection first saw that; null when none has yet.</param>
    /// <param name="RemovedAfter">When it goes unless somebody tags or pulls it; null when it does not.</param>
    internal sealed record Item(
        string Digest, string MediaType, long Size, string PushedAt, string? PulledAt, bool Untagged, string? UntaggedSince, string? RemovedAfter);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/namespaces/{namespace}/repos/{repository}/manifests", HandleAsync)
        .WithName(nameof(ListManifests))
        .WithSummary("List the manifests of a repository, or those that nothing keeps")
        .QueryParameter("untagged", "true: only those that no tag, index or subject keeps.")
        .Pages()
        .SpeaksJson(UntaggedJson.Wire)
        .Answers<IReadOnlyList<Item>>(200, "The manifests, in the order of their digests.")
        .Action("swr:repo:listManifests")
        .FaultsAs(ImagesCodes.GetImageFailed)
        .CanFail(RepositoryGate.Refusals);

    private static async Task<IResult> HandleAsync(
        string @namespace,
        string repository,
        HttpContext context,
        Caller caller,
        RepositoryGate gate,
        ManifestList list,
        IOptions<ImagesOptions> options,
        CancellationToken cancellationToken)
    {
        var query = PageQuery.Read(context.Request, s_keys);
        var untagged = query["untagged"] switch
        {
            null or "false" => false,
            "true" => true,
            var other => throw ImagesError.InvalidQueryParameter("untagged", other, "true, false"),
        };
        var opened = await gate.OpenForOwnAccountAsync(@namespace, repository, caller, cancellationToken);
        var page = await list.ListAsync(opened.Id, untagged, query.Offset, query.Limit, cancellationToken);
        if (query.IsRange)
        {
            query.SetRange(context.Response, page.Count, await list.CountAsync(opened.Id, untagged, cancellationToken));
        }

        var days = options.Value.Collector.UntaggedDays;
        return TypedResults.Json((IReadOnlyList<Item>)[.. page.Select(m => View(m, days))], UntaggedJson.Wire.IReadOnlyListItem);
    }

    private static Item View(ManifestFacts manifest, int days)
    {
        var untagged = manifest.IsUnneeded == 1;
        var since = untagged ? manifest.Since : null;
        var rest = Math.Max(Math.Max(since ?? manifest.Now, manifest.PulledAt ?? 0), manifest.CreatedAt);
        return new(
            manifest.Digest,
            manifest.MediaType,
            manifest.TotalSize,
            WireTime.Of(manifest.CreatedAt),
            WireTime.Of(manifest.PulledAt),
            untagged,
            WireTime.Of(since),
            untagged && days > 0 ? WireTime.Of(rest + (long)(TimeSpan.FromDays(days) + ManifestPulls.Grain).TotalMilliseconds) : null);
    }
}
