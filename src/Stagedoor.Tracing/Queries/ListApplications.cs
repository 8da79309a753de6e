using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Tracing.Store;

namespace Stagedoor.Tracing.Queries;

/// <summary><c>GET /v1/{project_id}/ats/applications</c></summary>
internal static class ListApplications
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/applications", HandleAsync)
        .WithName(nameof(ListApplications))
        .WithSummary("List the services of a project")
        .QueryParameter("monitorGroup", "The name or the id of a monitor group.")
        .Answers<Answer<IReadOnlyList<string>>>(200, "Their names, each once.")
        .Action("apm:ats:get");

    private static async Task<IResult> HandleAsync(HttpContext context, ITraceStore store, CancellationToken cancellationToken)
    {
        var query = ApmQuery.Read(context, QueryFamily.Ats, "monitorGroup");
        var group = query.Name("monitorGroup");
        return Names.Of(context, query, Names.In(query, await store.IdentitiesAsync(query.Project, cancellationToken), group).Select(static i => i.Service));
    }
}
