using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Access;
using Stagedoor.Images.Repositories;

namespace Stagedoor.Images.Triggers;

/// <summary><c>PATCH /v2/manage/namespaces/{namespace}/repos/{repository}/triggers/{trigger}</c></summary>
internal static class UpdateTrigger
{
    internal sealed record Request(string? Enable);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPatch("/namespaces/{namespace}/repos/{repository}/triggers/{trigger}", HandleAsync)
        .WithName(nameof(UpdateTrigger))
        .WithSummary("Switch a trigger on or off")
        .Answers<Empty>(201, "It is on or off.")
        .Action("swr:repo:updateTrigger")
        .Audit("updateTrigger", "trigger")
        .FaultsAs(ImagesCodes.UpdateFailed)
        .CanFail(RepositoryGate.ChangeRefusals)
        .CanFail(ImagesCodes.InvalidParameter, ImagesCodes.RequiredParameterMissing, ImagesCodes.PermissionNotFound);

    private static async Task<IResult> HandleAsync(
        string @namespace,
        string repository,
        string trigger,
        Request request,
        HttpContext context,
        Caller caller,
        RepositoryGate gate,
        TriggerStore triggers,
        CancellationToken cancellationToken)
    {
        context.AuditResource($"{@namespace}/{repository}/{trigger}");
        var isEnabled = TriggerBody.ReadEnable(request.Enable);
        var opened = await gate.OpenAsync(@namespace, repository, caller, Rights.Edit, cancellationToken);
        return await triggers.SetEnabledAsync(opened.Id, trigger, isEnabled, cancellationToken)
            ? TypedResults.Json(Empty.Value, ImagesJson.Wire.Empty, statusCode: StatusCodes.Status201Created)
            : ImagesError.TriggerNotFound($"{@namespace}/{repository}", trigger);
    }
}
