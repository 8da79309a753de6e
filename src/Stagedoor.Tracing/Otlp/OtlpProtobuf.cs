using Stagedoor.Tracing.Spans;

namespace Stagedoor.Tracing.Otlp;

/// <summary>
/// Reads <c>ExportTraceServiceRequest</c> (opentelemetry-proto 1, <c>collector/trace/v1</c>) where it lies: texts refer to the bytes received. Fields that are not known
/// are left out. A message that stands where one may stand once is merged with the one before it, of a number the last counts.
/// </summary>
internal sealed class OtlpProtobuf
{
    private readonly SpanBatch _batch;
    private readonly SpanLimits _limits;
    private readonly ArraySegment<byte> _bytes;

    private OtlpProtobuf(ArraySegment<byte> bytes, SpanLimits limits)
    {
        _bytes = bytes;
        _limits = limits;
        _batch = new(bytes);
    }

    /// <summary>Reads a request.</summary>
    /// <param name="bytes">The message, unpacked. The batch keeps it.</param>
    /// <param name="limits">How much is kept of it.</param>
    /// <exception cref="MalformedSpansException">It is no such message.</exception>
    public static SpanBatch Read(ArraySegment<byte> bytes, SpanLimits limits)
    {
        var decoder = new OtlpProtobuf(bytes, limits);
        var request = new ProtobufReader(bytes, 0, bytes.Count);
        while (request.Next(1))
        {
            decoder.ReadResourceSpans(request.ReadMessage());
        }

        return decoder._batch;
    }

    // What spans refer to may stand behind them: it is read first.
    private void ReadResourceSpans(ProtobufReader message)
    {
        var resource = new SpanResource();
        var first = _batch.Attributes.Count;
        var fields = message;
        var warnings = default(SpanWarnings);
        while (fields.Next())
        {
            switch (fields.Field)
            {
                case 1:
                    var fieldsOfIt = fields.ReadMessage();
                    while (fieldsOfIt.Next())
                    {
                        switch (fieldsOfIt.Field)
                        {
                            case 1:
                                ReadAttribute(fieldsOfIt.ReadMessage(), first, ref resource.DroppedAttributes, ref warnings);
                                break;
                            case 2:
                                resource.DroppedAttributes += (uint)fieldsOfIt.ReadNumber();
                                break;
                            default:
                                fieldsOfIt.Skip();
                                break;
                        }
                    }

                    break;
                case 3:
                    resource.SchemaUrl = _batch.Keep(fields.ReadBytes(), _limits.Name, ref warnings);
                    break;
                default:
                    fields.Skip();
                    break;
            }
        }

        resource.Attributes = new(first, _batch.Attributes.Count - first);
        _batch.Resources.Add(resource);
        while (message.Next(2))
        {
            ReadScopeSpans(message.ReadMessage());
        }
    }

    private void ReadScopeSpans(ProtobufReader message)
    {
        var scope = new SpanScope { Resource = _batch.Resources.Count - 1 };
        var first = _batch.Attributes.Count;
        var fields = message;
        var warnings = default(SpanWarnings);
        while (fields.Next())
        {
            switch (fields.Field)
            {
                case 1:
                    ReadScope(fields.ReadMessage(), first, ref scope, ref warnings);
                    break;
                case 3:
                    scope.SchemaUrl = _batch.Keep(fields.ReadBytes(), _limits.Name, ref warnings);
                    break;
                default:
                    fields.Skip();
                    break;
            }
        }

        scope.Attributes = new(first, _batch.Attributes.Count - first);
        _batch.Scopes.Add(scope);
        while (message.Next(2))
        {
            ReadSpan(message.ReadMessage());
        }
    }

    private void ReadScope(ProtobufReader fields, int first, ref SpanScope scope, ref SpanWarnings warnings)
    {
        while (fields.Next())
        {
            switch (fields.Field)
            {
                case 1:
                    scope.Name = _batch.Keep(fields.ReadBytes(), _limits.Name, ref warnings);
                    break;
                case 2:
                    scope.Version = _batch.Keep(fields.ReadBytes(), _limits.Name, ref warnings);
                    break;
                case 3:
                    ReadAttribute(fields.ReadMessage(), first, ref scope.DroppedAttributes, ref warnings);
                    break;
                case 4:
                    scope.DroppedAttributes += (uint)fields.ReadNumber();
                    break;
                default:
                    fields.Skip();
                    break;
            }
        }
    }

