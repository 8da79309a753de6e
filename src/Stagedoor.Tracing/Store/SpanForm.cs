namespace Stagedoor.Tracing.Store;

/// <summary>
/// How a span is written, in records and in pages. Three parts side by side:
/// ids: its own (8 bytes), its parent's (8) unless the parent is named by place, of each link the trace and the span (16, 8);
/// times: start, duration, of each event the distance from the start;
/// body: two bytes of flags, the scope, the parent's place, the name, and what the flags announce.
/// A text is its number plus one, or 0 and the text itself. In a record the trace's id (16 bytes) comes first among the ids, the start has 8 bytes and no parent is named by place.
/// In a page the own ids of a trace's spans come before the others, and the start is the distance from the span before it in the trace.
/// </summary>
internal static class SpanForm
{
    public const byte KindMask = 0b111;
    public const int StatusShift = 3;
    public const byte StatusMask = 0b11;
    public const byte HasParent = 1 << 5;
    public const byte IsEntry = 1 << 6;
    public const byte IsFailed = 1 << 7;

    public const byte HasTraceState = 1;
    public const byte HasMessage = 2;
    public const byte HasEvents = 4;
    public const byte HasLinks = 8;
    public const byte HasDropped = 16;
    public const byte HasTransaction = 32;
    public const byte HasAddress = 64;
    public const byte HasWarnings = 128;

    public const int ValueKindBits = 3;
}
