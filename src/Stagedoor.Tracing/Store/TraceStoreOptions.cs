namespace Stagedoor.Tracing.Store;

/// <summary>How a store in files works.</summary>
internal sealed record TraceStoreOptions
{
    /// <summary>Where its files are; nobody else's.</summary>
    public required string Folder { get; init; }

    /// <summary>Bytes of a file of the log.</summary>
    public int LogBytes { get; init; } = 32 << 20;

    /// <summary>Spans that make a block.</summary>
    public int BlockSpans { get; init; } = 65_536;

    /// <summary>Bytes of memory that make a block.</summary>
    public long BlockBytes { get; init; } = 64 << 20;

    /// <summary>How long spans stay in the log alone.</summary>
    public TimeSpan BlockAge { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How many full heads may wait to become blocks before requests wait.</summary>
    public int MaxHeads { get; init; } = 2;

    /// <summary>Bytes of requests that are being written.</summary>
    public long MaxWaitingBytes { get; init; } = 128 << 20;

    /// <summary>Bytes of dictionaries that are kept in memory to read blocks.</summary>
    public long MaxCachedBytes { get; init; } = 64 << 20;

    /// <summary>As many small blocks of a day, with fewer spans than a quarter of a block, are made into one.</summary>
    public int MergeBlocks { get; init; } = 16;

    /// <summary>Whether a request is acknowledged when it waits to be written, and not only when it is: then it may be lost.</summary>
    public bool IsQueued { get; init; }

    /// <summary>How long a search may take.</summary>
    public TimeSpan SearchTime { get; init; } = TimeSpan.FromSeconds(10);
}
