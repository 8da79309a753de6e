using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Http.Describing;
using Stagedoor.Tracing.Queries;
using Stagedoor.Tracing.Reading;
using Stagedoor.Tracing.Store;

namespace Stagedoor.Tracing.Jaeger;

/// <summary><c>GET /api/traces</c>: traces with a span that is all that is asked for, or those of some ids.</summary>
internal static class FindTraces
{
    private const int DefaultLimit = 100;
    private const int MaxLimit = 1500;
    private const ulong DefaultTime = 2UL * 24 * 3600 * 1_000_000;

    public static void Map(IEndpointRouteBuilder routes)
    {
        foreach (var (path, name) in ReadRoutes.Prefixes)
        {
            routes.MapGet($"{path}/api/traces", HandleAsync)
                .WithName($"JaegerFindTraces{name}")
                .WithSummary("Search traces")
                .QueryParameter("service", "The service of the span; needed unless traceID is there.")
                .QueryParameter("operation", "The span's name.")
                .QueryParameter("tags", "A JSON object with texts: the span, its events, its resource or its scope has all of them.")
                .QueryParameter("tag", "key:value, as often as there are any; the same.")
                .QueryParameter("start", "Microseconds since the Unix epoch that the span begins at or behind; two days ago when it is not said.")
                .QueryParameter("end", "Microseconds since the Unix epoch that the span begins at or before; now when it is not said.")
                .QueryParameter("minDuration", "The shortest duration of the span, such as 1.5s, 250ms or 1h2m.")
                .QueryParameter("maxDuration", "The longest duration of the span.")
                .QueryParameter("limit", "How many traces; 100 when it is not said, 1500 at most.")
                .QueryParameter("traceID", "An id, as often as there are any: these traces, whatever else is said.")
                .QueryParameter("raw", "true for ids of spans as they were sent.")
                .QueryParameter("prettyPrint", "true for JSON with line ends.")
                .AnswersContent(200, "application/json", "The traces, those with the latest span first, in Jaeger's envelope; what is missing is told in errors.");
        }
    }

    private static Task<IResult> HandleAsync(HttpContext context, TraceReads reads, ITraceStore store) => reads.AnswerAsync(
        context,
        JaegerAnswer.Refuse,
        async scope =>
        {
            var query = new ReadQuery(context, JaegerAnswer.Malformed);
            var (isRaw, isPretty) = (query.Flag("raw"), query.Flag("prettyPrint"));
            var asked = query.All("traceID").Select(text => TraceIdText.Read(text) ?? throw query.Malformed("traceID", $"'{text}' is neither hexadecimal digits nor base64 of an id")).Distinct().Take(MaxLimit).ToList();
            IEnumerable<UInt128> ids = asked;
            if (asked.Count == 0)
            {
                ids = (await scope.SearchAsync(store, SearchOf(query, scope))).Select(static r => r.TraceId);
            }

            var buffer = new AnswerBuffer();
            using var json = JaegerAnswer.Begin(buffer, isPretty);
            var found = new HashSet<UInt128>();
            await foreach (var (id, trace) in scope.TracesAsync(store, ids, () => json.BytesCommitted + json.BytesPending > ReadScope.MostBytes, scope.Cancellation))
            {
                JaegerTraceWriter.Write(json, id, trace.Spans, isRaw);
                found.Add(id);
            }

            json.WriteEndArray();
            var problems = new List<JaegerAnswer.Problem>();
            if (scope.Partial is { } partial)
            {
                problems.Add(new(StatusCodes.Status504GatewayTimeout, partial));
            }
            else
            {
                problems.AddRange(asked.Where(id => !found.Contains(id)).Select(static id => new JaegerAnswer.Problem(StatusCodes.Status404NotFound, "trace not found", SpanIds.Of(id))));
            }

            JaegerAnswer.End(json, 0, problems);
            return new PackedBody(buffer, "application/json");
        });

    private static SpanSearch SearchOf(ReadQuery query, ReadScope scope)
    {
        var service = query.Text("service") ?? throw new ReadException(StatusCodes.Status400BadRequest, "parameter 'service' is required");
        var now = (ulong)(scope.Now - DateTimeOffset.UnixEpoch).Ticks / 10;
        var (min, max) = (query.Duration("minDuration"), query.Duration("maxDuration"));
        if (max < min)
        {
            throw new ReadException(StatusCodes.Status400BadRequest, "'maxDuration' should be greater than 'minDuration'");
        }

        return new()
        {
            Project = scope.Project,
            Service = Lower.Of(service),
            Operation = query.Text("operation"),
            Tags = [.. query.All("tag").Select(tag => TagOf(query, tag)), .. query.Tags("tags")],
            From = Nanoseconds(Micros(query, "start") ?? (now - DefaultTime)),
            Until = Nanoseconds((Micros(query, "end") ?? now) + 1),
            MinDuration = min ?? 0,
            MaxDuration = max ?? ulong.MaxValue,
            Limit = (int)Math.Min(query.Positive("limit") ?? DefaultLimit, MaxLimit),
        };
    }

    private static KeyValuePair<string, string> TagOf(ReadQuery query, string tag) => tag.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon
        ? KeyValuePair.Create(tag[..colon], tag[(colon + 1)..])
        : throw query.Malformed("tag", $"malformed 'tag' parameter, expecting key:value, received: {tag}");

    private static ulong? Micros(ReadQuery query, string name) => query.Number(name) is { } number ? (ulong)number : null;

    // What is later than any span counts as never.
    private static ulong Nanoseconds(ulong micros) => micros > ulong.MaxValue / 1000 ? ulong.MaxValue : micros * 1000;
}
