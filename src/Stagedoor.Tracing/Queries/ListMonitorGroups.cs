using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Tracing.Store;

namespace Stagedoor.Tracing.Queries;

/// <summary><c>GET /v1/{project_id}/atps/monitorgroups</c></summary>
internal static class ListMonitorGroups
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/monitorgroups", HandleAsync)
        .WithName(nameof(ListMonitorGroups))
        .WithSummary("List the applications (monitor groups) of a project")
        .Answers<Answer<IReadOnlyList<string>>>(200, "Their names, each once; none is a success too.")
        .Action("apm:inventory:get");

    private static async Task<IResult> HandleAsync(HttpContext context, ITraceStore store, CancellationToken cancellationToken)
    {
        var query = ApmQuery.Read(context, QueryFamily.Atps);
        var identities = await store.IdentitiesAsync(query.Project, cancellationToken);
        return Names.Of(context, query, Names.In(query, identities, group: null).Select(static i => i.Group));
    }
}
