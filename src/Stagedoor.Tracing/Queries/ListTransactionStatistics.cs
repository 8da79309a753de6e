using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Tracing.Measures;
using Stagedoor.Tracing.Model;
using Stagedoor.Tracing.Store;

namespace Stagedoor.Tracing.Queries;

/// <summary><c>GET /v1/{project_id}/atps/transactions</c>: how transactions went, which the original has in its console only.</summary>
internal static class ListTransactionStatistics
{
    private const int DefaultLimit = 100;
    private const int MaxLimit = 1000;

    private static readonly Dictionary<string, Func<View, double>> s_orders = new(StringComparer.Ordinal)
    {
        ["calls"] = static v => -v.Calls,
        ["errors"] = static v => -v.Errors,
        ["errorRate"] = static v => -v.ErrorRate,
        ["avgLatency"] = static v => -v.AvgLatency,
        ["tp99"] = static v => -v.Tp99,
        ["apdex"] = static v => v.Apdex ?? double.MaxValue,
    };

    /// <summary>Transactions in the order that was asked for.</summary>
    /// <param name="Total">How many there are, also of those that are not shown.</param>
    /// <param name="Transactions">The first of them.</param>
    internal sealed record Found(int Total, IReadOnlyList<View> Transactions);

    /// <summary>A transaction. Latencies in microseconds, the threshold in milliseconds.</summary>
    internal sealed record View(
        string MonitorGroup,
        string Application,
        string Transaction,
        long ApdexThreshold,
        long Calls,
        long Errors,
        double ErrorRate,
        double Tps,
        long AvgLatency,
        long Tp50,
        long Tp95,
        long Tp99,
        long MaxLatency,
        double? Apdex,
        string Color,
        IReadOnlyDictionary<string, long> StatusCodes,
        IReadOnlyList<long> Ranges);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/transactions", HandleAsync)
        .WithName(nameof(ListTransactionStatistics))
        .WithSummary("List transactions with how they went")
        .QueryParameter("startTime", "Milliseconds since the Unix epoch, taken down to a whole minute.", isRequired: true)
        .QueryParameter("endTime", "Milliseconds since the Unix epoch, taken up to a whole minute.", isRequired: true)
        .QueryParameter("monitorGroup", "The name or the id of a monitor group.")
        .QueryParameter("application", "The service.")
        .QueryParameter("orderBy", "calls, errors, errorRate, avgLatency, tp99 or apdex; the worst come first.")
        .QueryParameter("limit", "How many, 1 to 1000; 100 when it is not said.")
        .Answers<Answer<Found>>(200, "The transactions; none is a success too.")
        .Action("apm:ats:get");

    private static async Task<IResult> HandleAsync(HttpContext context, MeasureWriter writer, MeasureStore measures, ITraceStore store, CancellationToken cancellationToken)
    {
        var query = ApmQuery.Read(context, QueryFamily.Atps, "startTime", "endTime", "monitorGroup", "application", "orderBy", "limit");
        var window = MinuteWindow.Of(query);
        var (group, application) = (query.Name("monitorGroup"), query.Name("application"));
        var order = s_orders.GetValueOrDefault(query.Text("orderBy") ?? "calls") ?? throw query.Family.Invalid("orderBy", "calls, errors, errorRate, avgLatency, tp99 or apdex");
        var limit = (int)(query.Number("limit", 1, MaxLimit) ?? DefaultLimit);
        await writer.WriteAsync(cancellationToken);
        var sum = await measures.ReadAsync(query.Project, window.From, window.Until, cancellationToken);
        var places = Names.PlacesOf(query, await store.IdentitiesAsync(query.Project, cancellationToken));
        var found = sum.Transactions
            .Where(t => places?.Contains((t.Key.Service.MonitorGroup, t.Key.Service.Name)) is not false)
            .Where(t => MonitorGroup.Matches(query.Project, t.Key.Service.MonitorGroup, group) && (application is null || string.Equals(t.Key.Service.Name, application, StringComparison.Ordinal)))
            .Select(t => ViewOf(t.Key.Service.MonitorGroup, t.Key.Service.Name, t.Key.Name, t.Value, window))
            .OrderBy(order).ThenBy(static v => v.Application, StringComparer.Ordinal).ThenBy(static v => v.Transaction, StringComparer.Ordinal).ToList();
        return Answers.Of(query.Family, new Found(found.Count, [.. found.Take(limit)]), TracingJson.Wire.TransactionsAnswer);
    }

    private static View ViewOf(string group, string application, string name, Red red, MinuteWindow window)
    {
        var view = MeasureView.Of(red, window.Seconds, red.ByTransaction);
        return new(
            group, application, name, Apdex.TransactionThreshold / 1000,
            view.Calls, view.Errors, view.ErrorRate, view.Tps, view.AvgLatency, view.Tp50, view.Tp95, view.Tp99, view.MaxLatency, view.Apdex, view.Color, red.Codes, red.Ranges);
    }
}
