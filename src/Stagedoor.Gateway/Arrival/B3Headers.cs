using System.Buffers;
using System.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace Stagedoor.Gateway.Arrival;

/// <summary>
/// The headers of Zipkin's B3 propagation: <c>b3</c>, which counts before the others, and <c>X-B3-TraceId</c> with those that belong to it, as clients of ServiceComb send
/// them. What breaks the rules is as if it were not there.
/// </summary>
internal static class B3Headers
{
    private const string Single = "b3";
    private const string TraceId = "X-B3-TraceId";
    private const string SpanId = "X-B3-SpanId";
    private const string Sampled = "X-B3-Sampled";
    private const string Flags = "X-B3-Flags";

    private const int LongTrace = 32;
    private const int ShortTrace = 16;
    private const int SpanLength = 16;

    private static readonly SearchValues<char> s_hex = SearchValues.Create("0123456789abcdef");

    /// <summary>The caller's span; false when the headers have none.</summary>
    public static bool TryParse(IHeaderDictionary headers, out ActivityContext context)
    {
        if (headers.TryGetValue(Single, out var single) && single.Count == 1 && TryParseSingle(single.ToString(), out context))
        {
            return true;
        }

        context = default;
        if (!headers.TryGetValue(TraceId, out var trace) || trace.Count != 1)
        {
            return false;
        }

        // A flag of 1 is for debugging, which says that it is sampled.
        var state = headers[Flags].ToString() is "1" ? "d" : headers[Sampled].ToString() switch { "true" => "1", "false" => "0", var other => other };
        return TryMake(trace.ToString(), headers[SpanId].ToString(), state, out context);
    }

    /// <summary>The caller's span of the one header, <c>trace-span-state-parent</c>, of which the last two may be absent.</summary>
    internal static bool TryParseSingle(ReadOnlySpan<char> header, out ActivityContext context)
    {
        context = default;
        var end = header.IndexOf('-');
        if (end < 0)
        {
            // A state alone continues nothing.
            return false;
        }

        var trace = header[..end];
        var rest = header[(end + 1)..];
        if (rest.Length <= SpanLength)
        {
            return TryMake(trace, rest, "", out context);
        }

        var span = rest[..SpanLength];
        var state = rest[SpanLength..];
        if (state.Length < 2 || state[0] != '-')
        {
            return false;
        }

        var parent = state[2..];
        return (parent.IsEmpty || (parent[0] == '-' && IsId(parent[1..], SpanLength))) && TryMake(trace, span, state[1..2], out context);
    }

    private static bool TryMake(ReadOnlySpan<char> trace, ReadOnlySpan<char> span, ReadOnlySpan<char> state, out ActivityContext context)
    {
        context = default;
        if (!(IsId(trace, LongTrace) || IsId(trace, ShortTrace)) || !IsId(span, SpanLength) || state is not ("" or "0" or "1" or "d"))
        {
            return false;
        }

        Span<char> whole = stackalloc char[LongTrace];
        whole.Fill('0');
        trace.CopyTo(whole[(LongTrace - trace.Length)..]);
        context = new(
            ActivityTraceId.CreateFromString(whole),
            ActivitySpanId.CreateFromString(span),
            state is "1" or "d" ? ActivityTraceFlags.Recorded : ActivityTraceFlags.None,
            isRemote: true);
        return true;
    }

    private static bool IsId(ReadOnlySpan<char> text, int length) => text.Length == length && !text.ContainsAnyExcept(s_hex) && text.ContainsAnyExcept('0');
}
