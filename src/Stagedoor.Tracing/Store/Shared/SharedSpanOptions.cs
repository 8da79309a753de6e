namespace Stagedoor.Tracing.Store.Shared;

/// <summary>How a store in a database works that several processes share.</summary>
internal sealed record SharedSpanOptions
{
    /// <summary>Spans that are written at once, and that make a block of many small ones.</summary>
    public int BlockSpans { get; init; } = 65_536;

    /// <summary>Bytes of requests that are being written.</summary>
    public long MaxWaitingBytes { get; init; } = 128 << 20;

    /// <summary>Bytes of parts of blocks that are kept in memory.</summary>
    public long MaxCachedBytes { get; init; } = 96 << 20;

    /// <summary>As many small blocks of a day, with fewer spans than a quarter of a block, are made into one.</summary>
    public int MergeBlocks { get; init; } = 16;

    /// <summary>How long blocks of a day are merged at a time: less than what lies between two times, so that others come to their turn.</summary>
    public TimeSpan MergeTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Whether a request is acknowledged when it waits to be written, and not only when it is: then it may be lost.</summary>
    public bool IsQueued { get; init; }

    /// <summary>How long a search may take.</summary>
    public TimeSpan SearchTime { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the database may take for what it is asked, a search apart.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long names that others may have added are remembered.</summary>
    public TimeSpan NameAge { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Searches at a time: each has a connection to itself.</summary>
    public int MaxSearches { get; init; } = 4;

    /// <summary>The most names of a day that are listed.</summary>
    public int MaxNames { get; init; } = 50_000;
}
