using Stagedoor.Tracing.Spans;

namespace Stagedoor.Tracing.Store;

/// <summary>Makes records of spans (<see cref="SpanForm"/>). Not for two threads at once; what it needs it keeps for the next time.</summary>
internal sealed class SpanEncoder
{
    private readonly TextTable _texts = new();
    private readonly ByteBuffer _head = new();
    private readonly ByteBuffer _ids = new();
    private readonly ByteBuffer _times = new();
    private readonly ByteBuffer _body = new();
    private readonly ByteBuffer _resources = new();
    private readonly ByteBuffer _scopes = new();
    private SpanBatch _batch = new([]);

    public SpanRecord Encode(SpanAppend append)
    {
        var group = append.Spans;
        _batch = group.Batch;
        foreach (var bytes in (ReadOnlySpan<ByteBuffer>)[_head, _ids, _times, _body, _resources, _scopes])
        {
            bytes.Clear();
        }

        _texts.Clear();
        var identities = new List<SpanIdentity>();
        var identityOf = new int[_batch.Resources.Count];
        for (var i = 0; i < identityOf.Length; i++)
        {
            identityOf[i] = identities.IndexOf(group.Identities[i]) is >= 0 and var known ? known : identities.Count;
            if (identityOf[i] == identities.Count)
            {
                identities.Add(group.Identities[i]);
            }
        }

        var resources = new RecordPart[_batch.Resources.Count];
        var scopes = new RecordPart[_batch.Scopes.Count];
        var part = 0;
        foreach (ref readonly var resource in System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_batch.Resources))
        {
            resources[part] = new(_resources.Length, identityOf[part]);
            part++;
            Text(_resources, resource.SchemaUrl);
            _resources.Varint(resource.DroppedAttributes);
            Attributes(_resources, resource.Attributes);
        }

