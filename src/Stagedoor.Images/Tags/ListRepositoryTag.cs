using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Access;
using Stagedoor.Images.Repositories;
using Stagedoor.Images.Requests;

namespace Stagedoor.Images.Tags;

/// <summary><c>GET /v3/manage/namespaces/{namespace}/repos/{repository}/tags</c>: the same list, page after page by a marker.</summary>
internal static class ListRepositoryTag
{
    private static readonly string[] s_keys = ["tag", "marker", "with_manifest"];

    /// <param name="Tags">The tags.</param>
    /// <param name="NextMarker">Where the next page begins; absent on the last one.</param>
    /// <param name="NextMarkerToo">The same under the name that Terraform pages by.</param>
    /// <param name="HasMore">Whether there is a next page.</param>
    internal sealed record Response(
        IReadOnlyList<TagView> Tags,
        [property: JsonPropertyName("nextMarker"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? NextMarker,
        [property: JsonPropertyName("next_marker"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? NextMarkerToo,
        bool HasMore);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/namespaces/{namespace}/repos/{repository}/tags", HandleAsync)
        .WithName(nameof(ListRepositoryTag))
        .WithSummary("List the tags of a repository by a marker")
        .QueryParameter("tag", "Only those whose name contains it.")
        .QueryParameter("limit", $"The most records to answer, {PageQuery.DefaultLimit} unless given, at most {PageQuery.MaxLimit}.", ParameterType.Number)
        .QueryParameter("marker", "nextMarker of the page before, in the same order.")
        .QueryParameter("order_column", $"What to order by: {string.Join(", ", TagOrder.Columns)}; needs order_type.")
        .QueryParameter("order_type", "asc or desc.")
        .QueryParameter("with_manifest", "true: with the manifests of the first tags, as many as 16 MiB hold.")
        .Answers<Response>(200, "The tags; nextMarker and next_marker, which are the same, unless it is the last page.")
        .Action("swr:repo:listRepoTags")
        .FaultsAs(ImagesCodes.ListTagsFailed)
        .CanFail(RepositoryGate.Refusals)
        .CanFail(ImageAddresses.Faults)
        .CanFail(
            ImagesCodes.InvalidPageSize,
            ImagesCodes.InvalidFilter,
            ImagesCodes.ParameterMissing,
            ImagesCodes.InvalidQueryParameter,
            ImagesCodes.GetManifestFailed);

    private static async Task<IResult> HandleAsync(
        string @namespace,
        string repository,
        HttpContext context,
        Caller caller,
        RepositoryGate gate,
        TagCatalog tags,
        ImageAddresses addresses,
        CancellationToken cancellationToken)
    {
        var query = PageQuery.Read(context.Request, s_keys, TagOrder.Columns);
        var order = TagOrder.Of(query);
        var marker = query["marker"] is { } text ? order.ReadMarker(text) : default(TagMarker?);
        var withManifest = ListRepositoryTags.ReadFlag("with_manifest", query["with_manifest"]);
        var opened = await gate.OpenAsync(@namespace, repository, caller, Rights.Read, cancellationToken);
        // One more tells whether there is a next page.
        var found = await tags.ListAfterAsync(opened.Id, new(query["tag"]), order, marker, query.Limit + 1, cancellationToken);
        var page = found.Take(query.Limit).ToList();
        var contents = await tags.ReadContentsAsync(opened.Id, page, withManifest, cancellationToken).FaultAs(ImagesCodes.GetManifestFailed);
        var hosts = await addresses.FindAsync(context);
        var next = found.Count > page.Count ? order.MarkerOf(page[^1]) : null;
        return TypedResults.Json(
            new Response(
                [.. page.Select(t => TagView.Of(opened, t, contents.GetValueOrDefault(t.Digest, TagContent.Missing), hosts))], next, next, next is not null),
            TagsJson.Wire.ListRepositoryTagResponse);
    }
}
