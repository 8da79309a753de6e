namespace Stagedoor.Tracing.Store;

/// <summary>
/// Where spans are kept: the same for every engine, and what is pinned beside them. All members may be called by any number of threads at once. What the engine itself cannot do is a
/// <see cref="Stagedoor.Storage.StorageException"/>: <c>Full</c> when there is no room (nothing of the request is kept, and it heals when there is), <c>Busy</c> when too much
/// is waiting to be written, <c>Unavailable</c> while it is being closed.
/// </summary>
internal interface ITraceStore : ISpanEngine
{
    /// <summary>Keeps a trace whatever retention says: what there is of it, and what comes of it before its days go. It is found by its id; searches do not find it when its days are gone.</summary>
    Task<PinOutcome> PinAsync(string project, UInt128 traceId, CancellationToken cancellationToken);

    /// <summary>Lets a pinned trace go with its days; false when it was not pinned.</summary>
    Task<bool> UnpinAsync(string project, UInt128 traceId, CancellationToken cancellationToken);
}

/// <summary>What became of a pin.</summary>
internal enum PinOutcome
{
    /// <summary>It is pinned, or was.</summary>
    Pinned,

    /// <summary>There is no such trace.</summary>
    Absent,

    /// <summary>As many traces as may be are pinned.</summary>
    Full,
}

/// <summary>What became of a request.</summary>
internal enum AppendOutcome
{
    /// <summary>It is kept.</summary>
    Kept,

    /// <summary>The same bytes were kept within the last ten minutes; nothing of it is to be counted again.</summary>
    Repeated,
}

/// <summary>How a store is.</summary>
/// <param name="SpansAppended">Spans acknowledged since it was opened.</param>
/// <param name="SpansStored">Spans that there are, copies of one counted each.</param>
/// <param name="BytesStored">What it takes on the disk.</param>
/// <param name="BytesWaiting">What is to be written and is not yet durable.</param>
/// <param name="Blocks">How many blocks there are.</param>
/// <param name="OldestDay">The oldest day with spans.</param>
/// <param name="Problems">What is damaged and was set aside, and what failed last: a sentence each.</param>
internal sealed record TraceStoreFacts(
    long SpansAppended, long SpansStored, long BytesStored, long BytesWaiting, int Blocks, DateOnly? OldestDay, IReadOnlyList<string> Problems)
{
    /// <summary>Spans that were acknowledged while they waited, and could not be written.</summary>
    public long SpansLost { get; init; }
}
