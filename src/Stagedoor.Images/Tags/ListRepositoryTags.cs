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

/// <summary><c>GET /v2/manage/namespaces/{namespace}/repos/{repository}/tags</c></summary>
internal static class ListRepositoryTags
{
    private static readonly string[] s_keys = ["tag", "deleted"];

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/namespaces/{namespace}/repos/{repository}/tags", HandleAsync)
        .WithName(nameof(ListRepositoryTags))
        .WithSummary("List the tags of a repository")
        .QueryParameter("tag", "Only those whose name contains it.")
        .QueryParameter("deleted", "true: those that were deleted and can be restored, and no others.")
        .Pages(TagOrder.Columns)
        .Answers<IReadOnlyList<TagItem>>(200, "The tags; the manifests of the first ones, as many as 16 MiB hold.")
        .Action("swr:repo:listRepoTags")
        .FaultsAs(ImagesCodes.ListTagsFailed)
        .CanFail(RepositoryGate.Refusals)
        .CanFail(ImageAddresses.Faults)
        .CanFail(ImagesCodes.GetManifestFailed);

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
        var filter = new TagFilter(query["tag"], ReadFlag("deleted", query["deleted"]));
        var opened = filter.AreDeleted
            ? await gate.OpenForOwnAccountAsync(@namespace, repository, caller, cancellationToken)
            : await gate.OpenAsync(@namespace, repository, caller, Rights.Read, cancellationToken);
        var page = await tags.ListAsync(opened.Id, filter, TagOrder.Of(query), query.Offset, query.Limit, cancellationToken);
        var total = page.Count > 0 && page.Count < query.Limit ? query.Offset + page.Count
            : query.IsRange ? await tags.CountAsync(opened.Id, filter, cancellationToken)
            : 0;
        var contents = await tags.ReadContentsAsync(opened.Id, page, withText: true, cancellationToken).FaultAs(ImagesCodes.GetManifestFailed);
        var hosts = await addresses.FindAsync(context);
        query.SetRange(context.Response, page.Count, total);
        return TypedResults.Json(
            (IReadOnlyList<TagItem>)[.. page.Select(t => TagItem.Of(opened, t, contents.GetValueOrDefault(t.Digest, TagContent.Missing), hosts))],
            TagsJson.Wire.IReadOnlyListTagItem);
    }

    /// <summary>A flag of a query, which is off where it is absent.</summary>
    /// <exception cref="ApiException">It is neither true nor false.</exception>
    public static bool ReadFlag(string name, string? text) => text switch
    {
        null or "" or "false" => false,
        "true" => true,
        _ => throw ImagesError.InvalidQueryParameter(name, Text.Cut(Text.Repair(text), 100), "true, false"),
    };
}
