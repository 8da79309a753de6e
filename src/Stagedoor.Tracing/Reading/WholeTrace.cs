using System.Globalization;
using Microsoft.AspNetCore.Http;
using Stagedoor.Tracing.Store;

namespace Stagedoor.Tracing.Reading;

/// <summary>Traces that are answered as they were sent.</summary>
internal static class WholeTrace
{
    /// <summary>A trace by its id, cut.</summary>
    /// <exception cref="ReadException">There is none.</exception>
    public static async Task<SpanGroup> GetAsync(ITraceStore store, ReadScope scope, UInt128 traceId)
    {
        var trace = await store.FindTraceAsync(scope.Project, traceId, scope.Cancellation) ?? throw new ReadException(StatusCodes.Status404NotFound, "trace not found");
        Cut(scope, trace.Spans);
        return trace.Spans;
    }

    /// <summary>Leaves of a trace the earliest spans, as many as an answer bears.</summary>
    public static void Cut(ReadScope scope, SpanGroup group)
    {
        var spans = group.Batch.Spans;
        if (spans.Count > ReadScope.MostSpans)
        {
            scope.Cut(string.Create(CultureInfo.InvariantCulture, $"a trace has {spans.Count} spans, of which the first {ReadScope.MostSpans} are here"));
            spans.Sort(static (a, b) => a.Start != b.Start ? a.Start.CompareTo(b.Start) : a.SpanId.CompareTo(b.SpanId));
            spans.RemoveRange(ReadScope.MostSpans, spans.Count - ReadScope.MostSpans);
        }
    }
}
