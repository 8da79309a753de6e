using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Repositories;
using Stagedoor.Images.Requests;

namespace Stagedoor.Images.Sharing;

/// <summary><c>GET /v3/manage/shared-repositories</c>: the same list, page after page by a marker.</summary>
internal static class ListSharedRepoDetails
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/shared-repositories", HandleAsync)
        .WithName(nameof(ListSharedRepoDetails))
        .WithSummary("List the shared repositories by a marker")
        .QueryParameter("shared_by", "self: those that the account shares with others; thirdparty: those that others share with it. Required.")
        .QueryParameter("namespace", "Only those of this organization.")
        .QueryParameter("name", "Only those whose name contains it.")
        .QueryParameter("status", "Only those whose deadline is still to come, or only others: true or false.")
        .QueryParameter("limit", $"The most records to answer, {PageQuery.DefaultLimit} unless given, at most {PageQuery.MaxLimit}.", ParameterType.Number)
        .QueryParameter("marker", "nextMarker of the page before.", ParameterType.Number)
        .Answers<ListRepoDetails.Response>(200, "The repositories; nextMarker unless it is the last page.")
        .Action("swr:repo:listSharedRepos")
        .FaultsAs(ImagesCodes.ListImagesFailed)
        .CanFail(
            ImagesCodes.InvalidPageSize,
            ImagesCodes.ParameterMissing,
            ImagesCodes.InvalidQueryParameter,
            ImagesCodes.InvalidOrganizationName,
            ImagesCodes.InvalidParameter);

    private static async Task<IResult> HandleAsync(
        [FromQuery(Name = "shared_by")] string? sharedBy,
        string? @namespace,
        string? name,
        string? status,
        string? limit,
        string? marker,
        Caller caller,
        RepositoryCatalog catalog,
        TimeProvider clock,
        CancellationToken cancellationToken)
    {
        var page = ListRepoDetails.ReadPage(limit, marker);
        var fromOthers = SharedFilter.ReadFromOthers("shared_by", sharedBy);
        var isValid = status switch
        {
            null or "" => (bool?)null,
            "true" => true,
            "false" => false,
            _ => throw ImagesError.InvalidQueryParameter("status", status, "true, false"),
        };
        var filter = ListRepoDetails.ReadNames(@namespace, name) with
        {
            Shared = new(fromOthers, null, isValid, clock.GetUtcNow().ToUnixTimeMilliseconds()),
        };
        var found = await catalog.ListAfterAsync(caller, filter, page.After, page.Count + 1, cancellationToken);
        return TypedResults.Json(
            ListRepoDetails.Answer(found, page.Count, r => ListRepoDetails.Item.Of(r.AsSeenFrom(fromOthers), r.IsShared == 1)), ImagesJson.Wire.ListRepoDetailsResponse);
    }
}