    private void ReadSpan(ProtobufReader message)
    {
        var span = new SpanData { Scope = _batch.Scopes.Count - 1, Kind = SpanKind.Internal };
        var (traceId, spanId, parentId) = (default(TextRef), default(TextRef), default(TextRef));
        var first = _batch.Attributes.Count;
        var (events, links) = (0, 0);
        var fields = message;
        while (fields.Next())
        {
            switch (fields.Field)
            {
                case 1:
                    traceId = fields.ReadBytes();
                    break;
                case 2:
                    spanId = fields.ReadBytes();
                    break;
                case 3:
                    span.TraceState = _batch.Keep(fields.ReadBytes(), _limits.Text, ref span.Warnings);
                    break;
                case 4:
                    parentId = fields.ReadBytes();
                    break;
                case 5:
                    span.Name = _batch.Keep(fields.ReadBytes(), _limits.Name, ref span.Warnings);
                    break;
                case 6:
                    // An enumeration is open: what is not known is what is not stated.
                    span.Kind = fields.ReadNumber() is >= 1 and <= 5 and var kind ? (SpanKind)kind : SpanKind.Internal;
                    break;
                case 7:
                    span.Start = fields.ReadFixed64();
                    break;
                case 8:
                    span.End = fields.ReadFixed64();
                    break;
                case 9:
                    ReadAttribute(fields.ReadMessage(), first, ref span.DroppedAttributes, ref span.Warnings);
                    break;
                case 10:
                    span.DroppedAttributes += (uint)fields.ReadNumber();
                    break;
                case 11:
                    fields.ReadBytes();
                    events++;
                    break;
                case 12:
                    span.DroppedEvents += (uint)fields.ReadNumber();
                    break;
                case 13:
                    fields.ReadBytes();
                    links++;
                    break;
                case 14:
                    span.DroppedLinks += (uint)fields.ReadNumber();
                    break;
                case 15:
                    ReadStatus(fields.ReadMessage(), ref span);
                    break;
                case 16:
                    span.Flags = fields.ReadFixed32() & ~ZipkinFlags.All;
                    break;
                default:
                    fields.Skip();
                    break;
            }
        }

        span.Attributes = new(first, _batch.Attributes.Count - first);
        ReadEvents(message, events, ref span);
        ReadLinks(message, links, ref span);
        SpanRules.Add(_batch, _limits, ref span, BytesOf(traceId), BytesOf(spanId), BytesOf(parentId));
    }

    private void ReadStatus(ProtobufReader fields, ref SpanData span)
    {
        while (fields.Next())
        {
            switch (fields.Field)
            {
                case 2:
                    span.StatusMessage = _batch.Keep(fields.ReadBytes(), _limits.Text, ref span.Warnings);
                    break;
                case 3:
                    span.Status = fields.ReadNumber() is <= 2 and var status ? (SpanStatus)status : SpanStatus.Unset;
                    break;
                default:
                    fields.Skip();
                    break;
            }
        }
    }

    private void ReadEvents(ProtobufReader message, int count, ref SpanData span)
    {
        var first = _batch.Events.Count;
        for (var i = 0; i < count && message.Next(11); i++)
        {
            if (i >= _limits.Members)
            {
                span.DroppedEvents += (uint)(count - i);
                Cut(count - i, ref span.Warnings);
                break;
            }

            var happened = new SpanEvent();
            var attributes = _batch.Attributes.Count;
            var fields = message.ReadMessage();
            while (fields.Next())
            {
                switch (fields.Field)
                {
                    case 1:
                        happened.Time = fields.ReadFixed64();
                        break;
                    case 2:
                        happened.Name = _batch.Keep(fields.ReadBytes(), _limits.Name, ref span.Warnings);
                        break;
                    case 3:
                        ReadAttribute(fields.ReadMessage(), attributes, ref happened.DroppedAttributes, ref span.Warnings);
                        break;
                    case 4:
                        happened.DroppedAttributes += (uint)fields.ReadNumber();
                        break;
                    default:
                        fields.Skip();
                        break;
                }
            }

            happened.Attributes = new(attributes, _batch.Attributes.Count - attributes);
            _batch.Events.Add(happened);
        }

        span.Events = new(first, _batch.Events.Count - first);
    }

