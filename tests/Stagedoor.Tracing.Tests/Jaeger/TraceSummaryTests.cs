using Stagedoor.Tracing.Jaeger;
using Stagedoor.Tracing.Queries;
using Stagedoor.Tracing.Spans;
using Stagedoor.Tracing.Store;
using Stagedoor.Tracing.Tests.Store;
using Xunit;

namespace Stagedoor.Tracing.Tests.Jaeger;

#pragma warning disable CA5394 // Nobody has to guess what is tried.

/// <summary>A summary says of an outline what the tree says of the trace.</summary>
public sealed class TraceSummaryTests
{
    // Few ids make halves, variants, orphans and circles.
    [Theory]
    [InlineData(4)]
    [InlineData(12)]
    [InlineData(60)]
    public void A_summary_is_that_of_the_tree(int ids)
    {
        var random = new Random(ids);
        for (var i = 0; i < 500; i++)
        {
            var record = new SpanEncoder().Encode(Traffic.Request(Enumerable.Range(0, random.Next(1, 50)).Select(_ => new Sent(7, (ulong)random.Next(1, ids))
            {
                ParentId = (ulong)random.Next(0, ids + 2),
                Start = Traffic.Midnight + (ulong)random.Next(20),
                Duration = (ulong)random.Next(20),
                Name = "op" + random.Next(5),
                Kind = (SpanKind)random.Next(1, 6),
                IsFailed = random.Next(3) == 0,
                IsRich = random.Next(9) == 0,
                Identity = new("g", "service" + random.Next(3), "i" + random.Next(2), "c", "n", ""),
            })));
            var (whole, outline) = (Decode(record, isOutline: false), Decode(record, isOutline: true));

            var summary = TraceSummary.Of(7, outline);

            var expected = Expected(whole);
            Assert.Equal(expected with { Services = [] }, summary with { Services = [] });
            Assert.Equal(expected.Services, summary.Services);
            Assert.Empty(outline.Batch.Attributes);
            Assert.Empty(outline.Batch.Events);
            Assert.Empty(outline.Batch.Links);
        }
    }

    private static SpanGroup Decode(SpanRecord record, bool isOutline)
    {
        var group = new SpanGroup(new SpanBatch([]));
        var decoder = new SpanDecoder(group, isOutline);
        foreach (ref readonly var span in record.Spans.AsSpan())
        {
            record.Decode(in span, decoder);
        }

        if (!isOutline)
        {
            SpanCopies.Drop(group);
        }

        return group;
    }

    private static TraceSummary Expected(SpanGroup group)
    {
        var tree = TraceTree.Of(group, joinsHalves: false);
        var spans = tree.InOrder().Select(n => (Data: group.Batch.Spans[n.Node.Span], group.Facts[n.Node.Span].IsFailed)).ToList();
        var root = tree.Roots.FirstOrDefault(static r => !r.IsOrphan);
        return new(
            7,
            root is null ? "" : group.IdentityOf(group.Batch.Spans[root.Span]).Service,
            root is null ? "" : group.Batch.TextOf(group.Batch.Spans[root.Span].Name),
            spans.Min(static s => s.Data.Start),
            spans.Max(static s => s.Data.End),
            spans.Count,
            spans.Count(static s => s.IsFailed),
            tree.Orphans,
            [.. spans.GroupBy(s => group.IdentityOf(s.Data).Service, StringComparer.Ordinal).Select(static g => (g.Key, g.Count(), g.Count(static s => s.IsFailed))).OrderBy(static s => s.Key, StringComparer.Ordinal)]);
    }
}
