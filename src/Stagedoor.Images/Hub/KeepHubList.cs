using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Images.Hub;

/// <summary><c>PUT</c> and <c>DELETE /v2/manage/hub/lists/{list}</c>: the lists themselves.</summary>
internal static class KeepHubList
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPut("/hub/lists/{list}", PutAsync)
            .WithName("CreateHubList")
            .WithSummary("Make a list of the image center, unless it is there")
            .Answers<Empty>(200, "It is there.")
            .Action("swr:hub:createList")
            .Audit("createHubList", "hubList")
            .FaultsAs(ImagesCodes.SaveFailed)
            .CanFail(HubKeeper.Refusals)
            .CanFail(ImagesCodes.InvalidParameter);
        routes.MapDelete("/hub/lists/{list}", DeleteAsync)
            .WithName("DeleteHubList")
            .WithSummary("Delete a list of the image center")
            .AnswersEmpty(204, "It is gone.")
            .Action("swr:hub:deleteList")
            .Audit("deleteHubList", "hubList")
            .FaultsAs(ImagesCodes.DeleteFailed)
            .CanFail(HubKeeper.Refusals)
            .CanFail(ImagesCodes.InvalidParameter, ImagesCodes.ImageListNotFound);
    }

    private static async Task<IResult> PutAsync(string list, Caller caller, IOperatorAccount accounts, HubLists lists, CancellationToken cancellationToken)
    {
        if (!HubLists.IsValidName(list))
        {
            return ImagesError.InvalidParameter($"list is 1 to {HubLists.MaxNameLength} of a-z, 0-9 and '-', beginning with a letter");
        }

        await accounts.CheckAsync(caller, cancellationToken);
        await lists.AddAsync(list, cancellationToken);
        return TypedResults.Json(Empty.Value, ImagesJson.Wire.Empty);
    }

    private static async Task<IResult> DeleteAsync(string list, Caller caller, IOperatorAccount accounts, HubLists lists, CancellationToken cancellationToken)
    {
        if (HubLists.IsFixed(list))
        {
            return ImagesError.InvalidParameter($"{list} is always there; take the repositories off it");
        }

        await accounts.CheckAsync(caller, cancellationToken);
        return HubLists.IsValidName(list) && await lists.DeleteAsync(list, cancellationToken) ? TypedResults.NoContent() : ImagesError.ImageListNotFound(list);
    }
}
