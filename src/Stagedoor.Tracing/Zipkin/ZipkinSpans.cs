using System.Runtime.InteropServices;
using Stagedoor.Tracing.Spans;

namespace Stagedoor.Tracing.Zipkin;

/// <summary>Makes spans of what Zipkin's formats have in common.</summary>
/// <param name="batch">Where they go.</param>
/// <param name="limits">How much is kept.</param>
internal sealed class ZipkinSpans(SpanBatch batch, SpanLimits limits)
{
    // A batch is mostly of one process, one of a proxy that gathers of a few: no more are compared.
    private const int Remembered = 8;

    private readonly List<(ZipkinEndpoint Local, TextRef Instance, TextRef Namespace, int Scope)> _known = [];
    private readonly ZipkinEvents _events = new(batch, limits);
    private TextRef _peerService;
    private TextRef _peerAddress;
    private TextRef _peerPort;
    private TextRef _peerV6;

    public SpanBatch Batch => batch;

    public SpanLimits Limits => limits;

    /// <summary>Takes a span, or rejects it. Of what instance and namespace it is its tags may say, which the endpoint has no place for.</summary>
    public void Take(in ZipkinEndpoint local, ref SpanData span, ReadOnlySpan<byte> traceId, ReadOnlySpan<byte> spanId, ReadOnlySpan<byte> parentId)
    {
        var taken = batch.Spans.Count;
        SpanRules.Add(batch, limits, ref span, traceId, spanId, parentId);
        if (batch.Spans.Count > taken)
        {
            CollectionsMarshal.AsSpan(batch.Spans)[taken].Scope = ScopeOf(local, TextOf(span.Attributes, ZipkinKeys.ServiceInstance), TextOf(span.Attributes, ZipkinKeys.ServiceNamespace));
        }
    }

    private int ScopeOf(in ZipkinEndpoint local, TextRef instance, TextRef space)
    {
        for (var i = _known.Count - 1; i >= Math.Max(0, _known.Count - Remembered); i--)
        {
            if (_known[i].Local.Is(local, batch) && batch[_known[i].Instance].SequenceEqual(batch[instance]) && batch[_known[i].Namespace].SequenceEqual(batch[space]))
            {
                return _known[i].Scope;
            }
        }

        var first = batch.Attributes.Count;
        var resource = new SpanResource();
        var warnings = default(SpanWarnings);
        if (local.Service.Length > 0)
        {
            AddSent(first, ZipkinKeys.ServiceName, local.Service, ref resource.DroppedAttributes, ref warnings);
        }

        var (v4, v6) = (local.AddressOf(false, batch), local.AddressOf(true, batch));
        if (v4.Length > 0 || v6.Length > 0)
        {
            AddSent(first, ZipkinKeys.LocalAddress, v4.Length > 0 ? v4 : v6, ref resource.DroppedAttributes, ref warnings);
        }

        if (v4.Length > 0 && v6.Length > 0)
        {
            AddSent(first, ZipkinKeys.LocalV6, v6, ref resource.DroppedAttributes, ref warnings);
        }

        if (local.Port > 0)
        {
            var port = new SpanAttribute { Key = batch.Add(ZipkinKeys.LocalPort), Kind = ValueKind.Int, Number = local.Port };
            SpanRules.AddSent(batch, limits, first, port, ref resource.DroppedAttributes, ref warnings);
        }

        if (instance.Length > 0)
        {
            AddSent(first, ZipkinKeys.ServiceInstance, instance, ref resource.DroppedAttributes, ref warnings);
        }

        if (space.Length > 0)
        {
            AddSent(first, ZipkinKeys.ServiceNamespace, space, ref resource.DroppedAttributes, ref warnings);
        }

        resource.Attributes = new(first, batch.Attributes.Count - first);
        batch.Resources.Add(resource);
        batch.Scopes.Add(new() { Resource = batch.Resources.Count - 1 });
        _known.Add((local, instance, space, batch.Scopes.Count - 1));
        return batch.Scopes.Count - 1;
    }

    /// <summary>Adds the remote endpoint as attributes: before the tags, which count more.</summary>
    public void AddRemote(in ZipkinEndpoint remote, int first, ref SpanData span)
    {
        if (remote.Service.Length > 0)
        {
            AddText(first, Keep(ref _peerService, ZipkinKeys.PeerService), remote.Service, ref span);
        }

        var (v4, v6) = (remote.AddressOf(false, batch), remote.AddressOf(true, batch));
        if (v4.Length > 0 || v6.Length > 0)
        {
            AddText(first, Keep(ref _peerAddress, ZipkinKeys.PeerAddress), v4.Length > 0 ? v4 : v6, ref span);
        }

        if (v4.Length > 0 && v6.Length > 0)
        {
            AddText(first, Keep(ref _peerV6, ZipkinKeys.PeerV6), v6, ref span);
        }

        if (remote.Port > 0)
        {
            Add(first, new() { Key = Keep(ref _peerPort, ZipkinKeys.PeerPort), Kind = ValueKind.Int, Number = remote.Port }, ref span);
        }
    }

    public void AddText(int first, TextRef key, TextRef value, ref SpanData span) => Add(first, new() { Key = key, Kind = ValueKind.Text, Text = value }, ref span);

