using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Repositories;

namespace Stagedoor.Images.Retention;

/// <summary><c>GET /v2/manage/namespaces/{namespace}/repos/{repository}/retentions</c></summary>
internal static class ListRetentions
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/namespaces/{namespace}/repos/{repository}/retentions", HandleAsync)
        .WithName(nameof(ListRetentions))
        .WithSummary("List the rules by which tags of a repository go")
        .Answers<IReadOnlyList<RetentionView>>(200, "The rule, if there is one.")
        .Action("swr:repo:listRetentions")
        .FaultsAs(ImagesCodes.ListFailed)
        .CanFail(RepositoryGate.Refusals)
        .CanFail(ImagesCodes.JsonConversionFailed);

    private static async Task<IResult> HandleAsync(
        string @namespace, string repository, Caller caller, RepositoryGate gate, RetentionStore retentions, CancellationToken cancellationToken)
    {
        var opened = await gate.OpenForOwnAccountAsync(@namespace, repository, caller, cancellationToken);
        var rows = await retentions.ListAsync(opened.Id, cancellationToken);
        return TypedResults.Json((IReadOnlyList<RetentionView>)[.. rows.Select(static r => RetentionView.Of(r))], RetentionJson.Wire.IReadOnlyListRetentionView);
    }
}
