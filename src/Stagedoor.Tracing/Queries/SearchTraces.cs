using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Tracing.Model;
using Stagedoor.Tracing.Store;

namespace Stagedoor.Tracing.Queries;

/// <summary><c>GET /v1/{project_id}/ats/traces</c></summary>
internal static class SearchTraces
{
    private const int DefaultLimit = 20;
    private const int MaxLimit = 1000;

    private static readonly string[] s_parameters = ["startTime", "endTime", "application", "monitorGroup", "instance", "transaction", "limit", "duration", "status"];

    /// <summary>What was found.</summary>
    /// <param name="Count">How many rows there are.</param>
    /// <param name="TraceChains">A row for each trace, the latest first.</param>
    internal sealed record Found(int Count, IReadOnlyList<Chain> TraceChains);

    /// <summary>A trace, by the earliest of its spans that the query is for. Times and durations in microseconds.</summary>
    internal sealed record Chain(
        string TraceId,
        string Type,
        int Status,
        long Duration,
        string Application,
        string Instance,
        string Transaction,
        long StartTime,
        long EndTime,
        string Address);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/traces", HandleAsync)
        .WithName(nameof(SearchTraces))
        .WithSummary("Search traces by the requests that a service handled")
        .QueryParameter("startTime", "Milliseconds since the Unix epoch; in the window.", isRequired: true)
        .QueryParameter("endTime", "Milliseconds since the Unix epoch; not in the window.", isRequired: true)
        .QueryParameter("application", "The service, in lower case.", isRequired: true)
        .QueryParameter("monitorGroup", "The name or the id of a monitor group.")
        .QueryParameter("instance", "The instance, in lower case.")
        .QueryParameter("transaction", "The transaction, with or without its method.")
        .QueryParameter("limit", "How many traces, 1 to 1000; 20 when it is not said.")
        .QueryParameter("duration", "The shortest duration in milliseconds.")
        .QueryParameter("status", "1 for failed ones, 0 for all.")
        .Answers<Answer<Found>>(200, "The traces, the latest first.")
        .Action("apm:ats:get");

    private static async Task<IResult> HandleAsync(HttpContext context, ITraceStore store, CancellationToken cancellationToken)
    {
        var query = ApmQuery.Read(context, QueryFamily.Ats, s_parameters);
        var (start, end) = query.Window();
        var search = new SpanSearch
        {
            Project = query.Project,
            From = Nanoseconds(start),
            Until = Nanoseconds(end),
            Service = LowerName(query, "application") ?? throw query.Family.Invalid("application", "the name of a service"),
            Group = query.Name("monitorGroup"),
            Instance = LowerName(query, "instance"),
            Cluster = query.Cluster,
            Namespace = query.Namespace,
            Transaction = query.Name("transaction"),
            Limit = (int)(query.Number("limit", 1, MaxLimit) ?? DefaultLimit),
            MinDuration = (ulong)(query.Number("duration", 0, int.MaxValue) ?? 0) * 1_000_000,
            FailedOnly = query.Number("status", 0, 1) is 1,
            EntryOnly = true,
            RowIsEarliest = true,
        };
        if (search.Group is { } group && ProjectId.IsWellFormed(group))
        {
            // It may be an id: then the group that has it.
            var identities = await store.IdentitiesAsync(query.Project, cancellationToken);
            search = search with { Group = identities.Select(static i => i.Group).FirstOrDefault(name => MonitorGroup.Matches(query.Project, name, group)) ?? group };
        }

        var answer = await store.SearchAsync(search, cancellationToken);
        return answer.Rows.Count == 0 ? TracingError.EmptyResult()
            : Answers.Of(query.Family, new Found(answer.Rows.Count, [.. answer.Rows.Select(ChainOf)]), TracingJson.Wire.SearchAnswer);
    }

    private static Chain ChainOf(SpanRow row)
    {
        var (start, duration) = ((long)(row.Start / 1000), Math.Max(1, (long)(row.Duration / 1000)));
        return new(
            SpanIds.Of(row.TraceId), SpanTypes.NameOf(row.Type), row.IsFailed ? 1 : 0, duration, row.Identity.Service, row.Identity.Instance, row.Transaction,
            start, start + duration, AddressOf(row.Address));
    }

    /// <summary>An IPv4 address, of a number; empty for 0.</summary>
    internal static string AddressOf(uint address) => address == 0 ? "" : string.Create(
        CultureInfo.InvariantCulture, $"{address >> 24}.{(address >> 16) & 0xFF}.{(address >> 8) & 0xFF}.{address & 0xFF}");

    // What is later than any span counts as never.
    private static ulong Nanoseconds(long milliseconds) => milliseconds > long.MaxValue / 1_000_000 ? ulong.MaxValue : (ulong)milliseconds * 1_000_000;

    private static string? LowerName(ApmQuery query, string name) => query.Name(name) is not { } value ? null
        : value.Any(char.IsUpper) ? throw query.Family.Invalid(name, "in lower case")
        : value;
}
