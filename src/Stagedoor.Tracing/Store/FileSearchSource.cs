using Stagedoor.Tracing.Spans;

namespace Stagedoor.Tracing.Store;

/// <summary>What a search of files goes through.</summary>
internal sealed class FileSearchSource : ISearchSource
{
    private readonly string _project;
    private readonly BoundedCache<Block, BlockTexts> _texts;
    private readonly Action<DaySpans, Block, InvalidDataException> _damaged;
    private readonly List<(DaySpans Day, Block Block)> _blocks;

    public FileSearchSource(
        SpanSearch search, IReadOnlyList<Head> heads, IEnumerable<DaySpans> days, BoundedCache<Block, BlockTexts> texts, Action<DaySpans, Block, InvalidDataException> damaged)
    {
        (_project, Heads, _texts, _damaged) = (search.Project, heads, texts, damaged);
        _blocks = [.. days.SelectMany(static d => d.Blocks.Select(b => (d, b))).Where(b => b.b.MaxStart >= search.From && b.b.MinStart < search.Until)];
        _blocks.Sort(static (a, b) => b.Block.MaxStart.CompareTo(a.Block.MaxStart));
        Blocks = [.. _blocks.Select(static b => new SearchBlock(b.Block.MaxStart, b.Block.MaxDuration))];
    }

    public IReadOnlyList<Head> Heads { get; }

    public IReadOnlyList<SearchBlock> Blocks { get; }

    public ValueTask<Block> OpenAsync(int number, CancellationToken cancellationToken) => ValueTask.FromResult(_blocks[number].Block);

    public ValueTask<Page> ReadPageAsync(int number, Block block, int page, bool isOneOfAll, CancellationToken cancellationToken) => ValueTask.FromResult(block.ReadPage(page));

    public ValueTask<List<int>> FindPagesAsync(int number, Block block, ReadOnlyMemory<ulong> tags, ulong minDuration, CancellationToken cancellationToken) =>
        ValueTask.FromResult(block.FindPages(tags.Span, minDuration));

    public ValueTask<(SpanGroup Spans, bool IsWhole)> ReadTraceAsync(UInt128 traceId, CancellationToken cancellationToken)
    {
        var group = new SpanGroup(new SpanBatch([]));
        var decoder = new SpanDecoder(group);
        var hash = TraceHash.Of(_project, traceId);
        var isWhole = true;
        foreach (var head in Heads)
        {
            foreach (var (record, span) in head.Find(hash))
            {
                if (record.Spans[span].TraceId == traceId && string.Equals(record.Project, _project, StringComparison.Ordinal))
                {
                    record.Decode(in record.Spans[span], decoder);
                }
            }
        }

        for (var i = 0; i < _blocks.Count; i++)
        {
            if (_blocks[i].Block.MayHave(hash))
            {
                try
                {
                    BlockReading.ReadTrace(_blocks[i].Block, _texts, hash, _project, traceId, decoder);
                }
                catch (InvalidDataException e)
                {
                    isWhole = false;
                    TellDamage(i, e);
                }
            }
        }

        return ValueTask.FromResult((group, isWhole));
    }

    public void TellDamage(int number, InvalidDataException problem) => _damaged(_blocks[number].Day, _blocks[number].Block, problem);
}
