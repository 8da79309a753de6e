using Stagedoor.Tracing.Spans;

namespace Stagedoor.Tracing.Queries;

/// <summary>Says what was mended in a span.</summary>
internal static class SpanRepairs
{
    private static readonly (SpanWarnings Warning, string Text)[] s_texts =
    [
        (SpanWarnings.NoName, "it had no name"),
        (SpanWarnings.NegativeDuration, "it ended before it began"),
        (SpanWarnings.OwnParent, "it was its own parent"),
        (SpanWarnings.InvalidText, "a text was not UTF-8"),
        (SpanWarnings.EmptyLink, "a link led nowhere"),
        (SpanWarnings.Cut, "something was longer or more than is kept"),
        (SpanWarnings.NoDuration, "it did not say how long it took"),
        (SpanWarnings.NoStart, "it did not say when it began"),
    ];

    /// <summary>A sentence for each.</summary>
    public static IEnumerable<string> Describe(SpanWarnings warnings) => s_texts.Where(t => (warnings & t.Warning) != SpanWarnings.None).Select(static t => t.Text);
}
