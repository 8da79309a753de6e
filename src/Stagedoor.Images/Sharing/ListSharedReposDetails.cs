using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Repositories;
using Stagedoor.Images.Requests;

namespace Stagedoor.Images.Sharing;

/// <summary><c>GET /v2/manage/shared-repositories</c>: what the account shares with others, or others with it.</summary>
internal static class ListSharedReposDetails
{
    private static readonly string[] s_keys = ["center", "domain_name", "namespace", "name"];

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/shared-repositories", HandleAsync)
        .WithName(nameof(ListSharedReposDetails))
        .WithSummary("List the shared repositories")
        .QueryParameter("center", "self: those that the account shares with others; thirdparty: those that others share with it. Required, here or in filter.")
        .QueryParameter("domain_name", "Only those that are shared with this account, or by it.")
        .QueryParameter("namespace", "Only those of this organization; in filter, of those whose name contains it.")
        .QueryParameter("name", "Only those whose name contains it.")
        .Pages(RepositoryOrder.Columns)
        .Answers<IReadOnlyList<RepositoryListItem>>(200, "The repositories; status tells whether the deadline is still to come.")
        .Action("swr:repo:listSharedRepos")
        .FaultsAs(ImagesCodes.ListImagesFailed)
        .CanFail(ImageAddresses.Faults)
        .CanFail(ImagesCodes.InvalidOrganizationName, ImagesCodes.InvalidParameter);

    private static async Task<IResult> HandleAsync(
        HttpContext context, Caller caller, RepositoryCatalog catalog, ImageAddresses addresses, TimeProvider clock, CancellationToken cancellationToken)
    {
        var query = PageQuery.Read(context.Request, s_keys, RepositoryOrder.Columns);
        var fromOthers = SharedFilter.ReadFromOthers("center", query["center"]);
        var account = query["domain_name"];
        if (account is not null && !AccountName.IsValid(account))
        {
            return ImagesError.InvalidParameter("domain_name is 1-64 of letters, digits, '_' and '-'");
        }

        var filter = ListReposDetails.ReadNames(query, context.Request) with
        {
            Shared = new(fromOthers, account, null, clock.GetUtcNow().ToUnixTimeMilliseconds()),
        };
        var (total, page) = await catalog.ListAsync(
            caller, filter, RepositoryOrder.Of(query.OrderColumn, query.IsAscending), query.Offset, query.Limit, cancellationToken);
        var tags = await catalog.ListTagsAsync(page, cancellationToken);
        var hosts = await addresses.FindAsync(context);
        query.SetRange(context.Response, page.Count, total);
        return TypedResults.Json(
            (IReadOnlyList<RepositoryListItem>)
            [
                .. page.Select(r => ListReposDetails.Item(r.AsSeenFrom(fromOthers), hosts, IsHidden(r, fromOthers) ? [] : [.. tags[r.Id]], total, r.IsShared == 1)),
            ],
            ImagesJson.Wire.IReadOnlyListRepositoryListItem);
    }

    /// <summary>The repository as its list may show it: of one that is not shared any more, another account sees that it was.</summary>
    public static RepositoryDetails AsSeenFrom(this RepositoryDetails repository, bool fromOthers) => IsHidden(repository, fromOthers)
        ? repository with { Description = "", Size = 0, NumImages = 0, NumDownload = 0, UpdatedAt = repository.CreatedAt }
        : repository;

    private static bool IsHidden(RepositoryDetails repository, bool fromOthers) => fromOthers && repository is { IsShared: 0, IsPublic: 0 };
}
