using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Tracing.Model;
using Stagedoor.Tracing.Spans;
using Stagedoor.Tracing.Store;

namespace Stagedoor.Tracing.Queries;

/// <summary><c>GET /v1/{project_id}/ats/spans</c>: each span of a trace as a text that is the JSON of a span of Zipkin's version 1.</summary>
internal static class ShowSpans
{
    private const int MostSpans = 10_000;
    private const int MostAttributes = 64;
    private const int MostText = 1024;

    private static readonly JsonWriterOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly string[] s_own = ["append", "async", "goid", "result", "resultCode", "seqno", "type"];

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/spans", HandleAsync)
        .WithName(nameof(ShowSpans))
        .WithSummary("Show the spans of a trace")
        .QueryParameter("traceId", "16 or 32 hexadecimal digits.", isRequired: true)
        .Answers<Answer<IReadOnlyList<string>>>(200, "Its spans, each before those in it; every element is the JSON of one.")
        .Action("apm:ats:get");

    private static async Task<IResult> HandleAsync(HttpContext context, ITraceStore store, CancellationToken cancellationToken)
    {
        var query = ApmQuery.Read(context, QueryFamily.Ats, "traceId");
        var traceId = SpanIds.ReadTrace(query.Text("traceId")) ?? throw query.Family.Invalid("traceId", "16 or 32 hexadecimal digits, not all of them 0");
        if (await store.FindTraceAsync(query.Project, traceId, cancellationToken) is not { } trace)
        {
            return TracingError.EmptyResult();
        }

        var tree = TraceTree.Of(trace.Spans, joinsHalves: true);
        var spans = tree.InOrder().Take(MostSpans + 1).Select(n => Write(trace.Spans, n.Node)).ToList();
        if (spans.Count > MostSpans)
        {
            spans.RemoveAt(MostSpans);
            context.Response.Headers["X-Trace-Truncated"] = "true";
        }

        return Answers.Of<IReadOnlyList<string>>(query.Family, spans, TracingJson.Wire.NamesAnswer);
    }

