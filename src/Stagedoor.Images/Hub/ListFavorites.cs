using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Repositories;
using Stagedoor.Images.Requests;

namespace Stagedoor.Images.Hub;

/// <summary><c>GET /v2/manage/hub/favorites</c></summary>
internal static class ListFavorites
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/hub/favorites", HandleAsync)
        .WithName(nameof(ListFavorites))
        .WithSummary("List the own favorites")
        .Pages()
        .Answers<IReadOnlyList<RepositoryListItem>>(200, "The repositories.")
        .Action("swr:hub:listFavorites")
        .FaultsAs(ImagesCodes.ListFailed)
        .CanFail(ImageAddresses.Faults);

    private static async Task<IResult> HandleAsync(HttpContext context, Caller caller, Favorites favorites, HubPages pages, CancellationToken cancellationToken)
    {
        var query = PageQuery.Read(context.Request, []);
        var found = await favorites.ListAsync(caller.UserId, query.Offset, query.Limit, cancellationToken);
        return await pages.AnswerAsync(context, query, found, cancellationToken);
    }
}
