using System.Buffers;
using System.Diagnostics;

namespace Stagedoor.Gateway.Arrival;

/// <summary>The <c>traceparent</c> header (W3C Trace Context, section 3.2).</summary>
internal static class TraceParent
{
    private const int Length = 55;

    private static readonly SearchValues<char> s_hex = SearchValues.Create("0123456789abcdef");

    /// <summary>The caller's span; false when the header is absent or breaks the rules, and a new trace begins.</summary>
    public static bool TryParse(string? header, out ActivityContext context)
    {
        context = default;
        if (header is null || header.Length < Length || header[2] != '-' || header[35] != '-' || header[52] != '-')
        {
            return false;
        }

        var text = header.AsSpan();
        var version = text[..2];
        var trace = text[3..35];
        var span = text[36..52];
        var flags = text[53..55];
        // A later version may append fields; this one has none.
        var wellFormed = !version.ContainsAnyExcept(s_hex)
            && version is not "ff"
            && (version is "00" ? header.Length == Length : header.Length == Length || header[Length] == '-')
            && !trace.ContainsAnyExcept(s_hex)
            && trace.ContainsAnyExcept('0')
            && !span.ContainsAnyExcept(s_hex)
            && span.ContainsAnyExcept('0')
            && !flags.ContainsAnyExcept(s_hex);
        if (wellFormed)
        {
            var sampled = (flags[1] is >= '0' and <= '9' ? flags[1] - '0' : flags[1] - 'a' + 10) & 1;
            context = new(
                ActivityTraceId.CreateFromString(trace),
                ActivitySpanId.CreateFromString(span),
                (ActivityTraceFlags)sampled,
                isRemote: true);
        }

        return wellFormed;
    }
}
