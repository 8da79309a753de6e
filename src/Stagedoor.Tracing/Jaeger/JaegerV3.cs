using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Stagedoor.Tracing.Otlp;
using Stagedoor.Tracing.Reading;
using Stagedoor.Tracing.Store;

namespace Stagedoor.Tracing.Jaeger;

/// <summary>What the third version of Jaeger's API has in common.</summary>
internal static class JaegerV3
{
    private const int DefaultDepth = 100;
    private const int MaxDepth = 1500;

    /// <summary>The parameters of a search with what they mean.</summary>
    public static IReadOnlyList<(string Name, string Description)> SearchParameters { get; } =
    [
        ("query.serviceName", "The service of the span; all services when it is not said."),
        ("query.operationName", "The span's name."),
        ("query.attributes", "A JSON object with texts: the span, its events, its resource or its scope has all of them."),
        ("query.startTimeMin", "RFC 3339: the span begins at or behind it."),
        ("query.startTimeMax", "RFC 3339: the span begins before it."),
        ("query.durationMin", "The shortest duration of the span, such as 1.5s, 250ms or 1h2m."),
        ("query.durationMax", "The longest duration of the span."),
        ("query.searchDepth", "How many traces; 100 when it is not said, 1500 at most."),
        ("query.rawTraces", "Taken; traces are always as they were sent."),
        ("query.filter", "Refused: such expressions are not known here."),
        ("query.service_name", "query.serviceName in another spelling, as those that follow."),
        ("query.operation_name", "query.operationName."),
        ("query.spanName", "query.operationName."),
        ("query.span_name", "query.operationName."),
        ("query.start_time_min", "query.startTimeMin."),
        ("query.start_time_max", "query.startTimeMax."),
        ("query.duration_min", "query.durationMin."),
        ("query.duration_max", "query.durationMax."),
        ("query.search_depth", "query.searchDepth."),
        ("query.numTraces", "query.searchDepth."),
        ("query.num_traces", "query.searchDepth."),
        ("query.raw_traces", "query.rawTraces."),
    ];

    /// <summary>How a parameter is called that is not what it has to be.</summary>
    public static string Malformed(string name, string why) => $"malformed parameter {name}: {why}";

    /// <summary>A refusal.</summary>
    public static IResult Refuse(int status, string message) => Of(
        json =>
        {
            json.WriteStartObject("error"u8);
            json.WriteNumber("httpCode"u8, status);
            json.WriteString("message"u8, Text.Repair(message));
            json.WriteEndObject();
        },
        status);

    /// <summary>An object.</summary>
    public static IResult Of(Action<Utf8JsonWriter> writeMembers, int status = StatusCodes.Status200OK)
    {
        var buffer = new AnswerBuffer();
        using (var json = new Utf8JsonWriter(buffer, OtlpJsonWriter.Options))
        {
            json.WriteStartObject();
            writeMembers(json);
            json.WriteEndObject();
        }

        return new PackedBody(buffer, "application/json", status);
    }

    /// <summary>Reads a search. Names of parameters may be written with underscores too, and there are older ones.</summary>
    public static SpanSearch SearchOf(ReadQuery query, ReadScope scope)
    {
        if (query.Text("query.filter") is not null)
        {
            throw query.Malformed("query.filter", "filter expressions are not known here; use query.attributes");
        }

        var from = query.Time("query.startTimeMin", "query.start_time_min") ?? throw query.Malformed("query.startTimeMin", "it is required");
        var until = query.Time("query.startTimeMax", "query.start_time_max") ?? throw query.Malformed("query.startTimeMax", "it is required");
        if (from >= until)
        {
            throw query.Malformed("query.startTimeMin", "it must be before query.startTimeMax");
        }

        var (min, max) = (query.Duration("query.durationMin", "query.duration_min"), query.Duration("query.durationMax", "query.duration_max"));
        if (max < min)
        {
            throw query.Malformed("query.durationMax", "it must not be less than query.durationMin");
        }

        _ = query.Flag("query.rawTraces") || query.Flag("query.raw_traces");
        return new()
        {
            Project = scope.Project,
            Service = query.Text("query.serviceName", "query.service_name") is { } service ? Lower.Of(service.Value) : null,
            Operation = query.Text("query.operationName", "query.operation_name", "query.spanName", "query.span_name")?.Value,
            Tags = query.Tags("query.attributes"),
            From = from,
            Until = until,
            MinDuration = min ?? 0,
            MaxDuration = max ?? ulong.MaxValue,
            Limit = (int)Math.Min(query.Positive("query.searchDepth", "query.search_depth", "query.numTraces", "query.num_traces") ?? DefaultDepth, MaxDepth),
        };
    }
}
