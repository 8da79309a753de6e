using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Http.Describing;
using Stagedoor.Tracing.Measures;
using Stagedoor.Tracing.Model;
using Stagedoor.Tracing.Model.Topology;
using Stagedoor.Tracing.Otlp;
using Stagedoor.Tracing.Reading;
using Stagedoor.Tracing.Spans;

namespace Stagedoor.Tracing.Jaeger;

/// <summary>
/// <c>GET /api/metrics/latencies</c>, <c>calls</c> and <c>errors</c>, for Jaeger's page of service performance: from what is counted by minute, so that a step below one shows
/// the same number again. Operations are transactions here.
/// </summary>
internal static class GetMetrics
{
    private const long Hour = 3_600_000;
    private const long Minute = 60_000;
    private const long DefaultStep = 5_000;
    private const long DefaultRate = 600_000;

    // As many as Prometheus answers with.
    private const int MostPoints = 11_000;
    private const int MostSeries = 500;

    public static void Map(IEndpointRouteBuilder routes)
    {
        foreach (var (path, name) in ReadRoutes.Prefixes)
        {
            foreach (var (metric, title) in (ReadOnlySpan<(string, string)>)[("latencies", "Latencies"), ("calls", "Calls"), ("errors", "Errors")])
            {
                routes.MapGet($"{path}/api/metrics/{metric}", HandleAsync)
                    .WithName($"JaegerGet{title}{name}")
                    .WithSummary($"Show the {metric} of services over time")
                    .QueryParameter("service", "A service, as often as there are any.", isRequired: true)
                    .QueryParameter("quantile", "Above 0, at most 1; needed for latencies.")
                    .QueryParameter("groupByOperation", "true for each transaction by itself.")
                    .QueryParameter("endTs", "Milliseconds since the Unix epoch; now when it is not said.")
                    .QueryParameter("lookback", "How many milliseconds before; an hour when it is not said.")
                    .QueryParameter("step", "Milliseconds from one point to the next; 5,000 when it is not said.")
                    .QueryParameter("ratePer", "Over how many milliseconds a point is counted; 600,000 when it is not said.")
                    .QueryParameter("spanKind", "server, or client for the calls that services made; server when it is not said.")
                    .AnswersContent(200, "application/json", "A family of metrics in the JSON of Jaeger's protocol.");
            }
        }
    }

    private static Task<IResult> HandleAsync(HttpContext context, TraceReads reads, MeasureStore measures, MeasureWriter writer) => reads.AnswerAsync(
        context,
        JaegerAnswer.Refuse,
        async scope =>
        {
            var metric = context.Request.Path.Value!.Split('/')[^1];
            var query = new ReadQuery(context, JaegerAnswer.Malformed);
            var asked = Asked.Read(query, scope, metric is "latencies");
            await writer.WriteAsync(scope.Cancellation);
            var series = new SortedDictionary<(string Service, string Operation), Dictionary<long, Red>>();
            await foreach (var (minute, measured) in measures.ReadMinutesAsync(scope.Project, (asked.Start - asked.Rate) / Minute, (asked.End / Minute) + 1, scope.Cancellation))
            {
                Collect(series, asked, minute, measured);
                ThrowIfLate(scope);
            }

            var buffer = new AnswerBuffer();
            using (var json = new Utf8JsonWriter(buffer, OtlpJsonWriter.Options))
            {
                Write(json, scope, metric, asked, series);
            }

            return new PackedBody(buffer, "application/json");
        });

    private static void ThrowIfLate(ReadScope scope)
    {
        if (scope.IsLate)
        {
            throw new ReadException(StatusCodes.Status504GatewayTimeout, "it took too long; ask for a shorter time");
        }
    }

    private static void Collect(SortedDictionary<(string Service, string Operation), Dictionary<long, Red>> series, Asked asked, long minute, MinuteMeasures measured)
    {
        var reds = asked.Kind is SpanKind.Client ? measured.Edges.Where(static e => e.Key.Source.Type is NodeType.Service).Select(static e => (Service: e.Key.Source.Name, Operation: e.Key.Target.Name, e.Value))
            : asked.Kind is not SpanKind.Server ? []
            : asked.IsByOperation ? measured.Transactions.Select(static t => (Service: t.Key.Service.Name, Operation: t.Key.Name, t.Value))
            : measured.Nodes.Where(static n => n.Key.Type is NodeType.Service).Select(static n => (Service: n.Key.Name, Operation: "", n.Value));
        foreach (var (service, operation, red) in reds)
        {
            var key = (service, asked.IsByOperation ? operation : "");
            if (!asked.Services.Contains(service) || (!series.ContainsKey(key) && series.Count >= MostSeries))
            {
                continue;
            }

            if (!series.TryGetValue(key, out var minutes))
            {
                series.Add(key, minutes = []);
            }

            if (!minutes.TryGetValue(minute, out var sum))
            {
                minutes.Add(minute, sum = new());
            }

            sum.Add(red);
        }
    }