    private static string Write(SpanGroup group, TraceTree.Node node)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer, s_json))
        {
            Write(json, group, node);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    private static void Write(Utf8JsonWriter json, SpanGroup group, TraceTree.Node node)
    {
        var (batch, span) = (group.Batch, group.Batch.Spans[node.Span]);
        var named = node.Server < 0 ? span : batch.Spans[node.Server];
        var facts = group.Facts[node.Server < 0 ? node.Span : node.Server];
        var identity = group.IdentityOf(named);
        json.WriteStartObject();
        json.WriteString("traceId", SpanIds.Of(span.TraceId));
        json.WriteString("id", SpanIds.Of(span.SpanId));
        json.WriteString("name", $"{identity.Service}:{identity.Instance}:{OperationOf(batch, named, facts)}");
        if (span.ParentId != 0)
        {
            json.WriteString("parentId", SpanIds.Of(span.ParentId));
        }

        json.WriteNumber("timestamp", SpanText.Micros(span.Start));
        json.WriteNumber("duration", SpanText.Duration(span));
        json.WriteStartArray("annotations");
        WriteAnnotations(json, group, node);
        json.WriteEndArray();
        json.WriteStartArray("binaryAnnotations");
        WriteBinaryAnnotations(json, batch, named, facts, EndpointOf(group, named));
        json.WriteEndArray();
        json.WriteEndObject();
    }

    // The transaction without its method; a span that is no entry has none.
    private static string OperationOf(SpanBatch batch, in SpanData span, in SpanFacts facts)
    {
        var transaction = batch.TextOf(facts.Transaction);
        return SpanTypes.CategoryOf(facts.Type) is SpanCategory.Http && transaction.IndexOf("_/", StringComparison.Ordinal) is > 0 and var at
            ? transaction[(at + 1)..]
            : batch.TextOf(span.Name);
    }

    private static void WriteAnnotations(Utf8JsonWriter json, SpanGroup group, TraceTree.Node node)
    {
        var annotations = new List<(long Time, int Order, string Value, Endpoint Endpoint)>();
        Add(group.Batch.Spans[node.Span]);
        if (node.Server >= 0)
        {
            Add(group.Batch.Spans[node.Server]);
        }

        foreach (var (time, _, value, endpoint) in annotations.OrderBy(static a => a.Time).ThenBy(static a => a.Order))
        {
            json.WriteStartObject();
            json.WriteNumber("timestamp", time);
            json.WriteString("value", value);
            endpoint.Write(json);
            json.WriteEndObject();
        }

        void Add(SpanData span)
        {
            var endpoint = EndpointOf(group, span);
            var (start, end) = span.Kind switch
            {
                SpanKind.Client or SpanKind.Producer => ("cs", "cr"),
                SpanKind.Server or SpanKind.Consumer => ("sr", "ss"),
                _ => ("", ""),
            };
            if (start.Length > 0)
            {
                annotations.Add((SpanText.Micros(span.Start), annotations.Count, start, endpoint));
            }

            for (var i = 0; i < span.Events.Count; i++)
            {
                var happened = group.Batch.Events[span.Events.First + i];
                annotations.Add((SpanText.Micros(happened.Time), annotations.Count, group.Batch.TextOf(happened.Name), endpoint));
            }

            if (end.Length > 0)
            {
                annotations.Add((SpanText.Micros(span.Start) + SpanText.Duration(span), annotations.Count, end, endpoint));
            }
        }
    }

    private static void WriteBinaryAnnotations(Utf8JsonWriter json, SpanBatch batch, in SpanData span, in SpanFacts facts, Endpoint endpoint)
    {
        var known = new KnownAttributes(batch, span.Attributes, stackalloc short[KnownKeys.Count]);
        var category = SpanTypes.CategoryOf(facts.Type);
        Write("append", known.First(KnownKey.HttpRequestMethod, KnownKey.HttpMethod, KnownKey.RpcMethod, KnownKey.DbOperationName, KnownKey.DbOperation, KnownKey.MessagingOperationName, KnownKey.MessagingOperationType, KnownKey.MessagingOperation));
        Write("async", span.Kind is SpanKind.Producer or SpanKind.Consumer ? "1" : "0");
        Write("goid", known.FirstValue(KnownKey.ThreadId) is { Length: > 0 } thread ? thread : "0");
        Write("result", facts.IsFailed ? "1" : "0");
        Write("resultCode", SpanReader.ResultCodeOf(known));
        Write("seqno", span.Start.ToString(CultureInfo.InvariantCulture));
        Write("type", category switch
        {
            SpanCategory.Http => "1",
            SpanCategory.Grpc or SpanCategory.Dubbo or SpanCategory.Rpc => "2",
            SpanCategory.Database => "3",
            SpanCategory.Cache => "4",
            SpanCategory.Messaging => "5",
            _ => "0",
        });
        foreach (var attribute in SpanText.Sorted(batch, span.Attributes).Take(MostAttributes))
        {
            var key = batch.TextOf(attribute.Key);
            Write(Array.IndexOf(s_own, key) < 0 ? key : $"attr.{key}", Text.Cut(SpanText.Of(batch, attribute), MostText));
        }

        void Write(string key, string value)
        {
            json.WriteStartObject();
            json.WriteString("key", key);
            json.WriteString("value", value);
            endpoint.Write(json);
            json.WriteEndObject();
        }
    }

    private static Endpoint EndpointOf(SpanGroup group, in SpanData span)
    {
        var batch = group.Batch;
        var resource = new KnownAttributes(batch, batch.Resources[batch.Scopes[span.Scope].Resource].Attributes, stackalloc short[KnownKeys.Count]);
        var (address, port) = (resource.First(KnownKey.LocalAddress), resource.Number(KnownKey.LocalPort));
        if (address.Length == 0 && span.Kind is SpanKind.Server)
        {
            var known = new KnownAttributes(batch, span.Attributes, stackalloc short[KnownKeys.Count]);
            (address, port) = (known.First(KnownKey.ServerAddress), known.Number(KnownKey.ServerPort));
        }

        return new(group.IdentityOf(span).Service, SpanReader.IpV4(Encoding.UTF8.GetBytes(address)), (int)Math.Clamp(port ?? 0, 0, ushort.MaxValue));
    }

    private sealed record Endpoint(string Service, string Address, int Port)
    {
        public void Write(Utf8JsonWriter json)
        {
            json.WriteStartObject("endpoint");
            json.WriteString("serviceName", Service);
            json.WriteString("ipv4", Address);
            json.WriteNumber("port", Port);
            json.WriteEndObject();
        }
    }
}
