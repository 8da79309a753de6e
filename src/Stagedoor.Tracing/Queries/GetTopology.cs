using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Tracing.Measures;
using Stagedoor.Tracing.Model;
using Stagedoor.Tracing.Model.Topology;
using Stagedoor.Tracing.Store;

namespace Stagedoor.Tracing.Queries;

/// <summary><c>GET /v1/{project_id}/atps/topology</c>: which services call which, which the original has in its console only.</summary>
internal static class GetTopology
{
    /// <summary>The services of some time and the calls between them.</summary>
    internal sealed record View(long StartTime, long EndTime, long ApdexThreshold, IReadOnlyList<NodeView> Nodes, IReadOnlyList<EdgeView> Edges);

    /// <summary>A service, or what services call.</summary>
    internal sealed record NodeView(
        string Id,
        string Type,
        string Name,
        string MonitorGroup,
        int ActiveInstances,
        int TotalInstances,
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
        IReadOnlyList<InstanceView> Instances);

    /// <summary>An instance of a service.</summary>
    internal sealed record InstanceView(string Name, long Calls, long Errors, long AvgLatency, double? Apdex, string Color);

    /// <summary>Calls from one node to another.</summary>
    internal sealed record EdgeView(
        string Source,
        string Target,
        string Type,
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
        string Color);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/topology", HandleAsync)
        .WithName("GetTraceTopology")
        .WithSummary("Show which services call which")
        .QueryParameter("startTime", "Milliseconds since the Unix epoch, taken down to a whole minute.", isRequired: true)
        .QueryParameter("endTime", "Milliseconds since the Unix epoch, taken up to a whole minute.", isRequired: true)
        .QueryParameter("monitorGroup", "The name or the id of a monitor group: its services, and what they call or are called by.")
        .QueryParameter("application", "A service: with what it calls and is called by.")
        .QueryParameter("transaction", "A transaction of the application: the calls that its latest 100 traces led to.")
        .Answers<Answer<View>>(200, "The services and the calls; none is a success too.")
        .Action("apm:ats:get");

    private static async Task<IResult> HandleAsync(HttpContext context, MeasureWriter writer, MeasureStore measures, ITraceStore store, CancellationToken cancellationToken)
    {
        var query = ApmQuery.Read(context, QueryFamily.Atps, "startTime", "endTime", "monitorGroup", "application", "transaction");
        var window = MinuteWindow.Of(query);
        var (group, application, transaction) = (query.Name("monitorGroup"), query.Name("application"), query.Name("transaction"));
        if (transaction is not null && application is null)
        {
            throw query.Family.Invalid("transaction", "with an application only");
        }

        await writer.WriteAsync(cancellationToken);
        var sum = await measures.ReadAsync(query.Project, window.From, window.Until, cancellationToken);
        var identities = Names.In(query, await store.IdentitiesAsync(query.Project, cancellationToken), null).ToList();
        var places = Names.PlacesOf(query, identities);
        var reached = transaction is null ? null : await ReachedEdges.FindAsync(
            store,
            new() { Project = query.Project, Service = application, Transaction = transaction, Cluster = query.Cluster, Namespace = query.Namespace, From = window.StartNanos, Until = window.EndNanos },
            cancellationToken);
        return Answers.Of(query.Family, ViewOf(sum, window, IsAsked, reached, identities, places is not null), TracingJson.Wire.TopologyAnswer);

        bool IsAsked(Node node) => (places is null && group is null && application is null)
            || (node.Type is NodeType.Service
                && places?.Contains((node.MonitorGroup, node.Name)) is not false
                && MonitorGroup.Matches(query.Project, node.MonitorGroup, group)
                && (application is null || string.Equals(node.Name, application, StringComparison.Ordinal)));
    }

    private static View ViewOf(
        MinuteMeasures sum, MinuteWindow window, Predicate<Node> isAsked, HashSet<(string Source, string Target)>? reached, IReadOnlyList<SpanIdentity> identities, bool isPlaced)
    {
        var edges = sum.Edges.Where(e => reached is null ? isAsked(e.Key.Source) || isAsked(e.Key.Target) : reached.Contains((e.Key.Source.Id, e.Key.Target.Id))).ToList();
        var nodes = sum.Nodes.Keys.Where(n => isAsked(n)).Concat(edges.SelectMany(static e => (Node[])[e.Key.Source, e.Key.Target])).Distinct().OrderBy(static n => n.Id, StringComparer.Ordinal);
        return new(
            window.From * MinuteWindow.Milliseconds,
            window.Until * MinuteWindow.Milliseconds,
            Apdex.ServiceThreshold / 1000,
            [.. nodes.Select(n => NodeOf(n, sum, window, identities, isPlaced))],
            [.. edges.OrderBy(static e => e.Key.Source.Id, StringComparer.Ordinal).ThenBy(static e => e.Key.Target.Id, StringComparer.Ordinal).ThenBy(static e => e.Key.Type, StringComparer.Ordinal).Select(e => EdgeOf(e.Key, e.Value, window))]);
    }

    private static NodeView NodeOf(Node node, MinuteMeasures sum, MinuteWindow window, IReadOnlyList<SpanIdentity> identities, bool isPlaced)
    {
        // What is no service is measured by those who call it.
        var red = node.Type is NodeType.Service ? sum.Nodes.GetValueOrDefault(node) : Sum(sum.Edges.Where(e => e.Key.Target == node).Select(static e => e.Value));
        var view = MeasureView.Of(red, window.Seconds, red?.ByService ?? default);
        var known = identities.Where(i => node.Type is NodeType.Service && string.Equals(i.Service, node.Name, StringComparison.Ordinal) && string.Equals(i.Group, node.MonitorGroup, StringComparison.Ordinal)).Select(static i => i.Instance);

        // What was measured does not know where an instance is: those of other places are left out.
        var instances = known.Concat(isPlaced ? [] : sum.Instances.Keys.Where(i => i.Service == node).Select(static i => i.Name)).Distinct(StringComparer.Ordinal)
            .Select(name => InstanceOf(name, sum.Instances.GetValueOrDefault((node, name)), window))
            .OrderByDescending(static i => i.Calls).ThenBy(static i => i.Name, StringComparer.Ordinal).ToList();
        return new(
            node.Id, node.TypeName, node.Name, node.MonitorGroup, instances.Count(static i => i.Calls > 0), instances.Count,
            view.Calls, view.Errors, view.ErrorRate, view.Tps, view.AvgLatency, view.Tp50, view.Tp95, view.Tp99, view.MaxLatency, view.Apdex, view.Color, instances);
    }

    private static InstanceView InstanceOf(string name, Red? red, MinuteWindow window)
    {
        var view = MeasureView.Of(red, window.Seconds, red?.ByService ?? default);
        return new(name, view.Calls, view.Errors, view.AvgLatency, view.Apdex, view.Color);
    }

    private static EdgeView EdgeOf(Edge edge, Red red, MinuteWindow window)
    {
        var view = MeasureView.Of(red, window.Seconds, red.ByService);
        return new(
            edge.Source.Id, edge.Target.Id, edge.Type,
            view.Calls, view.Errors, view.ErrorRate, view.Tps, view.AvgLatency, view.Tp50, view.Tp95, view.Tp99, view.MaxLatency, view.Apdex, view.Color);
    }

    private static Red Sum(IEnumerable<Red> reds)
    {
        var sum = new Red();
        foreach (var red in reds)
        {
            sum.Add(red);
        }

        return sum;
    }
}