    private static void Write(Utf8JsonWriter json, ReadScope scope, string metric, Asked asked, SortedDictionary<(string Service, string Operation), Dictionary<long, Red>> series)
    {
        var (of, help) = metric switch
        {
            "latencies" => ("latencies", string.Create(CultureInfo.InvariantCulture, $"{asked.Quantile:0.##}th quantile latency")),
            "calls" => ("call_rate", "calls/sec"),
            _ => ("error_rate", "error rate, computed as a fraction of errors/sec over calls/sec"),
        };
        json.WriteStartObject();
        json.WriteString("name"u8, asked.IsByOperation ? $"service_operation_{of}" : $"service_{of}");
        json.WriteString("type"u8, "GAUGE"u8);
        json.WriteString("help"u8, $"{help}, grouped by service{(asked.IsByOperation ? " & operation" : "")}");
        json.WriteStartArray("metrics"u8);
        foreach (var ((service, operation), minutes) in series)
        {
            json.WriteStartObject();
            json.WriteStartArray("labels"u8);
            WriteLabel(json, "service_name"u8, service);
            if (asked.IsByOperation)
            {
                WriteLabel(json, "operation"u8, operation);
            }

            json.WriteEndArray();
            json.WriteStartArray("metricPoints"u8);
            WritePoints(json, scope, metric, asked, minutes);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteLabel(Utf8JsonWriter json, ReadOnlySpan<byte> name, string value)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, name);
        json.WriteString("value"u8, value);
        json.WriteEndObject();
    }

    // Points within one minute are the same number.
    private static void WritePoints(Utf8JsonWriter json, ReadScope scope, string metric, Asked asked, Dictionary<long, Red> minutes)
    {
        var (known, value) = (-1L, double.NaN);
        for (var at = asked.Start; at <= asked.End; at += asked.Step)
        {
            var minute = at / Minute;
            if (minute != known)
            {
                ThrowIfLate(scope);
                (known, value) = (minute, ValueAt(metric, asked, minutes, minute));
            }

            json.WriteStartObject();
            json.WriteStartObject("gaugeValue"u8);
            if (double.IsNaN(value))
            {
                // As protobuf's JSON writes a number that is none.
                json.WriteString("doubleValue"u8, "NaN"u8);
            }
            else
            {
                json.WriteNumber("doubleValue"u8, value);
            }

            json.WriteEndObject();
            json.WriteString("timestamp"u8, DateTimeOffset.FromUnixTimeMilliseconds(at).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));
            json.WriteEndObject();
        }
    }

    // Over the minutes that end with this one, which may be under way.
    private static double ValueAt(string metric, Asked asked, Dictionary<long, Red> minutes, long minute)
    {
        var sum = new Red();
        var count = Math.Max(1, asked.Rate / Minute);
        if (count > minutes.Count)
        {
            foreach (var (at, red) in minutes)
            {
                if (at > minute - count && at <= minute)
                {
                    sum.Add(red);
                }
            }
        }
        else
        {
            for (var at = minute - count + 1; at <= minute; at++)
            {
                if (minutes.TryGetValue(at, out var red))
                {
                    sum.Add(red);
                }
            }
        }

        return metric switch
        {
            "calls" => sum.Calls / (count * 60.0),
            _ when sum.Calls == 0 => double.NaN,
            "errors" => sum.Errors / (double)sum.Calls,
            _ => sum.Latencies.Percentile(asked.Quantile) / 1000.0,
        };
    }

    /// <summary>What is asked for. Times in milliseconds.</summary>
    private sealed record Asked(HashSet<string> Services, double Quantile, bool IsByOperation, long Start, long End, long Step, long Rate, SpanKind? Kind)
    {
        public static Asked Read(ReadQuery query, ReadScope scope, bool needsQuantile)
        {
            var services = query.All("service").Select(Lower.Of).ToHashSet(StringComparer.Ordinal);
            if (services.Count == 0)
            {
                throw query.Malformed("service", "please provide at least one service name");
            }

            var quantile = 0.0;
            if (needsQuantile)
            {
                var text = query.Text("quantile") ?? throw query.Malformed("quantile", "it is required");
                if (!double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out quantile) || quantile is not (> 0 and <= 1))
                {
                    throw query.Malformed("quantile", $"'{text}' is no number above 0 and at most 1");
                }
            }

            var kind = query.Text("spanKind") is not { } name ? SpanKind.Server
                : SpanKinds.Read(name) ?? throw query.Malformed("spanKind", $"unsupported span kind: '{name}'");
            var end = Math.Min(query.Number("endTs") ?? scope.Now.ToUnixTimeMilliseconds(), DateTimeOffset.MaxValue.ToUnixTimeMilliseconds());
            var lookback = Math.Min(query.Positive("lookback") ?? Hour, end);
            var step = Math.Min(query.Positive("step") ?? DefaultStep, lookback + 1);
            if (lookback / step > MostPoints)
            {
                throw query.Malformed("step", string.Create(CultureInfo.InvariantCulture, $"these would be more than {MostPoints} points"));
            }

            return new(services, quantile, query.Flag("groupByOperation"), end - lookback, end, step, Math.Min(query.Positive("ratePer") ?? DefaultRate, end), kind);
        }
    }
}
