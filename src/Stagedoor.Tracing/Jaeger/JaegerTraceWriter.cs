using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.IO.Hashing;
using System.Text;
using System.Text.Json;
using Stagedoor.Tracing.Otlp;
using Stagedoor.Tracing.Queries;
using Stagedoor.Tracing.Reading;
using Stagedoor.Tracing.Spans;
using Stagedoor.Tracing.Store;

namespace Stagedoor.Tracing.Jaeger;

/// <summary>
/// Writes a trace in Jaeger's legacy JSON. Times are whole microseconds. Of two halves of a span that share an id the server's is shown under an id of its own, which is
/// always the same, unless the trace is asked for raw.
/// </summary>
internal sealed class JaegerTraceWriter
{
    // What a number may be that every reader of JSON knows exactly.
    private const long MostExact = (1L << 53) - 1;
    private const uint Sampled = 1;
    private const uint Debug = 2;

    private readonly Utf8JsonWriter _json;
    private readonly SpanGroup _group;
    private readonly SpanBatch _batch;
    private readonly string _traceId;
    private readonly SpanOrder _order;
    private readonly Dictionary<TraceTree.Node, ulong> _ids = [];
    private readonly Dictionary<int, string> _ofResource = [];
    private readonly HashSet<ulong> _sent = [];
    private readonly Dictionary<(string Service, string Tags), int> _numbers = [];
    private readonly List<(string Service, string Tags)> _processes = [];

    private JaegerTraceWriter(Utf8JsonWriter json, UInt128 traceId, SpanGroup group, bool isRaw)
    {
        (_json, _group, _batch, _traceId) = (json, group, group.Batch, SpanIds.Of(traceId));
        _order = SpanOrder.Of(group);
        NameSpans(isRaw);
    }

    /// <summary>Writes a trace.</summary>
    /// <param name="json">Where it is written.</param>
    /// <param name="traceId">Its id.</param>
    /// <param name="group">Its spans.</param>
    /// <param name="isRaw">Whether ids of spans stay as they were sent.</param>
    public static void Write(Utf8JsonWriter json, UInt128 traceId, SpanGroup group, bool isRaw) => new JaegerTraceWriter(json, traceId, group, isRaw).Write();

    private void Write()
    {
        var warnings = new List<string>(_order.Warnings);
        _json.WriteStartObject();
        _json.WriteString("traceID"u8, _traceId);
        _json.WriteStartArray("spans"u8);
        var began = _json.BytesCommitted + _json.BytesPending;
        for (var i = 0; i < _order.Nodes.Count; i++)
        {
            if (_json.BytesCommitted + _json.BytesPending - began > ReadScope.MostTraceBytes)
            {
                warnings.Add(string.Create(CultureInfo.InvariantCulture, $"the trace was cut after {i} spans: it is too long for an answer"));
                break;
            }

            WriteSpan(_order.Nodes[i]);
        }

        _json.WriteEndArray();
        _json.WriteStartObject("processes"u8);
        for (var i = 0; i < _processes.Count; i++)
        {
            _json.WriteStartObject(string.Create(CultureInfo.InvariantCulture, $"p{i + 1}"));
            _json.WriteString("serviceName"u8, _processes[i].Service);
            _json.WritePropertyName("tags"u8);
            _json.WriteRawValue(_processes[i].Tags, skipInputValidation: true);
            _json.WriteEndObject();
        }

        _json.WriteEndObject();
        WriteWarnings(warnings);
        _json.WriteEndObject();
    }

    // The first of two under one id keeps it: the client's half, which comes before what is in it.
    private void NameSpans(bool isRaw)
    {
        foreach (var node in _order.Nodes)
        {
            _sent.Add(_batch.Spans[node.Span].SpanId);
        }

        var used = new HashSet<ulong>(_sent);
        var taken = new HashSet<ulong>();
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        foreach (var node in _order.Nodes)
        {
            var id = _batch.Spans[node.Span].SpanId;
            if (!taken.Add(id) && !isRaw)
            {
                do
                {
                    BinaryPrimitives.WriteUInt64BigEndian(bytes, id);
                    id = XxHash64.HashToUInt64(bytes);
                }
                while (id == 0 || !used.Add(id));
            }

            _ids[node] = id;
        }
    }

