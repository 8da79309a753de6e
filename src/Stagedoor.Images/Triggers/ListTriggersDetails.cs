using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Repositories;

namespace Stagedoor.Images.Triggers;

/// <summary><c>GET /v2/manage/namespaces/{namespace}/repos/{repository}/triggers</c></summary>
internal static class ListTriggersDetails
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/namespaces/{namespace}/repos/{repository}/triggers", HandleAsync)
        .WithName(nameof(ListTriggersDetails))
        .WithSummary("List the triggers of a repository, with what became of them")
        .Answers<IReadOnlyList<TriggerView>>(200, "The triggers.")
        .Action("swr:repo:listTriggers")
        .FaultsAs(ImagesCodes.ListFailed)
        .CanFail(RepositoryGate.Refusals);

    private static async Task<IResult> HandleAsync(
        string @namespace, string repository, Caller caller, RepositoryGate gate, TriggerStore triggers, CancellationToken cancellationToken)
    {
        var opened = await gate.OpenForOwnAccountAsync(@namespace, repository, caller, cancellationToken);
        var rows = await triggers.ListAsync(opened.Id, cancellationToken);
        var firings = await triggers.ListFiringsAsync(opened.Id, null, cancellationToken);
        return TypedResults.Json([.. rows.Select(t => TriggerView.Of(t, firings[t.Id]))], TriggersJson.Wire.IReadOnlyListTriggerView);
    }
}
