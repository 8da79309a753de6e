using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Http.Describing;
using Stagedoor.Tracing.Otlp;
using Stagedoor.Tracing.Reading;
using Stagedoor.Tracing.Store;

namespace Stagedoor.Tracing.Zipkin;

/// <summary><c>GET /api/v2/traces</c>: traces with a span that is all that is asked for.</summary>
internal static class FindTraces
{
    private const long Day = 86_400_000;
    private const int DefaultLimit = 10;
    private const int MaxLimit = 1500;

    // Names that are the same but for their case are searched for one after the other.
    private const int MostNames = 10;

    public static void Map(IEndpointRouteBuilder routes)
    {
        foreach (var (path, name) in ReadRoutes.Prefixes)
        {
            routes.MapGet($"{path}/api/v2/traces", HandleAsync)
                .WithName($"ZipkinFindTraces{name}")
                .WithSummary("Search traces")
                .QueryParameter("serviceName", "The service of the span.")
                .QueryParameter("remoteServiceName", "What it calls or is called by.")
                .QueryParameter("spanName", "The span's name, whatever its case; all is any.")
                .QueryParameter("annotationQuery", "Tags key=value, and tags or annotations alone, joined by and.")
                .QueryParameter("minDuration", "The shortest duration of the span in microseconds.")
                .QueryParameter("maxDuration", "The longest, with minDuration only.")
                .QueryParameter("endTs", "Milliseconds since the Unix epoch that the span begins at or before; now when it is not said.")
                .QueryParameter("lookback", "How many milliseconds before; a day when it is not said.")
                .QueryParameter("limit", "How many traces; 10 when it is not said, 1500 at most.")
                .AnswersContent(200, "application/json", "A list of traces, each a list of spans, those with the latest span first.");
        }
    }

    private static Task<IResult> HandleAsync(HttpContext context, TraceReads reads, ITraceStore store) => reads.AnswerAsync(
        context,
        ZipkinAnswer.Refuse,
        async scope =>
        {
            var query = new ReadQuery(context, ZipkinAnswer.Malformed);
            var search = SearchOf(query, scope);
            var rows = query.Text("spanName") is { } name && name is not "all"
                ? await SearchAsync(store, scope, search, name)
                : await scope.SearchAsync(store, search);
            return await WriteAsync(store, scope, rows.Select(static r => r.TraceId));
        });

    /// <summary>A list of traces.</summary>
    public static async Task<IResult> WriteAsync(ITraceStore store, ReadScope scope, IEnumerable<UInt128> ids)
    {
        var buffer = new AnswerBuffer();
        using var json = new Utf8JsonWriter(buffer, OtlpJsonWriter.Options);
        json.WriteStartArray();
        await foreach (var (_, trace) in scope.TracesAsync(store, ids, () => json.BytesCommitted + json.BytesPending > ReadScope.MostBytes, scope.Cancellation))
        {
            GetTrace.Write(json, scope, trace.Spans);
        }

        json.WriteEndArray();
        await json.FlushAsync(scope.Cancellation);
        return new PackedBody(buffer, "application/json");
    }

    private static async Task<IReadOnlyList<SpanRow>> SearchAsync(ITraceStore store, ReadScope scope, SpanSearch search, string name)
    {
        var names = (await store.OperationsAsync(scope.Project, search.Service, scope.Cancellation)).Select(static o => o.Name)
            .Where(n => string.Equals(Lower.Of(n), Lower.Of(name), StringComparison.Ordinal)).Distinct(StringComparer.Ordinal).Take(MostNames);
        var found = new List<SpanRow>();
        foreach (var operation in names)
        {
            found.AddRange(await scope.SearchAsync(store, search with { Operation = operation }));
        }

        return [.. found.OrderByDescending(static r => r.Start).ThenBy(static r => r.TraceId).DistinctBy(static r => r.TraceId).Take(search.Limit)];
    }

    private static SpanSearch SearchOf(ReadQuery query, ReadScope scope)
    {
        var end = query.Positive("endTs") ?? scope.Now.ToUnixTimeMilliseconds();
        var lookback = query.Positive("lookback") ?? Day;
        var (min, max) = (query.Positive("minDuration"), query.Positive("maxDuration"));
        if (max is not null && min is null)
        {
            throw query.Malformed("maxDuration", "it is only valid with minDuration");
        }

        if (max < min)
        {
            throw query.Malformed("maxDuration", "it must not be less than minDuration");
        }

        var (tags, keys) = AnnotationsOf(query);
        return new()
        {
            Project = scope.Project,
            Service = query.Text("serviceName") is { } service ? Lower.Of(service) : null,
            Remote = query.Text("remoteServiceName") is { } remote ? Lower.Of(remote) : null,
            Tags = tags,
            Keys = keys,
            From = Scaled(Math.Max(0, end - lookback), 1_000_000),
            Until = Scaled(end, 1_000_000) is < ulong.MaxValue and var last ? last + 1_000_000 : ulong.MaxValue,
            MinDuration = Scaled(min ?? 0, 1000),
            MaxDuration = max is null ? ulong.MaxValue : Scaled(max.Value, 1000) is < ulong.MaxValue and var longest ? longest + 999 : ulong.MaxValue,
            Limit = (int)Math.Min(query.Positive("limit") ?? DefaultLimit, MaxLimit),
        };
    }

    private static (List<KeyValuePair<string, string>> Tags, List<string> Keys) AnnotationsOf(ReadQuery query)
    {
        var (tags, keys) = (new List<KeyValuePair<string, string>>(), new List<string>());
        foreach (var part in (query.Text("annotationQuery") ?? "").Split(" and ", StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (part.IndexOf('=', StringComparison.Ordinal) is > 0 and var equals)
            {
                tags.Add(KeyValuePair.Create(part[..equals], part[(equals + 1)..]));
            }
            else
            {
                keys.Add(part);
            }
        }

        return (tags, keys);
    }

    // What is later or longer than anything counts as that.
    private static ulong Scaled(long number, ulong factor) => (ulong)number > (ulong.MaxValue / factor) - 1 ? ulong.MaxValue : (ulong)number * factor;
}
