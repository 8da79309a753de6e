using System.Globalization;
using Stagedoor.Tracing.Store;

namespace Stagedoor.Tracing.Reading;

/// <summary>Traces that are answered as they were sent.</summary>
internal static class WholeTrace
{
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
