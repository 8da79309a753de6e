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

/// <summary><c>GET /v2/manage/namespaces/{namespace}/repos/{repository}/{tag}/references</c>: the tags of the image that a signature is of.</summary>
internal static class ListReferences
{
    private const int MaxLimit = 10;
    private static readonly string[] s_keys = ["marker"];

    internal sealed record Response(string NextMarker, bool HasMore, IReadOnlyList<string> Tags);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/namespaces/{namespace}/repos/{repository}/{tag}/references", HandleAsync)
        .WithName(nameof(ListReferences))
        .WithSummary("List the tags of the image that a signature is of")
        .QueryParameter("limit", $"The most tags to answer, {MaxLimit} unless given, and no more.", ParameterType.Number)
        .QueryParameter("marker", "next_marker of the page before.")
        .Answers<Response>(200, "The tags, in order; next_marker is empty on the last page.")
        .Action("swr:repo:listReferences")
        .FaultsAs(ImagesCodes.ListTagsFailed)
        .CanFail(RepositoryGate.Refusals)
        .CanFail(
            ImagesCodes.InvalidPageSize,
            ImagesCodes.InvalidFilter,
            ImagesCodes.ParameterMissing,
            ImagesCodes.InvalidQueryParameter,
            ImagesCodes.InvalidVersion,
            ImagesCodes.TagNotFound);

    private static async Task<IResult> HandleAsync(
        string @namespace,
        string repository,
        string tag,
        HttpContext context,
        Caller caller,
        RepositoryGate gate,
        AccessoryStore accessories,
        CancellationToken cancellationToken)
    {
        var query = PageQuery.Read(context.Request, s_keys);
        var last = query["marker"] is { } marker ? new TagOrder(IsByName: true, IsAscending: true).ReadMarker(marker).Name : "";
        var opened = await gate.OpenAsync(@namespace, repository, caller, Rights.Read, cancellationToken);
        var limit = query.LimitOf(MaxLimit, MaxLimit);
        if (await accessories.ListTargetsAsync(opened.Id, tag, last, limit + 1, cancellationToken) is not { } found)
        {
            return ImagesError.TagNotFound(@namespace, repository, tag);
        }

        var page = found.Take(limit).ToList();
        var hasMore = found.Count > limit;
        return TypedResults.Json(new Response(hasMore ? page[^1] : "", hasMore, page), TagsJson.Wire.ListReferencesResponse);
    }
}
