namespace Stagedoor.Tracing.Store;

/// <summary>
/// Keeps spans. All members may be called by any number of threads at once. What the engine itself cannot do is a
/// <see cref="Stagedoor.Storage.StorageException"/>: <c>Full</c> when there is no room (nothing of the request is kept, and it heals when there is), <c>Busy</c> when too much
/// is waiting to be written, <c>Unavailable</c> while it is being closed or cannot be reached.
/// </summary>
internal interface ISpanEngine : IAsyncDisposable
{
    /// <summary>
    /// Keeps the spans of a request. When the task completes they are durable, and every read that begins from then on sees them; when it throws, nothing of them is kept.
    /// Where requests are acknowledged while they wait, the task completes earlier, unless the last that was to be written could not be.
    /// Waits for room among what is to be written until it is cancelled. The spans must not be changed afterwards.
    /// </summary>
    Task<AppendOutcome> AppendAsync(SpanAppend append, CancellationToken cancellationToken);

    /// <summary>All spans of a trace, of whatever days; identical ones once. Null when there is none.</summary>
    /// <param name="project">Whose.</param>
    /// <param name="traceId">Its id.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<StoredTrace?> FindTraceAsync(string project, UInt128 traceId, CancellationToken cancellationToken);

    /// <summary>The spans of a trace without their attributes, events, links, states and messages; identical ones may be there several times. Null when there is none.</summary>
    /// <param name="project">Whose.</param>
    /// <param name="traceId">Its id.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<StoredTrace?> FindOutlineAsync(string project, UInt128 traceId, CancellationToken cancellationToken);

    /// <summary>The traces with spans that match, the latest first, a row for each.</summary>
    Task<SpanSearchAnswer> SearchAsync(SpanSearch search, CancellationToken cancellationToken);

    /// <summary>What sent spans that are kept, each once, in no order.</summary>
    Task<IReadOnlyList<SpanIdentity>> IdentitiesAsync(string project, CancellationToken cancellationToken);

    /// <summary>The names of services, each once, ordinally ascending.</summary>
    Task<IReadOnlyList<string>> ServicesAsync(string project, CancellationToken cancellationToken);

    /// <summary>The names of a service's spans that are kept, each once, in no order.</summary>
    /// <param name="project">Whose.</param>
    /// <param name="service">The service; null for all of them.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<IReadOnlyList<SpanOperation>> OperationsAsync(string project, string? service, CancellationToken cancellationToken);

    /// <summary>Drops all spans that began (UTC) before a day. Reads under way end as they began.</summary>
    Task DropBeforeAsync(DateOnly day, CancellationToken cancellationToken);

    /// <summary>What is to be done from time to time.</summary>
    /// <exception cref="Stagedoor.Storage.StorageException">It failed; nothing is lost, and it may be tried again.</exception>
    Task UpkeepAsync(CancellationToken cancellationToken);

    /// <summary>How it is, by numbers, at this moment.</summary>
    TraceStoreFacts Facts { get; }
}
