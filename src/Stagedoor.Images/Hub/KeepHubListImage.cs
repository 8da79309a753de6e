using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Images.Hub;

/// <summary><c>PUT</c> and <c>DELETE /v2/manage/hub/lists/{list}/images/{namespace}/{repository}</c>: what is on a list.</summary>
internal static class KeepHubListImage
{
    private const string Path = "/hub/lists/{list}/images/{namespace}/{repository}";

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPut(Path, PutAsync)
            .WithName("AddHubListImage")
            .WithSummary("Put a public repository on a list of the image center")
            .Answers<Empty>(200, "It is on it.")
            .Action("swr:hub:addListImage")
            .Audit("addHubListImage", "hubList")
            .FaultsAs(ImagesCodes.SaveFailed)
            .CanFail(HubKeeper.Refusals)
            .CanFail(
                ImagesCodes.InvalidOrganizationName,
                ImagesCodes.InvalidImageName,
                ImagesCodes.ImageListNotFound,
                ImagesCodes.ImageResourceNotFound,
                ImagesCodes.GetImageResourceFailed);
        routes.MapDelete(Path, DeleteAsync)
            .WithName("RemoveHubListImage")
            .WithSummary("Take a repository off a list of the image center")
            .AnswersEmpty(204, "It is not on it.")
            .Action("swr:hub:removeListImage")
            .Audit("removeHubListImage", "hubList")
            .FaultsAs(ImagesCodes.DeleteFailed)
            .CanFail(HubKeeper.Refusals)
            .CanFail(ImagesCodes.InvalidOrganizationName, ImagesCodes.InvalidImageName, ImagesCodes.ImageListNotFound, ImagesCodes.ImageResourceNotFound);
    }

    private static async Task<IResult> PutAsync(
        string list,
        string @namespace,
        string repository,
        HttpContext context,
        Caller caller,
        IOperatorAccount accounts,
        HubStore hub,
        HubLists lists,
        CancellationToken cancellationToken)
    {
        context.AuditResource($"{list}: {@namespace}/{repository}");
        await accounts.CheckAsync(caller, cancellationToken);
        if (!HubLists.IsValidName(list))
        {
            return ImagesError.ImageListNotFound(list);
        }

        if (await hub.FindAsync(@namespace, repository, cancellationToken).FaultAs(ImagesCodes.GetImageResourceFailed) is not { } image)
        {
            return ImagesError.ImageResourceNotFound(@namespace, repository);
        }

        return await lists.AddItemAsync(list, image.Id, cancellationToken)
            ? TypedResults.Json(Empty.Value, ImagesJson.Wire.Empty)
            : ImagesError.ImageListNotFound(list);
    }

    private static async Task<IResult> DeleteAsync(
        string list,
        string @namespace,
        string repository,
        HttpContext context,
        Caller caller,
        IOperatorAccount accounts,
        HubLists lists,
        CancellationToken cancellationToken)
    {
        context.AuditResource($"{list}: {@namespace}/{repository}");
        await accounts.CheckAsync(caller, cancellationToken);
        if (!HubLists.IsValidName(list) || !await lists.ExistsAsync(list, cancellationToken))
        {
            return ImagesError.ImageListNotFound(list);
        }

        return await lists.DeleteItemAsync(list, @namespace, repository, cancellationToken)
            ? TypedResults.NoContent()
            : ImagesError.ImageResourceNotFound(@namespace, repository);
    }
}
