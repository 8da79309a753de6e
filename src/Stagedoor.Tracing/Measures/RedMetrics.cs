using System.Diagnostics.Metrics;
using System.Globalization;
using Microsoft.Extensions.Options;
using Stagedoor.Tracing.Model;
using Stagedoor.Tracing.Model.Topology;

namespace Stagedoor.Tracing.Measures;

/// <summary>
/// Calls that services handled, and calls from one to another, in <c>/metrics</c> under the names that Tempo has for them, for Grafana's service graph. They are counted where
/// they are written, every few seconds, so that spans are not slower for it. A series stays as long as the process; there are so many at most, and one for all others.
/// </summary>
internal sealed class RedMetrics
{
    private const string Others = "(others)";

    // Powers of two in microseconds, where buckets of the measures end: from 2 ms to 17 s.
    private const int Shortest = 11;
    private const int Longest = 24;

    private static readonly KeyValuePair<string, object?>[] s_histogram = [new("prometheus.type", "histogram")];
    private static readonly string[] s_bounds =
        [.. Enumerable.Range(Shortest, Longest - Shortest + 1).Select(static e => ((1 << e) / 1e6).ToString(CultureInfo.InvariantCulture)), "+Inf"];

    private readonly int _most;
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Service, string Name, string Project), Sums> _calls = [];
    private readonly Dictionary<(string Client, string Server, string Type, string Project), Sums> _edges = [];

    public RedMetrics(IOptions<TracingOptions> options, IMeterFactory factory)
    {
        _most = options.Value.MaxPrometheusSeries;
#pragma warning disable CA2000 // The factory owns its meters.
        var meter = factory.Create("Stagedoor");
#pragma warning restore CA2000
        meter.CreateObservableCounter("traces.spanmetrics.calls", ObserveCalls, "{call}", "Calls that services handled, by transaction.");
        meter.CreateObservableGauge(
            "traces.spanmetrics.latency", () => Observe(_calls, static (key, sums, add) => sums.Observe([.. CallTags(key)], add)), "{second}", "How long services took, by transaction.", s_histogram);
        meter.CreateObservableCounter(
            "traces.service.graph.request", () => Observe(_edges, static (key, sums, add) => add(sums.Calls, EdgeTags(key))), "{call}", "Calls from one service to another, or to a database, a broker or a host.");
        meter.CreateObservableCounter(
            "traces.service.graph.request.failed", () => Observe(_edges, static (key, sums, add) => add(sums.Errors, EdgeTags(key))), "{call}", "Those of them that failed.");
        foreach (var side in (string[])["server", "client"])
        {
            meter.CreateObservableGauge(
                $"traces.service.graph.request.{side}", () => Observe(_edges, static (key, sums, add) => sums.Observe(EdgeTags(key), add)), "s", "How long they took as whoever called measured it, else as whoever served did.", s_histogram);
        }
    }

    private delegate void Add(double value, KeyValuePair<string, object?>[] tags);

    /// <summary>Counts what is written.</summary>
    public void Count(IReadOnlyList<(string Project, long Minute, MinuteMeasures Measures)> written)
    {
        if (_most == 0)
        {
            return;
        }

        lock (_gate)
        {
            foreach (var (project, _, measures) in written)
            {
                foreach (var ((service, name), red) in measures.Transactions)
                {
                    Of(_calls, (service.Name, name, project), (Others, Others, "")).Add(red);
                }

                foreach (var (edge, red) in measures.Edges)
                {
                    Of(_edges, (edge.Source.Name, edge.Target.Name, TypeOf(edge), project), (Others, Others, "", "")).Add(red);
                }
            }
        }
    }

    // As Tempo has them.
    private static string TypeOf(Edge edge) => edge.Source.Type is NodeType.Messaging || edge.Target.Type is NodeType.Messaging ? "messaging_system"
        : edge.Target.Type is NodeType.Database or NodeType.Cache ? "database"
        : edge.Source.Type is NodeType.User || edge.Target.Type is NodeType.External ? "virtual_node"
        : "";

    private static KeyValuePair<string, object?>[] CallTags((string Service, string Name, string Project) key) =>
        [new("service", key.Service), new("span_name", key.Name), new("span_kind", "SPAN_KIND_SERVER"), new("project", key.Project)];

    private static KeyValuePair<string, object?>[] EdgeTags((string Client, string Server, string Type, string Project) key) =>
        [new("client", key.Client), new("server", key.Server), new("connection_type", key.Type), new("project", key.Project)];

    private List<Measurement<double>> ObserveCalls() => Observe(_calls, static (key, sums, add) =>
    {
        add(sums.Calls - sums.Errors, [.. CallTags(key), new("status_code", "STATUS_CODE_UNSET")]);
        add(sums.Errors, [.. CallTags(key), new("status_code", "STATUS_CODE_ERROR")]);
    });

    private List<Measurement<double>> Observe<TKey>(Dictionary<TKey, Sums> all, Action<TKey, Sums, Add> one)
        where TKey : notnull
    {
        var seen = new List<Measurement<double>>();
        lock (_gate)
        {
            foreach (var (key, sums) in all)
            {
                one(key, sums, (value, tags) => seen.Add(new(value, tags)));
            }
        }

        return seen;
    }

    private Sums Of<TKey>(Dictionary<TKey, Sums> all, TKey key, TKey others)
        where TKey : notnull
    {
        if (!all.TryGetValue(key, out var sums) && !(all.Count >= _most && all.TryGetValue(key = others, out sums)))
        {
            all.Add(key, sums = new());
        }

        return sums;
    }

    private sealed class Sums
    {
        private readonly long[] _buckets = new long[s_bounds.Length];
        private long _micros;

        public long Calls => _buckets[^1];

        public long Errors { get; private set; }

        public void Add(Red red)
        {
            Errors += red.Errors;
            _micros += red.Sum;
            for (var i = 0; i < _buckets.Length - 1; i++)
            {
                _buckets[i] += red.Latencies.Below(Shortest + i);
            }

            _buckets[^1] += red.Calls;
        }

        public void Observe(KeyValuePair<string, object?>[] tags, Add add)
        {
            for (var i = 0; i < _buckets.Length; i++)
            {
                add(_buckets[i], [.. tags, new("le", s_bounds[i])]);
            }

            add(_micros / 1e6, [.. tags, new("part", "sum")]);
            add(Calls, [.. tags, new("part", "count")]);
        }
    }
}
