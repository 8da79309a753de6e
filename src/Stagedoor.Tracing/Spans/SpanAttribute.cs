using System.Runtime.InteropServices;

namespace Stagedoor.Tracing.Spans;

/// <summary>A key and its value.</summary>
[StructLayout(LayoutKind.Auto)]
internal struct SpanAttribute
{
    public TextRef Key;
    public ValueKind Kind;

    /// <summary>A boolean as 0 or 1, an integer, or the bits of a double.</summary>
    public long Number;

    /// <summary>A text, bytes, or an array or a map as the OTLP message <c>ArrayValue</c> or <c>KeyValueList</c>.</summary>
    public TextRef Text;
}

/// <summary>Numbers are those of the fields of OTLP's <c>AnyValue</c>.</summary>
internal enum ValueKind : byte
{
    Empty = 0,
    Text,
    Bool,
    Int,
    Double,
    Array,
    Map,
    Bytes,
}