        part = 0;
        foreach (ref readonly var scope in System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_batch.Scopes))
        {
            scopes[part++] = new(_scopes.Length, scope.Resource);
            Text(_scopes, scope.Name);
            Text(_scopes, scope.Version);
            Text(_scopes, scope.SchemaUrl);
            _scopes.Varint(scope.DroppedAttributes);
            Attributes(_scopes, scope.Attributes);
        }

        var seed = TraceHash.SeedOf(append.Project);
        var spans = new RecordSpan[_batch.Spans.Count];
        var from = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_batch.Spans);
        var facts = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(group.Facts);
        for (var i = 0; i < spans.Length; i++)
        {
            ref var span = ref spans[i];
            span = Span(in from[i], in facts[i]);
            span.Hash = TraceHash.Of(seed, span.TraceId);
            span.Identity = identityOf[_batch.Scopes[from[i].Scope].Resource];
        }

        return Finish(append, identities, resources, scopes, spans);
    }

    private SpanRecord Finish(SpanAppend append, List<SpanIdentity> identities, RecordPart[] resources, RecordPart[] scopes, RecordSpan[] spans)
    {
        _head.Text(append.Project);
        var receivedAt = append.ReceivedAt.ToUnixTimeMilliseconds();
        _head.Signed(receivedAt);
        _head.Fixed128(append.Digest);
        var texts = new RecordText[_texts.Count];
        _head.Varint(texts.Length);
        for (var i = 0; i < texts.Length; i++)
        {
            var text = _texts[i];
            _head.Varint(_texts.UsesOf(i));
            _head.Varint(text.Length);
            texts[i] = new(_head.Length, text.Length, _texts.UsesOf(i));
            _head.Raw(text);
        }

        _head.Varint(identities.Count);
        foreach (var identity in identities)
        {
            Write(_head, identity);
        }

        Parts(resources, _resources);
        Parts(scopes, _scopes);
        _head.Varint(spans.Length);
        _head.Varint(_ids.Length);
        _head.Varint(_times.Length);
        _head.Varint(_body.Length);
        var idsAt = _head.Length;
        _head.Raw(_ids.Bytes);
        _head.Raw(_times.Bytes);
        _head.Raw(_body.Bytes);
        return new()
        {
            Bytes = _head.Bytes.ToArray(),
            Project = append.Project,
            ReceivedAt = receivedAt,
            Digest = append.Digest,
            Texts = texts,
            Identities = [.. identities],
            Resources = resources,
            Scopes = scopes,
            IdsAt = idsAt,
            TimesAt = idsAt + _ids.Length,
            BodyAt = idsAt + _ids.Length + _times.Length,
            Spans = spans,
        };
    }

    private void Parts(RecordPart[] parts, ByteBuffer bytes)
    {
        _head.Varint(parts.Length);
        foreach (var part in parts)
        {
            _head.Varint(part.Owner);
        }

        foreach (ref var part in parts.AsSpan())
        {
            part = part with { At = part.At + _head.Length };
        }

        _head.Raw(bytes.Bytes);
    }

    public static void Write(ByteBuffer bytes, SpanIdentity identity)
    {
        bytes.Text(identity.Group);
        bytes.Text(identity.Service);
        bytes.Text(identity.Instance);
        bytes.Text(identity.Cluster);
        bytes.Text(identity.Namespace);
        bytes.Text(identity.Environment);
    }

    public static SpanIdentity ReadIdentity(ref ByteCursor from) =>
        new(from.String(), from.String(), from.String(), from.String(), from.String(), from.String());

    private RecordSpan Span(in SpanData span, in SpanFacts facts)
    {
        var known = new RecordSpan
        {
            TraceId = span.TraceId,
            SpanId = span.SpanId,
            Start = span.Start,
            Duration = span.End - span.Start,
            Ids = _ids.Length,
            Times = _times.Length,
            Body = _body.Length,
            Transaction = -1,
            Address = facts.Address,
            Type = facts.Type,
            Kind = span.Kind,
            IsEntry = facts.IsEntry,
            IsFailed = facts.IsFailed,
        };

        _ids.Fixed128(span.TraceId);
        _ids.Fixed64(span.SpanId);
        _times.Fixed64(span.Start);
        _times.Varint(known.Duration);
        _body.Byte((byte)((byte)span.Kind | ((byte)span.Status << SpanForm.StatusShift)
            | (span.ParentId != 0 ? SpanForm.HasParent : 0) | (facts.IsEntry ? SpanForm.IsEntry : 0) | (facts.IsFailed ? SpanForm.IsFailed : 0)));
        var isDropped = (span.DroppedAttributes | span.DroppedEvents | span.DroppedLinks) != 0;
        var more = (byte)((span.TraceState.Length > 0 ? SpanForm.HasTraceState : 0) | (span.StatusMessage.Length > 0 ? SpanForm.HasMessage : 0)
            | (span.Events.Count > 0 ? SpanForm.HasEvents : 0) | (span.Links.Count > 0 ? SpanForm.HasLinks : 0) | (isDropped ? SpanForm.HasDropped : 0)
            | (facts.Transaction.Length > 0 ? SpanForm.HasTransaction : 0) | (facts.Address != 0 ? SpanForm.HasAddress : 0)
            | (span.Warnings != SpanWarnings.None ? SpanForm.HasWarnings : 0));
        _body.Byte(more);
        _body.Varint(span.Scope);
        if (span.ParentId != 0)
        {
            _ids.Fixed64(span.ParentId);
        }

        known.Name = Text(_body, span.Name);
        _body.Byte(facts.Type);
        _body.Varint(span.Flags);
        if ((more & SpanForm.HasTraceState) != 0)
        {
            Text(_body, span.TraceState);
        }

        if ((more & SpanForm.HasMessage) != 0)
        {
            Text(_body, span.StatusMessage);
        }

        if ((more & SpanForm.HasTransaction) != 0)
        {
            known.Transaction = Text(_body, facts.Transaction);
        }

        if ((more & SpanForm.HasAddress) != 0)
        {
            _body.Fixed32(facts.Address);
        }

        if ((more & SpanForm.HasWarnings) != 0)
        {
            _body.Byte((byte)span.Warnings);
        }

        if (isDropped)
        {
            _body.Varint(span.DroppedAttributes);
            _body.Varint(span.DroppedEvents);
            _body.Varint(span.DroppedLinks);
        }

        Attributes(_body, span.Attributes);
        if (span.Events.Count > 0)
        {
            Events(span);
        }

        if (span.Links.Count > 0)
        {
            Links(span);
        }

        return known;
    }

    private void Events(in SpanData span)
    {
        _body.Varint(span.Events.Count);
        for (var i = 0; i < span.Events.Count; i++)
        {
            var happened = _batch.Events[span.Events.First + i];
            _times.Signed(unchecked((long)(happened.Time - span.Start)));
            Text(_body, happened.Name);
            _body.Varint(happened.DroppedAttributes);
            Attributes(_body, happened.Attributes);
        }
    }

    private void Links(in SpanData span)
    {
        _body.Varint(span.Links.Count);
        for (var i = 0; i < span.Links.Count; i++)
        {
            var link = _batch.Links[span.Links.First + i];
            _ids.Fixed128(link.TraceId);
            _ids.Fixed64(link.SpanId);
            Text(_body, link.TraceState);
            _body.Varint(link.Flags);
            _body.Varint(link.DroppedAttributes);
            Attributes(_body, link.Attributes);
        }
    }

    private void Attributes(ByteBuffer to, Slice attributes)
    {
        to.Varint(attributes.Count);
        foreach (ref readonly var attribute in _batch[attributes])
        {
            var key = (ulong)_texts.Add(_batch[attribute.Key]) + 1;
            to.Varint((key << SpanForm.ValueKindBits) | (byte)attribute.Kind);
            switch (attribute.Kind)
            {
                case ValueKind.Empty:
                    break;
                case ValueKind.Bool or ValueKind.Int:
                    to.Signed(attribute.Number);
                    break;
                case ValueKind.Double:
                    to.Fixed64((ulong)attribute.Number);
                    break;
                default:
                    Text(to, attribute.Text);
                    break;
            }
        }
    }

    private int Text(ByteBuffer to, TextRef text)
    {
        var number = _texts.Add(_batch[text]);
        to.Varint(number + 1);
        return number;
    }
}
