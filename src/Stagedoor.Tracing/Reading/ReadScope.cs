using System.Runtime.CompilerServices;
using Stagedoor.Storage;
using Stagedoor.Tracing.Store;

namespace Stagedoor.Tracing.Reading;

/// <summary>One request of a reader that was admitted, and how much it may take.</summary>
/// <param name="project">Whose traces it is answered from.</param>
/// <param name="clock">Tells when its time is over.</param>
/// <param name="cancellation">Ends when whoever asked is gone, or it takes much longer than it may.</param>
internal sealed class ReadScope(string project, TimeProvider clock, CancellationToken cancellation)
{
    /// <summary>How long a request takes; what it has by then is the answer.</summary>
    public static readonly TimeSpan Time = TimeSpan.FromSeconds(10);

    /// <summary>How long an answer is, in bytes; a trace that begins before it is written to its end, or to <see cref="MostTraceBytes"/>.</summary>
    public const int MostBytes = 32 * 1024 * 1024;

    /// <summary>How long one trace is in an answer, in bytes.</summary>
    public const int MostTraceBytes = 128 * 1024 * 1024;

    /// <summary>How many spans of a trace are in an answer.</summary>
    public const int MostSpans = 50_000;

    private readonly long _began = clock.GetTimestamp();

    /// <summary>Whose traces they are.</summary>
    public string Project => project;

    /// <summary>What time it is.</summary>
    public DateTimeOffset Now { get; } = clock.GetUtcNow();

    /// <summary>Gives up.</summary>
    public CancellationToken Cancellation => cancellation;

    /// <summary>Whether its time is over.</summary>
    public bool IsLate => clock.GetElapsedTime(_began) > Time;

    /// <summary>Why the answer is not all that there is; null when it is.</summary>
    public string? Partial { get; private set; }

    /// <summary>The answer is not all that there is.</summary>
    public void Cut(string why) => Partial ??= why;

    /// <summary>Searches. That it was given up, or a part of the store is damaged, is told.</summary>
    public async Task<IReadOnlyList<SpanRow>> SearchAsync(ITraceStore store, SpanSearch search)
    {
        var answer = await store.SearchAsync(search, cancellation);
        if (answer.IsPartial)
        {
            Cut("the search was given up at its time, or a part of the store could not be read: there may be more");
        }

        return answer.Rows;
    }

    /// <summary>The traces of these ids that there are, until the time is over or <paramref name="isFull"/> says so.</summary>
    public IAsyncEnumerable<(UInt128 Id, StoredTrace Trace)> TracesAsync(ITraceStore store, IEnumerable<UInt128> ids, Func<bool> isFull, CancellationToken cancellationToken) =>
        EachAsync(ids, isFull, (id, token) => store.FindTraceAsync(project, id, token), cancellationToken);

    /// <summary>The same without attributes, events and links of spans.</summary>
    public IAsyncEnumerable<(UInt128 Id, StoredTrace Trace)> OutlinesAsync(ITraceStore store, IEnumerable<UInt128> ids, CancellationToken cancellationToken) =>
        EachAsync(ids, static () => false, (id, token) => store.FindOutlineAsync(project, id, token), cancellationToken);

    private async IAsyncEnumerable<(UInt128 Id, StoredTrace Trace)> EachAsync(
        IEnumerable<UInt128> ids, Func<bool> isFull, Func<UInt128, CancellationToken, Task<StoredTrace?>> find, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var id in ids)
        {
            if (isFull())
            {
                Cut("the answer was cut at the length that one may have: ask for fewer traces");
                yield break;
            }

            if (IsLate)
            {
                Cut("the search was given up at its time: there may be more");
                yield break;
            }

            if (await FindAsync(find, id, cancellationToken) is { } trace)
            {
                yield return (id, trace);
            }
        }
    }

    // One that cannot be read keeps nobody from the others.
    private async Task<StoredTrace?> FindAsync(Func<UInt128, CancellationToken, Task<StoredTrace?>> find, UInt128 id, CancellationToken cancellationToken)
    {
        try
        {
            return await find(id, cancellationToken);
        }
        catch (StorageException e) when (e.Fault is StorageFault.Corrupt)
        {
            Cut("a part of the store could not be read: there may be more");
            return null;
        }
    }
}
