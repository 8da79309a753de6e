using System.Runtime.InteropServices;

namespace Stagedoor.Tracing.Spans;

/// <summary>A span as it was received. Its texts, attributes, events and links are in the <see cref="SpanBatch"/> that it belongs to.</summary>
[StructLayout(LayoutKind.Auto)]
internal struct SpanData
{
    public UInt128 TraceId;
    public ulong SpanId;

    /// <summary>0 when it has no parent.</summary>
    public ulong ParentId;

    /// <summary>Nanoseconds since the Unix epoch.</summary>
    public ulong Start;

    /// <summary>Nanoseconds since the Unix epoch; never before <see cref="Start"/>.</summary>
    public ulong End;

    public TextRef Name;
    public TextRef TraceState;
    public TextRef StatusMessage;
    public SpanKind Kind;
    public SpanStatus Status;
    public SpanWarnings Warnings;

    /// <summary>W3C trace flags, whether the parent is of another process (OTLP: bits 8 and 9), and those of <see cref="ZipkinFlags"/>.</summary>
    public uint Flags;

    /// <summary>Which of the batch's scopes it is of; that knows the resource.</summary>
    public int Scope;

    public Slice Attributes;
    public Slice Events;
    public Slice Links;
    public uint DroppedAttributes;
    public uint DroppedEvents;
    public uint DroppedLinks;
}

/// <summary>Numbers are those of OTLP.</summary>
internal enum SpanKind : byte
{
    Internal = 1,
    Server,
    Client,
    Producer,
    Consumer,
}

/// <summary>What Zipkin knows of a span and OTLP does not: among its flags, where OTLP has nothing.</summary>
internal static class ZipkinFlags
{
    /// <summary>Its trace is to be kept whatever is sampled.</summary>
    public const uint Debug = 1U << 30;

    /// <summary>The client made a span with this id before, of which this is the server's half.</summary>
    public const uint Shared = 1U << 31;

    public const uint All = Debug | Shared;
}

/// <summary>Numbers are those of OTLP.</summary>
internal enum SpanStatus : byte
{
    Unset,
    Ok,
    Error,
}

/// <summary>What was mended in a span, or is missing.</summary>
[Flags]
internal enum SpanWarnings : byte
{
    None = 0,

    /// <summary>It had no name.</summary>
    NoName = 1,

    /// <summary>It ended before it began.</summary>
    NegativeDuration = 2,

    /// <summary>It was its own parent.</summary>
    OwnParent = 4,

    /// <summary>A text was not UTF-8.</summary>
    InvalidText = 8,

    /// <summary>A link led nowhere.</summary>
    EmptyLink = 16,

    /// <summary>Something was longer or deeper than is kept.</summary>
    Cut = 32,

    /// <summary>It was not said how long it took.</summary>
    NoDuration = 64,

    /// <summary>It was not said when it began: it stands at its end, or where that was not said either, at its arrival.</summary>
    NoStart = 128,
}

/// <summary>A text, in UTF-8, of a batch.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct TextRef(int Offset, int Length);

/// <summary>Rows of one of a batch's lists.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Slice(int First, int Count);

/// <summary>Something that happened in a span.</summary>
[StructLayout(LayoutKind.Auto)]
internal struct SpanEvent
{
    /// <summary>Nanoseconds since the Unix epoch.</summary>
    public ulong Time;
    public TextRef Name;
    public Slice Attributes;
    public uint DroppedAttributes;
}

/// <summary>Another span that this one has to do with.</summary>
[StructLayout(LayoutKind.Auto)]
internal struct SpanLink
{
    public UInt128 TraceId;
    public ulong SpanId;
    public TextRef TraceState;
    public uint Flags;
    public Slice Attributes;
    public uint DroppedAttributes;
}

/// <summary>What made spans: a process, with what is known of it.</summary>
[StructLayout(LayoutKind.Auto)]
internal struct SpanResource
{
    public Slice Attributes;
    public uint DroppedAttributes;
    public TextRef SchemaUrl;
}

/// <summary>Which library of a resource made spans.</summary>
[StructLayout(LayoutKind.Auto)]
internal struct SpanScope
{
    public int Resource;
    public TextRef Name;
    public TextRef Version;
    public Slice Attributes;
    public uint DroppedAttributes;
    public TextRef SchemaUrl;
}
