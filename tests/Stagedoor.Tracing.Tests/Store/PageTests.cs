using Stagedoor.Tracing.Spans;
using Stagedoor.Tracing.Store;
using Stagedoor.Tracing.Store.Shared;
using Xunit;

namespace Stagedoor.Tracing.Tests.Store;

/// <summary>The memory of pages, which others use after them.</summary>
public sealed class PageTests
{
    [Fact]
    public void A_page_that_gave_its_memory_back_reads_nothing_of_who_has_it_next()
    {
        using var builder = new BlockBuilder();
        var record = new SpanEncoder().Encode(Traffic.Request([new(7, 1), new(7, 2)]));
        var bytes = builder.Build([record], [(0, 0), (0, 1)], 1, 1, []).ToArray();
        var block = BlockBytes.Open(bytes, 0, BlockHeader.Find(bytes), new());
        var (kept, released) = (block.ReadPage(0), block.ReadPage(0));
        var (texts, trace) = (block.ReadTexts(), kept.Traces.Single());

        released.Release();
        released.Release();

        var whole = new SpanGroup(new SpanBatch([]));
        kept.Decode(in trace, texts, new(whole));
        Assert.Equal([1UL, 2UL], whole.Batch.Spans.Select(static s => s.SpanId));
        Assert.True(released.Body.IsEmpty);
        Assert.Throws<InvalidDataException>(() => released.Decode(in trace, texts, new(new SpanGroup(new SpanBatch([])))));
    }
}