    private void WriteSpan(TraceTree.Node node)
    {
        var span = _batch.Spans[node.Span];
        var facts = _group.Facts[node.Span];
        var warnings = new List<string>(node.Warnings);
        _json.WriteStartObject();
        _json.WriteString("traceID"u8, _traceId);
        _json.WriteString("spanID"u8, SpanIds.Of(_ids[node]));
        _json.WriteNumber("flags"u8, (span.Flags & 0xFF & ~Debug) | Sampled | ((span.Flags & ZipkinFlags.Debug) != 0 ? Debug : 0));
        _json.WriteString("operationName"u8, _batch[span.Name]);
        _json.WriteStartArray("references"u8);
        if (node.Parent is { } parent)
        {
            WriteReference("CHILD_OF"u8, _traceId, SpanIds.Of(_ids[parent]));
        }
        else if (span.ParentId != 0 && !_sent.Contains(span.ParentId))
        {
            WriteReference("CHILD_OF"u8, _traceId, SpanIds.Of(span.ParentId));
            warnings.Add($"the parent {SpanIds.Of(span.ParentId)} is missing");
        }

        for (var i = span.Links.First; i < span.Links.First + span.Links.Count; i++)
        {
            WriteReference("FOLLOWS_FROM"u8, SpanIds.Of(_batch.Links[i].TraceId), SpanIds.Of(_batch.Links[i].SpanId));
        }

        _json.WriteEndArray();
        _json.WriteNumber("startTime"u8, span.Start / 1000);
        _json.WriteNumber("duration"u8, (span.End - span.Start) / 1000);
        WriteTags(in span, in facts);
        WriteLogs(span.Events);
        _json.WriteString("processID"u8, ProcessOf(in span));
        warnings.AddRange(SpanRepairs.Describe(span.Warnings));
        WriteWarnings(warnings);
        _json.WriteEndObject();
    }

    private void WriteReference(ReadOnlySpan<byte> type, string traceId, string spanId)
    {
        _json.WriteStartObject();
        _json.WriteString("refType"u8, type);
        _json.WriteString("traceID"u8, traceId);
        _json.WriteString("spanID"u8, spanId);
        _json.WriteEndObject();
    }

    private void WriteTags(in SpanData span, in SpanFacts facts)
    {
        var scope = _batch.Scopes[span.Scope];
        _json.WriteStartArray("tags"u8);
        if (_batch.Find(span.Attributes, "span.kind"u8) is null)
        {
            WriteText("span.kind"u8, KindOf(span.Kind));
        }

        foreach (ref readonly var attribute in _batch[span.Attributes])
        {
            // What failed says so in one way.
            if (!facts.IsFailed || !_batch[attribute.Key].SequenceEqual("error"u8))
            {
                WriteTag(_json, _batch, in attribute);
            }
        }

        if (scope.Name.Length > 0)
        {
            WriteText("otel.scope.name"u8, _batch[scope.Name]);
        }

        if (scope.Version.Length > 0)
        {
            WriteText("otel.scope.version"u8, _batch[scope.Version]);
        }

        if (facts.IsFailed)
        {
            _json.WriteStartObject();
            _json.WriteString("key"u8, "error"u8);
            _json.WriteString("type"u8, "bool"u8);
            _json.WriteBoolean("value"u8, true);
            _json.WriteEndObject();
        }

        if (span.Status is not SpanStatus.Unset && _batch.Find(span.Attributes, "otel.status_code"u8) is null)
        {
            WriteText("otel.status_code"u8, span.Status is SpanStatus.Ok ? "OK"u8 : "ERROR"u8);
        }

        if (span.StatusMessage.Length > 0 && _batch.Find(span.Attributes, "otel.status_description"u8) is null)
        {
            WriteText("otel.status_description"u8, _batch[span.StatusMessage]);
        }

        if (span.TraceState.Length > 0)
        {
            WriteText("w3c.tracestate"u8, _batch[span.TraceState]);
        }

        _json.WriteEndArray();
    }