    private void ReadLinks(ProtobufReader message, int count, ref SpanData span)
    {
        var first = _batch.Links.Count;
        for (var i = 0; i < count && message.Next(13); i++)
        {
            if (i >= _limits.Members)
            {
                span.DroppedLinks += (uint)(count - i);
                Cut(count - i, ref span.Warnings);
                break;
            }

            var link = new SpanLink();
            var (traceId, spanId) = (default(TextRef), default(TextRef));
            var attributes = _batch.Attributes.Count;
            var fields = message.ReadMessage();
            while (fields.Next())
            {
                switch (fields.Field)
                {
                    case 1:
                        traceId = fields.ReadBytes();
                        break;
                    case 2:
                        spanId = fields.ReadBytes();
                        break;
                    case 3:
                        link.TraceState = _batch.Keep(fields.ReadBytes(), _limits.Text, ref span.Warnings);
                        break;
                    case 4:
                        ReadAttribute(fields.ReadMessage(), attributes, ref link.DroppedAttributes, ref span.Warnings);
                        break;
                    case 5:
                        link.DroppedAttributes += (uint)fields.ReadNumber();
                        break;
                    case 6:
                        link.Flags = fields.ReadFixed32();
                        break;
                    default:
                        fields.Skip();
                        break;
                }
            }

            link.Attributes = new(attributes, _batch.Attributes.Count - attributes);
            SpanRules.Add(_batch, ref span, ref link, BytesOf(traceId), BytesOf(spanId));
        }

        span.Links = new(first, _batch.Links.Count - first);
    }

    private void ReadAttribute(ProtobufReader fields, int first, ref uint dropped, ref SpanWarnings warnings)
    {
        var attribute = new SpanAttribute();
        while (fields.Next())
        {
            switch (fields.Field)
            {
                case 1:
                    attribute.Key = fields.ReadBytes();
                    break;
                case 2:
                    ReadValue(fields.ReadMessage(), ref attribute, ref warnings);
                    break;
                default:
                    fields.Skip();
                    break;
            }
        }

        SpanRules.AddSent(_batch, _limits, first, attribute, ref dropped, ref warnings);
    }

    // Of the members that exclude each other the last one counts.
    private void ReadValue(ProtobufReader fields, ref SpanAttribute attribute, ref SpanWarnings warnings)
    {
        while (fields.Next())
        {
            switch (fields.Field)
            {
                case 1:
                    (attribute.Kind, attribute.Text) = (ValueKind.Text, fields.ReadBytes());
                    break;
                case 2:
                    (attribute.Kind, attribute.Number) = (ValueKind.Bool, fields.ReadNumber() == 0 ? 0 : 1);
                    break;
                case 3:
                    (attribute.Kind, attribute.Number) = (ValueKind.Int, (long)fields.ReadNumber());
                    break;
                case 4:
                    (attribute.Kind, attribute.Number) = (ValueKind.Double, (long)fields.ReadFixed64());
                    break;
                case 5 or 6:
                    var kind = fields.Field == 5 ? ValueKind.Array : ValueKind.Map;
                    NestedValue.Keep(_batch, _limits, kind, fields.ReadBytes(), ref attribute, ref warnings);
                    break;
                case 7:
                    (attribute.Kind, attribute.Text) = (ValueKind.Bytes, fields.ReadBytes());
                    break;
                default:
                    fields.Skip();
                    break;
            }
        }
    }

    private void Cut(int members, ref SpanWarnings warnings)
    {
        _batch.CountCut(members);
        warnings |= SpanWarnings.Cut;
    }

    private ReadOnlySpan<byte> BytesOf(TextRef text) => _bytes.AsSpan().Slice(text.Offset, text.Length);
}
