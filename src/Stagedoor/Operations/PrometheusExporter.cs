using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Stagedoor.Operations;

/// <summary>Keeps the instruments of the host's meter <c>Stagedoor</c> and writes them in Prometheus' text format.</summary>
/// <remarks>
/// OpenTelemetry.Exporter.Prometheus.AspNetCore 1.20.1-beta.1 was tried. It keeps a place for every set of labels that an observed instrument
/// ever had: after 2,000 of them, which instances that come and go reach by themselves, it shows one series <c>otel_metric_overflow</c> instead
/// of those that are there. Here a series that is not observed any more is forgotten.
/// </remarks>
internal sealed class PrometheusExporter : IDisposable
{
    private const string MeterName = "Stagedoor";
    private const int MaxSeriesPerInstrument = 2_000;

    // Of a histogram that was counted already each bound is a series.
    private const int MaxParts = 20;

    // Seconds; from a cached answer to a large upload.
    private static readonly double[] s_buckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60];
    private readonly ConcurrentDictionary<Instrument, Family> _families = new();
    private readonly MeterListener _listener = new();
    private readonly Lock _rendering = new();

    public PrometheusExporter(IMeterFactory factory)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            // Several hosts of one process have a meter of this name each.
            if (instrument.Meter is { Name: MeterName, Scope: { } scope } && ReferenceEquals(scope, factory))
            {
                _families.TryAdd(instrument, new(instrument));
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>(Record);
        _listener.Start();
    }

    /// <summary>What is exported, by name.</summary>
    internal IReadOnlyList<MetricFamily> Families =>
        [.. _families.Values.Select(static f => f.Description).OrderBy(static f => f.Name, StringComparer.Ordinal)];

    public void Dispose() => _listener.Dispose();

    internal string Render()
    {
        var text = new StringBuilder();
        lock (_rendering)
        {
            // What an instrument is asked for it tells in full: a series that it leaves out is gone.
            foreach (var family in _families.Values)
            {
                family.ForgetObserved();
            }

            _listener.RecordObservableInstruments();
            foreach (var family in _families.Values.OrderBy(f => f.Name, StringComparer.Ordinal))
            {
                family.Render(text);
            }
        }

        return text.ToString();
    }

    private void Record(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state = null)
    {
        if (_families.TryGetValue(instrument, out var family))
        {
            family.Record(value, tags);
        }
    }

    private sealed class Family(Instrument instrument)
    {
        private readonly ConcurrentDictionary<SeriesKey, Series> _series = new();
        // What is observed may be a histogram that somebody has counted already: the last tag of a value is its bound, or which part it is.
        private readonly bool _isCounted = instrument.Tags?.Any(static t => t is { Key: "prometheus.type", Value: "histogram" }) is true;
        private readonly string _kind = instrument.GetType().Name switch
        {
            _ when instrument.Tags?.Any(static t => t is { Key: "prometheus.type", Value: "histogram" }) is true => "histogram",
            var n when n.StartsWith("Histogram", StringComparison.Ordinal) => "histogram",
            var n when n.StartsWith("Counter", StringComparison.Ordinal) || n.StartsWith("ObservableCounter", StringComparison.Ordinal) => "counter",
            _ => "gauge",
        };

        private readonly bool _absolute = instrument.IsObservable;

        internal string Name { get; } = NameOf(instrument);

        internal MetricFamily Description => new(Name, _kind, instrument.Unit ?? "", instrument.Description ?? "");

        internal void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var key = new SeriesKey(tags);
            if (!_series.TryGetValue(key, out var series))
            {
                // Label values come from routes and codes, which are few, or are bounded where they are observed; this bound is there for a mistake.
                series = _series.Count < (_isCounted ? MaxSeriesPerInstrument * MaxParts : MaxSeriesPerInstrument) ? _series.GetOrAdd(key, Make(tags)) : null;
            }

            series?.Record(value, _kind is "histogram" && !_isCounted, _absolute);
        }

        internal void ForgetObserved()
        {
            if (_absolute)
            {
                _series.Clear();
            }
        }

        internal void Render(StringBuilder text)
        {
            text.Append(CultureInfo.InvariantCulture, $"# HELP {Name} {instrument.Description}\n# TYPE {Name} {_kind}\n");
            foreach (var series in _isCounted ? _series.Values.OrderBy(static s => s.Number) : _series.Values.OrderBy(static s => s.Labels, StringComparer.Ordinal))
            {
                series.Render(text, Name + series.Suffix, _kind is "histogram" && !_isCounted);
            }
        }

        private Series Make(ReadOnlySpan<KeyValuePair<string, object?>> tags) => !_isCounted ? new(Labels(tags))
            : tags[^1].Key is "le" ? new(Labels(tags)) { Suffix = "_bucket", Number = _series.Count }
            : new(Labels(tags[..^1])) { Suffix = $"_{tags[^1].Value}", Number = _series.Count };

        // OpenTelemetry's rules for Prometheus: the unit and, for counters, `total` become suffixes.
        private static string NameOf(Instrument instrument)
        {
            var name = instrument.Name.Replace('.', '_');
            var unit = instrument.Unit switch { "s" => "_seconds", "By" => "_bytes", _ => "" };
            var total = instrument.GetType().Name is "Counter`1" or "ObservableCounter`1" ? "_total" : "";
            name = name.EndsWith(unit, StringComparison.Ordinal) ? name : name + unit;
            return name.EndsWith("_total", StringComparison.Ordinal) ? name : name + total;
        }

        private static string Labels(ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            if (tags.IsEmpty)
            {
                return "";
            }

            var text = new StringBuilder();
            foreach (var (name, value) in tags)
            {
                var escaped = Convert.ToString(value, CultureInfo.InvariantCulture)!
                    .Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
                text.Append(text.Length > 0 ? "," : "").Append(name.Replace('.', '_')).Append("=\"").Append(escaped).Append('"');
            }

            return text.ToString();
        }
    }

    /// <summary>The values of up to eight tags; their names are always the same for one instrument. Looking it up allocates nothing.</summary>
    private readonly record struct SeriesKey
    {
        private readonly object? _first;
        private readonly object? _second;
        private readonly object? _third;
        private readonly object? _fourth;
        private readonly object? _fifth;
        private readonly object? _sixth;
        private readonly object? _seventh;
        private readonly object? _eighth;

        internal SeriesKey(ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            _first = tags.Length > 0 ? tags[0].Value : null;
            _second = tags.Length > 1 ? tags[1].Value : null;
            _third = tags.Length > 2 ? tags[2].Value : null;
            _fourth = tags.Length > 3 ? tags[3].Value : null;
            _fifth = tags.Length > 4 ? tags[4].Value : null;
            _sixth = tags.Length > 5 ? tags[5].Value : null;
            _seventh = tags.Length > 6 ? tags[6].Value : null;
            _eighth = tags.Length > 7 ? tags[7].Value : null;
        }
    }

    private sealed class Series(string tagLabels)
    {
        private readonly Lock _gate = new();
        private readonly long[] _counts = new long[s_buckets.Length + 1];
        private double _sum;

        internal string Labels { get; } = tagLabels;

        /// <summary>Which part of a histogram it is that was counted already.</summary>
        internal string Suffix { get; init; } = "";

        /// <summary>When it was observed among its like: their order is that of the bounds.</summary>
        internal int Number { get; init; }

        internal void Record(double value, bool histogram, bool absolute)
        {
            lock (_gate)
            {
                _sum = absolute ? value : _sum + value;
                if (histogram)
                {
                    var bucket = Array.BinarySearch(s_buckets, value);
                    _counts[bucket >= 0 ? bucket : ~bucket]++;
                }
            }
        }

        internal void Render(StringBuilder text, string name, bool histogram)
        {
            lock (_gate)
            {
                var labels = Labels;
                var braces = labels.Length > 0 ? $"{{{labels}}}" : "";
                if (!histogram)
                {
                    text.Append(CultureInfo.InvariantCulture, $"{name}{braces} {_sum}\n");
                    return;
                }

                var comma = labels.Length > 0 ? "," : "";
                var total = 0L;
                for (var i = 0; i < s_buckets.Length; i++)
                {
                    total += _counts[i];
                    text.Append(CultureInfo.InvariantCulture, $"{name}_bucket{{{labels}{comma}le=\"{s_buckets[i]}\"}} {total}\n");
                }

                total += _counts[^1];
                text.Append(CultureInfo.InvariantCulture, $"{name}_bucket{{{labels}{comma}le=\"+Inf\"}} {total}\n{name}_sum{braces} {_sum}\n{name}_count{braces} {total}\n");
            }
        }
    }
}

/// <summary>A metric as it is exported.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind"><c>counter</c>, <c>gauge</c> or <c>histogram</c>.</param>
/// <param name="Unit">What is counted or measured, as its instrument says.</param>
/// <param name="Help">What it says.</param>
internal sealed record MetricFamily(string Name, string Kind, string Unit, string Help);