    private void WriteLogs(Slice events)
    {
        _json.WriteStartArray("logs"u8);
        for (var i = events.First; i < events.First + events.Count; i++)
        {
            var happened = _batch.Events[i];
            _json.WriteStartObject();
            _json.WriteNumber("timestamp"u8, happened.Time / 1000);
            _json.WriteStartArray("fields"u8);
            WriteText("event"u8, _batch[happened.Name]);
            foreach (ref readonly var attribute in _batch[happened.Attributes])
            {
                WriteTag(_json, _batch, in attribute);
            }

            _json.WriteEndArray();
            _json.WriteEndObject();
        }

        _json.WriteEndArray();
    }

    private void WriteWarnings(List<string> warnings)
    {
        if (warnings.Count == 0)
        {
            _json.WriteNull("warnings"u8);
            return;
        }

        _json.WriteStartArray("warnings"u8);
        warnings.ForEach(_json.WriteStringValue);
        _json.WriteEndArray();
    }

    private void WriteText(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        _json.WriteStartObject();
        _json.WriteString("key"u8, key);
        _json.WriteString("type"u8, "string"u8);
        _json.WriteString("value"u8, value);
        _json.WriteEndObject();
    }

    private string ProcessOf(in SpanData span)
    {
        var number = _batch.Scopes[span.Scope].Resource;
        if (_ofResource.TryGetValue(number, out var known))
        {
            return known;
        }

        var buffer = new ArrayBufferWriter<byte>(256);
        using (var tags = new Utf8JsonWriter(buffer, OtlpJsonWriter.Options))
        {
            tags.WriteStartArray();
            foreach (ref readonly var attribute in _batch[_batch.Resources[number].Attributes])
            {
                if (!_batch[attribute.Key].SequenceEqual("service.name"u8))
                {
                    WriteTag(tags, _batch, in attribute);
                }
            }

            tags.WriteEndArray();
        }

        var process = (_group.IdentityOf(in span).Service, Encoding.UTF8.GetString(buffer.WrittenSpan));
        if (!_numbers.TryGetValue(process, out var place))
        {
            _processes.Add(process);
            _numbers.Add(process, place = _processes.Count);
        }

        return _ofResource[number] = string.Create(CultureInfo.InvariantCulture, $"p{place}");
    }

    private static ReadOnlySpan<byte> KindOf(SpanKind kind) => kind switch
    {
        SpanKind.Server => "server"u8,
        SpanKind.Client => "client"u8,
        SpanKind.Producer => "producer"u8,
        SpanKind.Consumer => "consumer"u8,
        _ => "internal"u8,
    };

    private static void WriteTag(Utf8JsonWriter json, SpanBatch batch, in SpanAttribute attribute)
    {
        json.WriteStartObject();
        json.WriteString("key"u8, batch[attribute.Key]);
        switch (attribute.Kind)
        {
            case ValueKind.Bool:
                json.WriteString("type"u8, "bool"u8);
                json.WriteBoolean("value"u8, attribute.Number != 0);
                break;
            case ValueKind.Int:
                json.WriteString("type"u8, "int64"u8);
                if (attribute.Number is <= MostExact and >= -MostExact)
                {
                    json.WriteNumber("value"u8, attribute.Number);
                }
                else
                {
                    json.WriteString("value"u8, attribute.Number.ToString(CultureInfo.InvariantCulture));
                }

                break;
            case ValueKind.Double:
                json.WriteString("type"u8, "float64"u8);
                var value = BitConverter.Int64BitsToDouble(attribute.Number);
                if (double.IsFinite(value))
                {
                    json.WriteNumber("value"u8, value);
                }
                else
                {
                    json.WriteString("value"u8, NestedValue.NameOf(value));
                }

                break;
            case ValueKind.Bytes:
                json.WriteString("type"u8, "binary"u8);
                json.WriteBase64String("value"u8, batch[attribute.Text]);
                break;
            case ValueKind.Text:
                json.WriteString("type"u8, "string"u8);
                json.WriteString("value"u8, batch[attribute.Text]);
                break;
            default:
                json.WriteString("type"u8, "string"u8);
                json.WriteString("value"u8, SpanText.Of(batch, in attribute));
                break;
        }

        json.WriteEndObject();
    }
}
