using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Stagedoor.Storage;

namespace Stagedoor.Tracing.Store.Shared;

/// <summary>
/// Spans in a database that several processes share: the blocks of <see cref="BlockForm"/> as rows, a day's in tables of their own (<see cref="SpanTables"/>). All requests that
/// wait are written in one transaction, as one block per day, and acknowledged when it is committed; nothing is in one process alone. What two processes could each decide
/// for themselves the database decides: whether a request came before, that a day is made once, who merges and who drops.
/// </summary>
/// <remarks>A block never changes, so that what was read of one is right for ever; whether it is still the one to read says the database with each question.</remarks>
internal sealed partial class SharedTraceStore : ISpanEngine
{
    private const int MaxTries = 20;

    private static readonly TimeSpan s_dropPatience = TimeSpan.FromSeconds(2);

    private readonly Db _db;
    private readonly SharedSpanOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly SharedNames _shared = new();
    private readonly BoundedCache<(int Day, long Block), Block> _blocks;
    private readonly BoundedCache<Block, BlockTexts> _texts;
    private readonly CacheGeneration _nameGeneration;
    private readonly BoundedCache<string, ProjectNames> _names;
    private readonly Dictionary<int, HashSet<UInt128>> _knownNames = [];
    private readonly ConcurrentDictionary<UInt128, Task> _inFlight = new();
    private readonly Channel<Waiting> _waiting = Channel.CreateUnbounded<Waiting>(new() { SingleReader = true });
    private readonly ByteGate _room;
    private readonly SemaphoreSlim _searches;
    private readonly ConcurrentBag<SpanEncoder> _encoders = [];
    private readonly ConcurrentBag<BlockBuilder> _builders = [];
    private readonly ConcurrentDictionary<(int Day, long Block), string> _damaged = new();
    private readonly Task _writing;
    private ImmutableSortedSet<int> _days = [];
    private StoredTotals _totals = new(0, 0, 0);
    private string? _lastFault;
    private long _appended;
    private long _lost;
    private int _firstDay = int.MinValue;
    private int _isClosed;

    /// <param name="db">The module's tables; its migrations have run before anything is asked.</param>
    /// <param name="options">How it works.</param>
    /// <param name="clock">The time.</param>
    /// <param name="logger">Hears of faults and damage.</param>
    public SharedTraceStore(Db db, SharedSpanOptions options, TimeProvider clock, ILogger logger)
    {
        (_db, _options, _clock, _logger) = (db, options, clock, logger);
        _room = new(options.MaxWaitingBytes);
        _searches = new(options.MaxSearches);
        var generation = new CacheGeneration(clock);
        _blocks = new(generation, options.MaxCachedBytes / 2, Timeout.InfiniteTimeSpan, static (_, block) => block.TailLength + (block.Traces * 2L) + 512);
        _texts = new(generation, options.MaxCachedBytes / 2, Timeout.InfiniteTimeSpan, static (_, texts) => texts.Size);
        _nameGeneration = new(clock);
        _names = new(_nameGeneration, 1000, options.NameAge);
        _writing = Task.Run(WriteUntilClosedAsync);
    }

    public TraceStoreFacts Facts => new(
        Volatile.Read(ref _appended),
        _totals.Spans,
        _totals.Bytes,
        _room.Taken,
        (int)_totals.Blocks,
        _days.IsEmpty ? null : SegmentFile.DayNumber(_days.Min),
        [.. _damaged.Values.Distinct(StringComparer.Ordinal), .. _lastFault is { } fault ? [fault] : Enumerable.Empty<string>()])
    {
        SpansLost = Volatile.Read(ref _lost),
    };

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isClosed, 1) != 0)
        {
            return;
        }

        _waiting.Writer.TryComplete();
        await _writing;
        foreach (var builder in _builders)
        {
            builder.Dispose();
        }

        _searches.Dispose();
    }

    // No question takes longer, also where the driver waits for a server that is silent; what it does then nobody hears of. Who asks may give up before.
    private async Task<T> BoundedAsync<T>(Func<CancellationToken, Task<T>> work, TimeSpan time, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(time, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        var running = work(either.Token);
        try
        {
            return await running.WaitAsync(either.Token);
        }
        catch (OperationCanceledException e)
        {
            _ = running.ContinueWith(static t => t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            if (!late.IsCancellationRequested || cancellationToken.IsCancellationRequested)
            {
                throw;
            }

            throw new StorageException(StorageSource.Database, StorageFault.Unavailable, $"{_db.Location} does not answer.", e);
        }
    }

    private static int DayOf(ulong start) => (int)(start / 86_400_000_000_000);

    private bool IsKept(ulong start) => DayOf(start) >= Volatile.Read(ref _firstDay);

    private IEnumerable<int> KeptDays(IEnumerable<int> days) => days.Where(d => d >= Volatile.Read(ref _firstDay));

    // The tables of a day go when it is old, also while somebody asks them.
    private static bool MayBeDropped(StorageException e, int run) => e.Fault is StorageFault.Failed or StorageFault.Gone && run < 3;

    private async Task<ImmutableSortedSet<int>> ReadDaysAsync(CancellationToken cancellationToken) =>
        _days = [.. (await _db.QueryAsync<long>("SELECT day FROM span_day", null, cancellationToken)).Select(static d => (int)d)];

    private void Tell(int day, long block, string problem)
    {
        if (_damaged.TryAdd((day, block), problem))
        {
            LogDamage(_logger, problem);
        }
    }

    private string TellDamage(int day, long block, InvalidDataException e)
    {
        var problem = $"{_db.Location}: block {block} of {SpanTables.BlockOf(day)} is damaged: {e.Message}";
        Tell(day, block, problem);
        return problem;
    }

    [LoggerMessage(EventId = 11, Level = LogLevel.Error, Message = "Spans are damaged: {Problem}")]
    private static partial void LogDamage(ILogger logger, string problem);

    [LoggerMessage(EventId = 12, Level = LogLevel.Error, Message = "Spans cannot be written, and are refused until they can.")]
    private static partial void LogRefused(ILogger logger, Exception exception);

    [LoggerMessage(EventId = 13, Level = LogLevel.Error, Message = "{Count} spans are lost that were acknowledged while they waited (Tracing:Acknowledge=queued): {Problem}")]
    private static partial void LogLost(ILogger logger, long count, string problem);

    private sealed record ProjectNames(IReadOnlyList<SpanIdentity> Identities, IReadOnlyList<SpanOperation> Operations);

    private sealed record StoredTotals(long Spans, long Blocks, long Bytes);

    private sealed class Waiting
    {
        public TaskCompletionSource<AppendOutcome> Kept { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public SpanRecord? Record { get; set; }

        /// <summary>Whether its sender is told that it is taken before it is committed.</summary>
        public bool IsAcknowledged { get; set; }

        /// <summary>Gives back the room that it has; whoever writes it does.</summary>
        public Action? Leave { get; set; }

        public void Succeed(AppendOutcome outcome)
        {
            if (Kept.TrySetResult(outcome))
            {
                Leave!();
            }
        }

        /// <summary>False when it has ended before.</summary>
        public bool Fail(Exception e)
        {
            if (!Kept.TrySetException(e))
            {
                return false;
            }

            Leave?.Invoke();
            _ = Kept.Task.Exception;
            return true;
        }
    }
}
