using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Tracing.Store;

namespace Stagedoor.Tracing.Queries;

/// <summary><c>GET /v1/{project_id}/ats/applications/{application}/instances</c></summary>
internal static class ListInstances
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/applications/{application}/instances", HandleAsync)
        .WithName("ListTracedInstances")
        .WithSummary("List the instances of a service")
        .PathParameter("application", "The service.")
        .QueryParameter("monitorGroup", "The name or the id of a monitor group.")
        .Answers<Answer<IReadOnlyList<string>>>(200, "Their names, each once.")
        .Action("apm:ats:get");

    private static async Task<IResult> HandleAsync(HttpContext context, ITraceStore store, CancellationToken cancellationToken)
    {
        var query = ApmQuery.Read(context, QueryFamily.Ats, "monitorGroup");
        var application = query.PathName("application", 4);
        var group = query.Name("monitorGroup");
        var identities = Names.In(query, await store.IdentitiesAsync(query.Project, cancellationToken), group);
        return Names.Of(context, query, identities.Where(i => string.Equals(i.Service, application, StringComparison.Ordinal)).Select(static i => i.Instance));
    }
}
