using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Images.Repositories;
using Stagedoor.Images.Requests;

namespace Stagedoor.Images.Retention;

/// <summary><c>GET /v2/manage/namespaces/{namespace}/repos/{repository}/retentions/histories</c></summary>
internal static class ListRetentionHistories
{
    /// <remarks>
    /// RuleType: The rule as it was then, as JSON text.
    /// </remarks>
    internal sealed record Log(long Id, long RetentionId, string Namespace, string Repo, string Tag, string CreatedAt, string RuleType);

    internal sealed record Response(long Total, IReadOnlyList<Log> RetentionLog);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/namespaces/{namespace}/repos/{repository}/retentions/histories", HandleAsync)
        .WithName(nameof(ListRetentionHistories))
        .WithSummary("List the tags that rules have deleted")
        .Pages()
        .Answers<Response>(200, "The tags, the last first.")
        .Action("swr:repo:listRetentionHistories")
        .FaultsAs(ImagesCodes.ListFailed)
        .CanFail(RepositoryGate.Refusals);

    private static async Task<IResult> HandleAsync(
        string @namespace,
        string repository,
        HttpContext context,
        Caller caller,
        RepositoryGate gate,
        RetentionStore retentions,
        CancellationToken cancellationToken)
    {
        var query = PageQuery.Read(context.Request, []);
        var opened = await gate.OpenForOwnAccountAsync(@namespace, repository, caller, cancellationToken);
        var (total, page) = await retentions.ListHistoriesAsync(opened.Id, query.Offset, query.Limit, cancellationToken);
        query.SetRange(context.Response, page.Count, total);
        return TypedResults.Json(
            new Response(total, [.. page.Select(l => new Log(l.Id, l.RetentionId, @namespace, repository, l.Tag, WireTime.Of(l.CreatedAt), l.Rule))]),
            RetentionJson.Wire.ListRetentionHistoriesResponse);
    }
}
