using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Images.Hub;

/// <summary><c>PUT</c> and <c>DELETE /v2/manage/hub/favorites/{namespace}/{repository}</c></summary>
internal static class KeepFavorite
{
    private const string Path = "/hub/favorites/{namespace}/{repository}";

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPut(Path, PutAsync)
            .WithName("AddFavorite")
            .WithSummary("Mark a public repository as a favorite")
            .Answers<Empty>(200, "It is marked.")
            .Action("swr:hub:addFavorite")
            .Audit("createUserCollections", "userCollections")
            .FaultsAs(ImagesCodes.SaveFailed)
            .CanFail(ImagesCodes.InvalidOrganizationName, ImagesCodes.InvalidImageName, ImagesCodes.ImageResourceNotFound, ImagesCodes.GetImageResourceFailed);
        routes.MapDelete(Path, DeleteAsync)
            .WithName("RemoveFavorite")
            .WithSummary("Take the mark of a favorite away")
            .AnswersEmpty(204, "It is not marked.")
            .Action("swr:hub:removeFavorite")
            .Audit("deleteUserCollections", "userCollections")
            .FaultsAs(ImagesCodes.DeleteFailed)
            .CanFail(ImagesCodes.InvalidOrganizationName, ImagesCodes.InvalidImageName, ImagesCodes.ImageResourceNotFound, ImagesCodes.GetImageResourceFailed);
    }

    private static async Task<IResult> PutAsync(
        string @namespace, string repository, HttpContext context, Caller caller, HubStore hub, Favorites favorites, CancellationToken cancellationToken)
    {
        context.AuditResource($"{@namespace}/{repository}");
        if (await hub.FindAsync(@namespace, repository, cancellationToken).FaultAs(ImagesCodes.GetImageResourceFailed) is not { } image)
        {
            return ImagesError.ImageResourceNotFound(@namespace, repository);
        }

        await favorites.AddAsync(caller.UserId, image.Id, cancellationToken);
        return TypedResults.Json(Empty.Value, ImagesJson.Wire.Empty);
    }

    private static async Task<IResult> DeleteAsync(
        string @namespace, string repository, HttpContext context, Caller caller, HubStore hub, Favorites favorites, CancellationToken cancellationToken)
    {
        context.AuditResource($"{@namespace}/{repository}");
        // One that is not public any more is taken away too, and one that was not marked is as it should be.
        return await favorites.DeleteAsync(caller.UserId, @namespace, repository, cancellationToken)
            || await hub.FindAsync(@namespace, repository, cancellationToken).FaultAs(ImagesCodes.GetImageResourceFailed) is not null
            ? TypedResults.NoContent()
            : ImagesError.ImageResourceNotFound(@namespace, repository);
    }
}
