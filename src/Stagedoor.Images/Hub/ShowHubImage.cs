using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Repositories;
using Stagedoor.Images.Requests;

namespace Stagedoor.Images.Hub;

/// <summary><c>GET /v2/manage/hub/images/{namespace}/{repository}</c></summary>
internal static class ShowHubImage
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/hub/images/{namespace}/{repository}", HandleAsync)
        .WithName(nameof(ShowHubImage))
        .WithSummary("Show a public repository of any account")
        .Answers<RepositoryView>(200, "The repository.")
        .Action("swr:hub:showImage")
        .FaultsAs(ImagesCodes.GetImageResourceFailed)
        .CanFail(ImageAddresses.Faults)
        .CanFail(ImagesCodes.InvalidOrganizationName, ImagesCodes.InvalidImageName, ImagesCodes.ImageResourceNotFound);

    private static async Task<IResult> HandleAsync(
        string @namespace, string repository, HttpContext context, HubStore hub, ImageAddresses addresses, CancellationToken cancellationToken) =>
        await hub.FindAsync(@namespace, repository, cancellationToken) is { } row
            ? TypedResults.Json(ShowRepository.View(row, await addresses.FindAsync(context)), ImagesJson.Wire.RepositoryView)
            : ImagesError.ImageResourceNotFound(@namespace, repository);
}
