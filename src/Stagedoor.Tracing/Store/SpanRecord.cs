using System.Runtime.InteropServices;
using Stagedoor.Tracing.Spans;

namespace Stagedoor.Tracing.Store;

/// <summary>
/// The spans of one request in the form in which the log and the head keep them: each text once, spans as numbers of texts. It never changes. Its bytes are, in this order:
/// project, receive time in ms, digest; texts; identities; resources; scopes; spans: ids, times and the rest apart from each other, since ids and times hardly get smaller by
/// being compressed.
/// </summary>
internal sealed class SpanRecord : ITextSource
{
    public required byte[] Bytes { get; init; }

    public required string Project { get; init; }

    /// <summary>Milliseconds since the Unix epoch.</summary>
    public required long ReceivedAt { get; init; }

    public required UInt128 Digest { get; init; }

    /// <summary>Where each text is.</summary>
    public required RecordText[] Texts { get; init; }

    public required SpanIdentity[] Identities { get; init; }

    /// <summary>Where each resource begins, and which identity it has.</summary>
    public required RecordPart[] Resources { get; init; }

    /// <summary>Where each scope begins, and which resource it is of.</summary>
    public required RecordPart[] Scopes { get; init; }

    public required int IdsAt { get; init; }

    public required int TimesAt { get; init; }

    public required int BodyAt { get; init; }

    public required RecordSpan[] Spans { get; init; }

    /// <summary>The place in the log, given when it is written.</summary>
    public ulong Sequence { get; set; }

    public int Count => Texts.Length;

    public ReadOnlySpan<byte> this[int number] => Bytes.AsSpan(Texts[number].Offset, Texts[number].Length);

    public ByteCursor OpenScope(int number, out int resource)
    {
        resource = Scopes[number].Owner;
        return new(Bytes, Scopes[number].At);
    }

    public ByteCursor OpenResource(int number, out SpanIdentity identity)
    {
        identity = Identities[Resources[number].Owner];
        return new(Bytes, Resources[number].At);
    }

    /// <summary>Decodes a span.</summary>
    public void Decode(in RecordSpan span, SpanDecoder into)
    {
        into.Use(this);
        var ids = new ByteCursor(Bytes, IdsAt + span.Ids + 24);
        var times = new ByteCursor(Bytes, TimesAt + span.Times);
        var body = new ByteCursor(Bytes, BodyAt + span.Body);
        into.Read(span.TraceId, span.SpanId, ref ids, ref times, ref body, null, []);
    }

    /// <summary>Reads a record that <see cref="SpanEncoder"/> made.</summary>
    /// <exception cref="InvalidDataException">It is none.</exception>
    public static SpanRecord Parse(byte[] bytes)
    {
        var from = new ByteCursor(bytes);
        var project = from.String();
        var receivedAt = from.Signed();
        var digest = from.Fixed128();
        var texts = new RecordText[from.Count()];
        foreach (ref var text in texts.AsSpan())
        {
            var uses = from.Number();
            var length = from.Number();
            text = new(from.At, length, uses);
            from.Raw(length);
        }

        var identities = new SpanIdentity[from.Count()];
        foreach (ref var identity in identities.AsSpan())
        {
            identity = SpanEncoder.ReadIdentity(ref from);
        }

        var seed = TraceHash.SeedOf(project);
        var copy = new SpanCopy();
        var resources = Parts(ref from, identities.Length);
        foreach (ref var resource in resources.AsSpan())
        {
            resource = resource with { At = from.At };
            copy.Resource(ref from);
        }

        var scopes = Parts(ref from, resources.Length);
        foreach (ref var scope in scopes.AsSpan())
        {
            scope = scope with { At = from.At };
            copy.Scope(ref from);
        }

        var spans = new RecordSpan[from.Count()];
        var (idsLength, timesLength, bodyLength) = (from.Number(), from.Number(), from.Number());
        var idsAt = from.At;
        var timesAt = checked(idsAt + idsLength);
        var bodyAt = checked(timesAt + timesLength);
        if (checked(bodyAt + bodyLength) != bytes.Length)
        {
            throw new InvalidDataException("A record has another length.");
        }

        var ids = new ByteCursor(bytes, idsAt);
        var times = new ByteCursor(bytes, timesAt);
        var body = new ByteCursor(bytes, bodyAt);
        foreach (ref var span in spans.AsSpan())
        {
            span.Ids = ids.At - idsAt;
            span.Times = times.At - timesAt;
            span.Body = body.At - bodyAt;
            span.TraceId = ids.Fixed128();
            span.Hash = TraceHash.Of(seed, span.TraceId);
            copy.Clear();
            copy.Span(ref ids, ref times, ref body, ref span);
            span.Identity = scopes[copy.LastScope].Owner is var owner ? resources[owner].Owner : 0;
        }

        return new()
        {
            Bytes = bytes,
            Project = project,
            ReceivedAt = receivedAt,
            Digest = digest,
            Texts = texts,
            Identities = identities,
            Resources = resources,
            Scopes = scopes,
            IdsAt = idsAt,
            TimesAt = timesAt,
            BodyAt = bodyAt,
            Spans = spans,
        };
    }

    private static RecordPart[] Parts(ref ByteCursor from, int owners)
    {
        var parts = new RecordPart[from.Count()];
        foreach (ref var part in parts.AsSpan())
        {
            part = new(0, from.Number());
            if (part.Owner >= owners)
            {
                throw new InvalidDataException("A record refers to what it does not have.");
            }
        }

        return parts;
    }
}

[StructLayout(LayoutKind.Auto)]
internal readonly record struct RecordPart(int At, int Owner);

[StructLayout(LayoutKind.Auto)]
internal readonly record struct RecordText(int Offset, int Length, int Uses);

/// <summary>What is known of a span without decoding it, and where the rest is.</summary>
[StructLayout(LayoutKind.Auto)]
internal struct RecordSpan
{
    /// <summary>Of the project and the trace (<see cref="TraceHash"/>).</summary>
    public ulong Hash;
    public UInt128 TraceId;
    public ulong SpanId;
    public ulong Start;
    public ulong Duration;

    /// <summary>Where it begins in each of the parts.</summary>
    public int Ids;
    public int Times;
    public int Body;

    /// <summary>The number of its name.</summary>
    public int Name;

    /// <summary>The number of its transaction; -1 when there is none.</summary>
    public int Transaction;

    /// <summary>The number of the identity of its resource.</summary>
    public int Identity;
    public uint Address;
    public byte Type;
    public SpanKind Kind;
    public bool IsEntry;
    public bool IsFailed;
}
