using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Repositories;
using Stagedoor.Images.Requests;

namespace Stagedoor.Images.Hub;

/// <summary><c>GET /v2/manage/hub/lists/{list}</c></summary>
internal static class ListHubListImages
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/hub/lists/{list}", HandleAsync)
        .WithName(nameof(ListHubListImages))
        .WithSummary("Show a list of the image center")
        .Pages()
        .Answers<IReadOnlyList<RepositoryListItem>>(200, "The repositories on it.")
        .Action("swr:hub:showList")
        .FaultsAs(ImagesCodes.GetImageResourceFailed)
        .CanFail(ImageAddresses.Faults)
        .CanFail(ImagesCodes.ImageListNotFound);

    private static async Task<IResult> HandleAsync(string list, HttpContext context, HubLists lists, HubPages pages, CancellationToken cancellationToken)
    {
        var query = PageQuery.Read(context.Request, []);
        if (!HubLists.IsValidName(list) || !await lists.ExistsAsync(list, cancellationToken))
        {
            return ImagesError.ImageListNotFound(list);
        }

        return await pages.AnswerAsync(context, query, await lists.ListAsync(list, query.Offset, query.Limit, cancellationToken), cancellationToken);
    }
}
