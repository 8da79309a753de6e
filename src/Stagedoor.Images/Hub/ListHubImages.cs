using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Repositories;
using Stagedoor.Images.Requests;

namespace Stagedoor.Images.Hub;

/// <summary><c>GET /v2/manage/hub/images</c>: the public repositories of all accounts.</summary>
internal static class ListHubImages
{
    private static readonly string[] s_keys = ["name", "category"];

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/hub/images", HandleAsync)
        .WithName(nameof(ListHubImages))
        .WithSummary("List the public repositories of all accounts")
        .QueryParameter("name", "Only those whose name, with that of their organization, contains it.")
        .QueryParameter("category", "Only those of this category.")
        .Pages()
        .Answers<IReadOnlyList<RepositoryListItem>>(200, "The repositories.")
        .Action("swr:hub:listImages")
        .FaultsAs(ImagesCodes.GetImageResourceFailed)
        .CanFail(ImageAddresses.Faults)
        .CanFail(ImagesCodes.InvalidParameter);

    private static async Task<IResult> HandleAsync(HttpContext context, HubStore hub, HubPages pages, CancellationToken cancellationToken)
    {
        var query = PageQuery.Read(context.Request, s_keys);
        if (query["name"] is { } name && (name.Length > RepositoryName.MaxRepositoryLength || !Text.IsStorable(name)))
        {
            return ImagesError.InvalidParameter($"name is longer than {RepositoryName.MaxRepositoryLength} characters, or no text");
        }

        var found = await hub.ListAsync(query["name"], RepositoryCategory.Read(query["category"]), query.Offset, query.Limit, cancellationToken);
        return await pages.AnswerAsync(context, query, found, cancellationToken);
    }
}
