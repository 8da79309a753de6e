namespace Stagedoor.Tracing.Spans;

/// <summary>How much of what is sent is kept.</summary>
internal sealed record SpanLimits
{
    /// <summary>Spans of one request; the rest is rejected.</summary>
    public int Spans { get; init; } = 100_000;

    /// <summary>Attributes of one span, event, link, scope or resource, and events and links of one span; the rest is dropped and counted.</summary>
    public int Members { get; init; } = 128;

    /// <summary>Bytes of a text.</summary>
    public int Text { get; init; } = 8192;

    /// <summary>Bytes of a statement or a stack trace.</summary>
    public int LongText { get; init; } = 32_768;

    /// <summary>Bytes of a span's name.</summary>
    public int Name { get; init; } = 1024;

    /// <summary>Bytes of a key; an attribute with a longer one is dropped.</summary>
    public int Key { get; init; } = 256;

    /// <summary>How deep arrays and maps lie in each other; what is deeper becomes its JSON text.</summary>
    public int Depth { get; init; } = 16;

    /// <summary>When the spans came, in nanoseconds since the Unix epoch: the time of those whose format lets them have none. 0 when that is not known; then they are rejected.</summary>
    public ulong ReceivedAt { get; init; }

    /// <summary>A span must not have begun before this: it is kept with the day that it began in, in nanoseconds since the Unix epoch.</summary>
    public ulong Oldest { get; init; }

    /// <summary>A span must not end after this, in nanoseconds since the Unix epoch.</summary>
    public ulong Newest { get; init; } = ulong.MaxValue;
}

/// <summary>Why spans of a request were not taken.</summary>
internal enum Rejection
{
    InvalidTraceId,
    InvalidSpanId,
    InvalidParentId,
    MissingTime,
    TooOld,
    TooNew,
    TooManySpans,
    TraceTooLarge,
}
