using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Stagedoor.Tracing.Spans;

namespace Stagedoor.Tracing.Otlp;

/// <summary>Single values as protobuf's JSON writes them: 64-bit numbers as texts or as numbers, ids in hexadecimal digits as OTLP wants them.</summary>
internal static class JsonValues
{
    // 2^63
    private const double BeyondLong = 9_223_372_036_854_775_808;

    /// <summary>An unsigned number: <c>5</c>, <c>"5"</c>, <c>5.0</c> or <c>5e0</c>.</summary>
    public static ulong ReadUnsigned(ref Utf8JsonReader json) => ReadDecimal(ref json) is >= 0 and <= ulong.MaxValue and var value ? (ulong)value : throw Malformed(ref json, "a number is out of range");

    public static long ReadSigned(ref Utf8JsonReader json) =>
        ReadDecimal(ref json) is >= long.MinValue and <= long.MaxValue and var value ? (long)value : throw Malformed(ref json, "a number is out of range");

    /// <summary>A whole number that is the value of an attribute; one that has no room in 64 bits, as JavaScript's whole numbers may be, is a double.</summary>
    public static (ValueKind Kind, long Number) ReadWhole(ref Utf8JsonReader json) =>
        json.TokenType is JsonTokenType.Number or JsonTokenType.String
        && double.TryParse(json.ValueSpan, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var value)
        && Math.Abs(value) >= BeyondLong && double.IsFinite(value) && !(Utf8Parser.TryParse(json.ValueSpan, out long _, out var read) && read == json.ValueSpan.Length)
            ? (ValueKind.Double, BitConverter.DoubleToInt64Bits(value))
            : (ValueKind.Int, ReadSigned(ref json));

    public static double ReadDouble(ref Utf8JsonReader json)
    {
        switch (json.TokenType)
        {
            case JsonTokenType.Number:
                return json.GetDouble();
            case JsonTokenType.String when Is(ref json, "NaN"u8):
                return double.NaN;
            case JsonTokenType.String when Is(ref json, "Infinity"u8):
                return double.PositiveInfinity;
            case JsonTokenType.String when Is(ref json, "-Infinity"u8):
                return double.NegativeInfinity;
            case JsonTokenType.String when Utf8Parser.TryParse(json.ValueSpan, out double value, out var read) && read == json.ValueSpan.Length:
                return value;
            default:
                throw Malformed(ref json, "a double is expected");
        }
    }

    public static bool ReadBool(ref Utf8JsonReader json) =>
        json.TokenType is JsonTokenType.True || (json.TokenType is JsonTokenType.False ? false : throw Malformed(ref json, "true or false is expected"));

    /// <summary>A text, or the name of a member, where it lies when nothing in it is escaped.</summary>
    public static TextRef ReadText(ref Utf8JsonReader json, SpanBatch batch)
    {
        if (json.TokenType is not (JsonTokenType.String or JsonTokenType.PropertyName))
        {
            throw Malformed(ref json, "a text is expected");
        }

        if (!json.ValueIsEscaped)
        {
            return new((int)json.TokenStartIndex + 1, json.ValueSpan.Length);
        }

        var buffer = new byte[json.ValueSpan.Length];
        try
        {
            return batch.Add(buffer.AsSpan(0, json.CopyString(buffer)));
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair, as JavaScript makes where it cuts a text.
            return batch.Add(buffer.AsSpan(0, Unescape(json.ValueSpan, buffer)));
        }
    }

    /// <summary>Takes the escapes out of a text that the reader has found well formed, with U+FFFD for each half of a surrogate pair.</summary>
    /// <param name="text">What stands between the quotation marks.</param>
    /// <param name="into">As long as that at least.</param>
    /// <returns>How many bytes it has.</returns>
    public static int Unescape(ReadOnlySpan<byte> text, Span<byte> into)
    {
        var length = 0;
        for (var at = 0; at < text.Length;)
        {
            if (text[at] != '\\')
            {
                into[length++] = text[at++];
                continue;
            }

            var escape = text[at + 1];
            at += 2;
            if (escape != 'u')
            {
                into[length++] = escape switch { (byte)'b' => (byte)'\b', (byte)'f' => (byte)'\f', (byte)'n' => (byte)'\n', (byte)'r' => (byte)'\r', (byte)'t' => (byte)'\t', _ => escape };
                continue;
            }

            var unit = Unit(text[at..]);
            at += 4;
            if (char.IsHighSurrogate(unit) && text[at..].StartsWith("\\u"u8) && Unit(text[(at + 2)..]) is var low && char.IsLowSurrogate(low))
            {
                at += 6;
                length += new Rune(unit, low).EncodeToUtf8(into[length..]);
            }
            else
            {
                length += (Rune.TryCreate(unit, out var rune) ? rune : Rune.ReplacementChar).EncodeToUtf8(into[length..]);
            }
        }

        return length;

        static char Unit(ReadOnlySpan<byte> digits) => Utf8Parser.TryParse(digits[..4], out ushort unit, out _, 'x') ? (char)unit : '\uFFFD';
    }

    /// <summary>An id in hexadecimal digits; as many bytes as they are, or none that is right when they are not.</summary>
    public static byte[] ReadId(ref Utf8JsonReader json)
    {
        if (json.TokenType is not JsonTokenType.String)
        {
            throw Malformed(ref json, "an id of hexadecimal digits is expected");
        }

        try
        {
            // What has an odd digit or another character is the id of no span.
            return Convert.FromHexString(Encoding.UTF8.GetString(json.ValueSpan));
        }
        catch (FormatException)
        {
            return [0];
        }
    }

    /// <summary>Bytes in base64, with the alphabet for addresses too, filled up or not.</summary>
    public static byte[] ReadBytes(ref Utf8JsonReader json)
    {
        if (json.TokenType is JsonTokenType.String)
        {
            var text = (json.GetString() ?? "").Replace('-', '+').Replace('_', '/').TrimEnd('=');
            try
            {
                return Convert.FromBase64String(text.PadRight((text.Length + 3) / 4 * 4, '='));
            }
            catch (Exception e) when (e is FormatException or InvalidOperationException)
            {
                // As any other value.
                _ = e;
            }
        }

        throw Malformed(ref json, "bytes in base64 are expected");
    }

    public static MalformedSpansException Malformed(ref Utf8JsonReader json, string problem) => new(problem, json.TokenStartIndex);

    private static decimal ReadDecimal(ref Utf8JsonReader json)
    {
        if (json.TokenType is JsonTokenType.Number or JsonTokenType.String)
        {
            var text = json.ValueSpan;
            if (Utf8Parser.TryParse(text, out long value, out var read) && read == text.Length)
            {
                return value;
            }

            if (decimal.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var wide)
                && decimal.Truncate(wide) == wide)
            {
                return wide;
            }
        }

        throw Malformed(ref json, "a whole number is expected");
    }

    /// <summary>Whether the text at hand is this one, which has no escape. The reader throws of one that is half a character when it compares.</summary>
    public static bool Is(ref Utf8JsonReader json, ReadOnlySpan<byte> text) => !json.ValueIsEscaped && json.ValueTextEquals(text);
}