    public void Add(int first, SpanAttribute attribute, ref SpanData span) =>
        SpanRules.AddSent(batch, limits, first, attribute, ref span.DroppedAttributes, ref span.Warnings);

    /// <summary>Adds an annotation as an event: after all attributes of the span.</summary>
    /// <param name="micros">When it was; 0 when that was not said.</param>
    /// <param name="value">What is said.</param>
    /// <param name="first">Where the span's events begin.</param>
    /// <param name="span">The span.</param>
    public void AddEvent(ulong micros, TextRef value, int first, ref SpanData span)
    {
        if (micros == 0 || value.Length == 0 || batch.Events.Count - first >= limits.Members)
        {
            span.DroppedEvents++;
            batch.CountCut();
            span.Warnings |= SpanWarnings.Cut;
            return;
        }

        _events.Add(ToNanos(micros), value, ref span);
    }

    /// <summary>Says when a span was, in microseconds. Of one that began at no time, as Zipkin allows, nothing else counts either: it was when it came.</summary>
    public void SetTimes(ref SpanData span, ulong start, ulong? duration)
    {
        if (start == 0)
        {
            SetArrival(ref span);
            return;
        }

        span.Start = ToNanos(start);
        var took = duration is null ? 0 : ToNanos(Math.Max(duration.Value, 1));
        span.End = took > ulong.MaxValue - span.Start ? ulong.MaxValue : span.Start + took;
        if (duration is null)
        {
            span.Warnings |= SpanWarnings.NoDuration;
        }
    }

    /// <summary>Says of an annotated span when it was, in microseconds.</summary>
    public void SetEnd(ref SpanData span, ulong start, ulong end)
    {
        if (start == 0)
        {
            SetArrival(ref span);
            return;
        }

        (span.Start, span.End) = (ToNanos(start), ToNanos(end));
    }

    private void SetArrival(ref SpanData span)
    {
        span.Start = span.End = limits.ReceivedAt;
        span.Warnings |= SpanWarnings.NoStart | SpanWarnings.NoDuration;
    }

    /// <summary>What says whether it went well, which stands among the tags, becomes the status of a span. After all of its attributes were added.</summary>
    public void SetStatus(int first, ref SpanData span)
    {
        var (error, code, description) = (-1, -1, -1);
        for (var i = batch.Attributes.Count - 1; i >= first; i--)
        {
            var key = batch[batch.Attributes[i].Key];
            switch (key.Length)
            {
                case 5 when key.SequenceEqual(ZipkinKeys.Error):
                    error = i;
                    break;
                case 16 when key.SequenceEqual(ZipkinKeys.StatusCode):
                    code = i;
                    break;
                case 23 when key.SequenceEqual(ZipkinKeys.StatusDescription):
                    description = i;
                    break;
                default:
                    break;
            }
        }

        if (error < 0 && code < 0)
        {
            return;
        }

        var tag = error < 0 ? default : batch.Attributes[error];
        var message = tag.Kind is ValueKind.Text ? tag.Text : default;
        if (error >= 0 && !(tag.Kind is ValueKind.Text ? batch[tag.Text].SequenceEqual("false"u8) : tag is { Kind: ValueKind.Bool, Number: 0 }))
        {
            span.Status = SpanStatus.Error;
        }

        var stated = code < 0 ? default : batch[batch.Attributes[code].Text];
        var isStated = stated.SequenceEqual("OK"u8) || stated.SequenceEqual("ERROR"u8);
        span.Status = isStated ? stated[0] == 'O' ? SpanStatus.Ok : SpanStatus.Error : stated.SequenceEqual("UNSET"u8) ? SpanStatus.Unset : span.Status;
        if (span.Status is SpanStatus.Unset)
        {
            return;
        }

        // What the status says is not said by a tag once more.
        var isDescribed = description >= 0 && (span.Status is SpanStatus.Ok || message.Length == 0);
        span.StatusMessage = isDescribed ? batch.Attributes[description].Text : span.Status is SpanStatus.Error ? message : default;
        RemoveLast(isDescribed ? description : -1, span.Status is SpanStatus.Error ? error : -1, isStated ? code : -1);
    }

    private static ulong ToNanos(ulong micros) => micros > ulong.MaxValue / 1000 ? ulong.MaxValue : micros * 1000;

    private void RemoveLast(params Span<int> places)
    {
        places.Sort();
        for (var i = places.Length - 1; i >= 0 && places[i] >= 0; i--)
        {
            batch.Attributes.RemoveAt(places[i]);
        }
    }

    private TextRef TextOf(Slice attributes, ReadOnlySpan<byte> key) => batch.Find(attributes, key) is { Kind: ValueKind.Text } attribute ? attribute.Text : default;

    private TextRef Keep(ref TextRef known, ReadOnlySpan<byte> key) => known = known.Length > 0 ? known : batch.Add(key);

    private void AddSent(int first, ReadOnlySpan<byte> key, TextRef value, ref uint dropped, ref SpanWarnings warnings) =>
        SpanRules.AddSent(batch, limits, first, new() { Key = batch.Add(key), Kind = ValueKind.Text, Text = value }, ref dropped, ref warnings);
}
