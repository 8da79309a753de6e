using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Repositories;

namespace Stagedoor.Images.Triggers;

/// <summary><c>GET /v2/manage/namespaces/{namespace}/repos/{repository}/triggers/{trigger}</c></summary>
internal static class ShowTrigger
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/namespaces/{namespace}/repos/{repository}/triggers/{trigger}", HandleAsync)
        .WithName(nameof(ShowTrigger))
        .WithSummary("Show a trigger and what became of it")
        .Answers<TriggerView>(200, "The trigger.")
        .Action("swr:repo:getTrigger")
        .FaultsAs(ImagesCodes.GetFailed)
        .CanFail(RepositoryGate.Refusals)
        .CanFail(ImagesCodes.InvalidParameter, ImagesCodes.PermissionNotFound);

    private static async Task<IResult> HandleAsync(
        string @namespace, string repository, string trigger, Caller caller, RepositoryGate gate, TriggerStore triggers, CancellationToken cancellationToken)
    {
        var opened = await gate.OpenForOwnAccountAsync(@namespace, repository, caller, cancellationToken);
        if (await triggers.FindAsync(opened.Id, trigger, cancellationToken) is not { } row)
        {
            return ImagesError.TriggerNotFound($"{@namespace}/{repository}", trigger);
        }

        var firings = await triggers.ListFiringsAsync(opened.Id, row.Id, cancellationToken);
        return TypedResults.Json(TriggerView.Of(row, firings[row.Id]), TriggersJson.Wire.TriggerView);
    }
}
