using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Tracing.Store;

namespace Stagedoor.Tracing.Queries;

/// <summary><c>GET /v1/{project_id}/ats/applications/{application}/transactions</c></summary>
internal static class ListTransactions
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/applications/{application}/transactions", HandleAsync)
        .WithName(nameof(ListTransactions))
        .WithSummary("List the transactions of a service")
        .PathParameter("application", "The service.")
        .QueryParameter("monitorGroup", "The name or the id of a monitor group.")
        .Answers<Answer<IReadOnlyList<string>>>(200, "Their names, each once.")
        .Action("apm:ats:get");

    private static async Task<IResult> HandleAsync(HttpContext context, ITraceStore store, CancellationToken cancellationToken)
    {
        var query = ApmQuery.Read(context, QueryFamily.Ats, "monitorGroup");
        var application = query.PathName("application", 4);
        var group = query.Name("monitorGroup");

        // Transactions are kept by group and service: those of whoever has an instance where it is asked for.
        var groups = Names.In(query, await store.IdentitiesAsync(query.Project, cancellationToken), group)
            .Where(i => string.Equals(i.Service, application, StringComparison.Ordinal)).Select(static i => i.Group).ToHashSet(StringComparer.Ordinal);
        var operations = groups.Count == 0 ? [] : await store.OperationsAsync(query.Project, application, cancellationToken);
        return Names.Of(context, query, operations.Where(o => o.Transaction.Length > 0 && groups.Contains(o.Group)).Select(static o => o.Transaction));
    }
}
