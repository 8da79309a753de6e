namespace Stagedoor.Tracing.Store;

/// <summary>What a search goes through: the same spans from its beginning to its end, each once.</summary>
internal interface ISearchSource
{
    /// <summary>Spans in memory.</summary>
    IReadOnlyList<Head> Heads { get; }

    /// <summary>Blocks that may have spans of the time that is searched, the latest first.</summary>
    IReadOnlyList<SearchBlock> Blocks { get; }

    /// <summary>Opens a block.</summary>
    /// <exception cref="InvalidDataException">It is not as it was written.</exception>
    ValueTask<Block> OpenAsync(int number, CancellationToken cancellationToken);

    /// <summary>Reads a page.</summary>
    /// <param name="number">The number of the block.</param>
    /// <param name="block">The block.</param>
    /// <param name="page">The page's number in it.</param>
    /// <param name="isOneOfAll">Whether the others will be asked for as well.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="InvalidDataException">It is not as it was written.</exception>
    ValueTask<Page> ReadPageAsync(int number, Block block, int page, bool isOneOfAll, CancellationToken cancellationToken);

    /// <summary>The pages of a block with a filter that may have a span with all of some tags that is long enough, ascending.</summary>
    /// <param name="number">The number of the block.</param>
    /// <param name="block">The block.</param>
    /// <param name="tags">The tags.</param>
    /// <param name="minDuration">The shortest duration, in nanoseconds.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="InvalidDataException">It is not as it was written.</exception>
    ValueTask<List<int>> FindPagesAsync(int number, Block block, ReadOnlyMemory<ulong> tags, ulong minDuration, CancellationToken cancellationToken);

    /// <summary>All spans of a trace that the blocks and heads have, and whether all could be read.</summary>
    ValueTask<(SpanGroup Spans, bool IsWhole)> ReadTraceAsync(UInt128 traceId, CancellationToken cancellationToken);

    /// <summary>Is told what cannot be read.</summary>
    void TellDamage(int number, InvalidDataException problem);
}

/// <summary>What is known of a block before it is opened.</summary>
/// <param name="MaxStart">The latest start in it, in nanoseconds.</param>
/// <param name="MaxDuration">The longest duration, in nanoseconds.</param>
[System.Runtime.InteropServices.StructLayout(System.Runtime.InteropServices.LayoutKind.Auto)]
internal readonly record struct SearchBlock(ulong MaxStart, ulong MaxDuration);
