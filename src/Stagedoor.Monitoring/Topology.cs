using Stagedoor.Http.Tenants;
using Stagedoor.Monitoring.Reports;
using Stagedoor.Monitoring.Series;

namespace Stagedoor.Monitoring;

/// <summary>Who calls whom, as the callers see it.</summary>
/// <param name="Time">When it was put together, in Unix milliseconds.</param>
/// <param name="Services">Everyone who reports or is called, by application and name.</param>
/// <param name="Calls">By caller and callee.</param>
internal sealed record Topology(long Time, IReadOnlyList<Topology.Node> Services, IReadOnlyList<Topology.Call> Calls)
{
    /// <param name="AppId">The application.</param>
    /// <param name="Name">The microservice.</param>
    /// <param name="Reports">False for one that is only called.</param>
    internal sealed record Node(string AppId, string Name, bool Reports);

    /// <param name="From">Who calls.</param>
    /// <param name="To">Who is called.</param>
    /// <param name="Qps">Requests per second.</param>
    /// <param name="Total">Requests in the publishers' last interval.</param>
    /// <param name="FailureRate">Of 100.</param>
    /// <param name="Latency">The mean in milliseconds.</param>
    /// <param name="P99">The worst, an upper bound.</param>
    /// <param name="BreakerOpen">Whether any caller's breaker is open.</param>
    internal sealed record Call(
        ServiceName From, ServiceName To, double Qps, double Total, double FailureRate, double Latency, double P99, bool BreakerOpen);

    internal sealed record ServiceName(string AppId, string Name);

    public static Topology Of(MetricStore metrics, Tenant tenant)
    {
        var now = metrics.Now;
        var groups = ServiceGroup.Of(metrics.Visible(tenant));
        var known = groups.Select(static g => new ServiceName(g.AppId, g.Name)).ToHashSet();
        var names = known.ToLookup(static s => s.Name, StringComparer.Ordinal);
        var calls = new Dictionary<(ServiceName From, ServiceName To), Aggregate>();
        foreach (var group in groups)
        {
            var from = new ServiceName(group.AppId, group.Name);
            foreach (var instance in group.Instances)
            {
                instance.Visit(now, row =>
                {
                    if (row.Kind is InterfaceKind.Consumer)
                    {
                        var call = (from, CalleeOf(from, InterfaceName.FunctionOf(row.Name), names));
                        if (!calls.TryGetValue(call, out var sum))
                        {
                            calls[call] = sum = new();
                        }

                        sum.Add(row.Now);
                    }
                });
            }
        }

        return new(
            now,
            [
                .. known.Union(calls.Keys.Select(static c => c.To))
                    .OrderBy(static s => s.AppId, StringComparer.Ordinal).ThenBy(static s => s.Name, StringComparer.Ordinal)
                    .Select(s => new Node(s.AppId, s.Name, known.Contains(s))),
            ],
            [
                .. calls
                    .OrderBy(static c => c.Key.From.AppId, StringComparer.Ordinal).ThenBy(static c => c.Key.From.Name, StringComparer.Ordinal)
                    .ThenBy(static c => c.Key.To.AppId, StringComparer.Ordinal).ThenBy(static c => c.Key.To.Name, StringComparer.Ordinal)
                    .Select(static c => new Call(
                        c.Key.From,
                        c.Key.To,
                        MetricInfo.Rounded(c.Value.Sums.Qps),
                        MetricInfo.Rounded(c.Value.Sums.Total),
                        MetricInfo.Rounded(100 * c.Value.FailureRate),
                        MetricInfo.Rounded(c.Value.Latency),
                        MetricInfo.Rounded(c.Value.Sums.L99),
                        c.Value.Sums.CircuitBreakerOpen)),
            ]);
    }

    /// <summary>Who is called: <c>SERVICE.SCHEMA.OPERATION</c>, or <c>APP:SERVICE.…</c> across applications.</summary>
    internal static ServiceName CalleeOf(ServiceName from, string function, ILookup<string, ServiceName> names)
    {
        var app = function.AsSpan(0, Math.Max(0, function.AsSpan().IndexOfAny(':', '.'))) is { Length: > 0 } before && function[before.Length] == ':'
            ? before.ToString()
            : null;
        var callee = app is null ? function : function[(app.Length + 1)..];

        // A service's name may have dots: the longest one that is known is meant.
        for (var end = callee.Length; end > 0; end = callee.LastIndexOf('.', end - 1))
        {
            var name = callee[..end];
            if (names.Contains(name))
            {
                return new(app ?? AppOf(from, names[name]), name);
            }
        }

        var dot = callee.IndexOf('.', StringComparison.Ordinal);
        return new(app ?? from.AppId, dot > 0 ? callee[..dot] : callee);
    }

    private static string AppOf(ServiceName from, IEnumerable<ServiceName> named) =>
        named.Select(static s => s.AppId).OrderByDescending(a => string.Equals(a, from.AppId, StringComparison.Ordinal))
            .ThenBy(static a => a, StringComparer.Ordinal).First();
}
