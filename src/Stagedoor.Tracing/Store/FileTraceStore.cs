using System.Collections.Immutable;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Stagedoor.Storage;
using ZstdSharp;

namespace Stagedoor.Tracing.Store;

/// <summary>
/// Spans in files of one folder, which one process has to itself. What is acknowledged is in the log (<see cref="TraceLog"/>) and in the <see cref="Head"/> in memory; from there it
/// goes by the day to segment files, in blocks that are whole by themselves (<see cref="BlockForm"/>): their footers are the index. Damage costs the part that has it and is told in
/// <see cref="Facts"/>, never the rest.
/// </summary>
/// <remarks>
/// Requests are encoded by the threads that bring them. One task writes all that are waiting at once, waits once for the disk and then lets them go. Another makes blocks. Readers see
/// one state, which is replaced as a whole, and lock only to copy places out of the head.
/// </remarks>
internal sealed partial class FileTraceStore : ISpanEngine
{
    private const long NanosecondsOfDay = 86_400_000_000_000;
    private const int MostFilesAtStart = 2;

    private static readonly TimeSpan s_soon = TimeSpan.FromSeconds(30);

    private readonly IStoreFiles _files;
    private readonly TraceStoreOptions _options;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly SharedNames _shared = new();
    private readonly BoundedCache<Block, BlockTexts> _texts;
    private readonly RecentRequests _recent = new();
    private readonly Channel<Waiting> _waiting = Channel.CreateUnbounded<Waiting>(new() { SingleReader = true });
    private readonly ByteGate _room;
    private readonly Lock _changing = new();
    private readonly SemaphoreSlim _sealing = new(1);
    private readonly BlockBuilder _builder = new();
    private readonly System.Collections.Concurrent.ConcurrentBag<Encoding> _encodings = [];
    private readonly Dictionary<int, (SegmentFile File, Block Block)> _written = [];
    private readonly List<string> _problems = [];
    private readonly FileStream _lock;
    private TraceLog _log = null!;
    private TraceState _state;
    private Task _writing = Task.CompletedTask;
    private Task _background = Task.CompletedTask;
    private string? _lastFault;
    private long _appended;
    private long _lost;
    private int _firstDay = int.MinValue;
    private bool _isClosed;

    private FileTraceStore(IStoreFiles files, TraceStoreOptions options, TimeProvider clock, ILogger logger)
    {
        (_files, _options, _clock, _logger) = (files, options, clock, logger);
        _room = new(options.MaxWaitingBytes);
        _texts = new(new(clock), options.MaxCachedBytes, TimeSpan.FromDays(1), static (_, texts) => texts.Size);
        _state = new([new(clock.GetUtcNow())], ImmutableSortedDictionary<int, DaySpans>.Empty);
        _lock = new(Path.Combine(options.Folder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1);
    }

    public TraceStoreFacts Facts
    {
        get
        {
            var state = _state;
            string[] problems;
            lock (_problems)
            {
                problems = [.. _problems, .. _lastFault is { } fault ? [fault] : Enumerable.Empty<string>()];
            }

            return new(
                Volatile.Read(ref _appended),
                state.Days.Values.SelectMany(static d => d.Blocks).Sum(static b => (long)b.Spans) + state.Heads.Sum(static h => (long)h.Spans),
                state.Days.Values.Sum(static d => d.File.End),
                _room.Taken,
                state.Days.Values.Sum(static d => d.Blocks.Count),
                state.Days.IsEmpty ? null : SegmentFile.DayNumber(state.Days.Keys.First()),
                problems)
            {
                SpansLost = Volatile.Read(ref _lost),
            };
        }
    }

    /// <summary>Opens a store, or makes one. What was acknowledged is there when it returns.</summary>
    /// <exception cref="StorageException">The folder cannot be read or written, or another process has it.</exception>
    public static FileTraceStore Open(TraceStoreOptions options, IStoreFiles files, TimeProvider clock, ILogger logger)
    {
        try
        {
            Directory.CreateDirectory(options.Folder);
            var store = new FileTraceStore(files, options, clock, logger);
            try
            {
                store.Load();
            }
            catch
            {
                store.Close();
                throw;
            }

            store._writing = Task.Run(store.WriteUntilClosedAsync);
            return store;
        }
        catch (Exception e) when (StoreFaults.Are(e))
        {
            throw StoreFaults.Translate(e);
        }
    }

    public async Task<AppendOutcome> AppendAsync(SpanAppend append, CancellationToken cancellationToken)
    {
        if (append.Spans.Batch.Spans.Count == 0)
        {
            return AppendOutcome.Kept;
        }

        var waiting = new Waiting();
        while (append.Digest != 0 && !_recent.TryEnter(append.Digest, waiting.Kept.Task, append.ReceivedAt.ToUnixTimeMilliseconds(), out var earlier))
        {
            try
            {
                await earlier.WaitAsync(cancellationToken);
                return AppendOutcome.Repeated;
            }
            catch (Exception e) when (earlier.IsFaulted || earlier.IsCanceled)
            {
                // It was not kept, so this one is the first.
                _ = e;
            }
        }

        try
        {
            await _room.EnterAsync(append.Bytes, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            waiting.Kept.TrySetCanceled(cancellationToken);
            throw;
        }

        try
        {
            Encode(append, waiting);
            waiting.Leave = () => _room.Leave(append.Bytes);

            // While nothing can be written nobody is told that it will be.
            waiting.IsAcknowledged = _options.IsQueued && _lastFault is null;
            if (!_waiting.Writer.TryWrite(waiting))
            {
                waiting.IsAcknowledged = false;
                waiting.Fail(StoreFaults.Closed());
            }
            else if (waiting.IsAcknowledged)
            {
                return AppendOutcome.Kept;
            }

            await waiting.Kept.Task;
            return AppendOutcome.Kept;
        }
        catch when (waiting.Leave is null)
        {
            _room.Leave(append.Bytes);
            waiting.Kept.TrySetCanceled(CancellationToken.None);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        lock (_changing)
        {
            if (_isClosed)
            {
                return;
            }

            _isClosed = true;
        }

        _waiting.Writer.TryComplete();
        await _writing;
        await _background;
        await _sealing.WaitAsync();
        Close();
    }

    private void Close()
    {
        foreach (var day in _state.Days.Values)
        {
            day.File.Drop();
        }

        _log?.Dispose();
        _builder.Dispose();
        foreach (var encoding in _encodings)
        {
            encoding.Compressor.Dispose();
        }

        _lock.Dispose();
        _sealing.Dispose();
    }

    private void Encode(SpanAppend append, Waiting waiting)
    {
        if (!_encodings.TryTake(out var encoding))
        {
            encoding = new();
        }

        waiting.Record = encoding.Encoder.Encode(append);
        var bytes = encoding.Bytes;
        bytes.Clear();
        bytes.Varint(waiting.Record.Bytes.Length);
        bytes.Advance(encoding.Compressor.Wrap(waiting.Record.Bytes, bytes.Room(Compressor.GetCompressBound(waiting.Record.Bytes.Length))));
        waiting.Bytes = bytes.Bytes.ToArray();
        _encodings.Add(encoding);
    }

    // Nobody waits for ever, whatever ends it.
    private async Task WriteUntilClosedAsync()
    {
        var group = new List<Waiting>();
        try
        {
            await WriteAsync(group);
        }
        finally
        {
            _waiting.Writer.TryComplete();
            while (_waiting.Reader.TryRead(out var waiting))
            {
                group.Add(waiting);
            }

            Fail(group, StoreFaults.Closed());
        }
    }

    // What was acknowledged while it waited is lost, and nobody else is left to hear of it.
    private void Fail(List<Waiting> group, StorageException fault)
    {
        var lost = 0L;
        foreach (var waiting in group)
        {
            lost += waiting.Fail(fault) && waiting.IsAcknowledged ? waiting.Record!.Spans.Length : 0;
        }

        if (lost > 0)
        {
            Interlocked.Add(ref _lost, lost);
            LogLost(_logger, lost, fault.Message);
        }
    }

    private async Task WriteAsync(List<Waiting> group)
    {
        var records = new List<ReadOnlyMemory<byte>>();
        while (await _waiting.Reader.WaitToReadAsync())
        {
            group.Clear();
            records.Clear();
            var length = 0L;
            while (length < _options.LogBytes / 2 && _waiting.Reader.TryRead(out var waiting))
            {
                group.Add(waiting);
                records.Add(waiting.Bytes);
                length += waiting.Bytes.Length;
            }

            try
            {
                await MakeRoomAsync();
                var numbers = new ulong[group.Count];
                _log.Append(records, numbers);
                Interlocked.Add(ref _appended, Take(group, numbers));
                _lastFault = null;
            }
            catch (Exception e) when (StoreFaults.Are(e) || e is StorageException)
            {
                var fault = e as StorageException ?? StoreFaults.Translate(e);
                if (_lastFault is null)
                {
                    LogRefused(_logger, fault);
                }

                _lastFault = fault.Message;
                Fail(group, fault);
                continue;
            }

            foreach (var waiting in group)
            {
                waiting.Succeed();
            }

            if (IsFull(_state.Heads[^1]))
            {
                Turn();
            }
        }
    }

    // Under the lock: a head to which something is added must not be about to become blocks.
    private int Take(List<Waiting> group, ulong[] numbers)
    {
        lock (_changing)
        {
            var head = _state.Heads[^1];
            var spans = 0;
            for (var i = 0; i < group.Count; i++)
            {
                group[i].Record!.Sequence = numbers[i];
                head.Add(group[i].Record!, null);
                spans += group[i].Record!.Spans.Length;
            }

            return spans;
        }
    }

    private bool IsFull(Head head) => head.Spans >= _options.BlockSpans || head.Bytes >= _options.BlockBytes;

    // Heads that wait to become blocks are bounded: then requests wait, and what hinders is what they are told.
    private async Task MakeRoomAsync()
    {
        if (_state.Heads.Length > _options.MaxHeads)
        {
            await SealAsync(CancellationToken.None);
        }
    }

    // A new head is begun, and the one before it made into blocks.
    private void Turn()
    {
        lock (_changing)
        {
            if (_state.Heads[^1].First == 0)
            {
                return;
            }

            // One that was soon full will be followed by another that is.
            var (now, last) = (_clock.GetUtcNow(), _state.Heads[^1]);
            _state = _state with { Heads = _state.Heads.Add(new(now, now - last.OpenedAt < s_soon ? last.Spans : 0)) };
            if (!_isClosed && _background.IsCompleted)
            {
                _background = Task.Run(SealQuietlyAsync);
            }
        }
    }

    private async Task SealQuietlyAsync()
    {
        try
        {
            await SealAsync(CancellationToken.None);
        }
        catch (StorageException e)
        {
            _lastFault = e.Message;
            LogNotSealed(_logger, e);
        }
    }

    private void Tell(string problem)
    {
        lock (_problems)
        {
            if (_problems.Contains(problem))
            {
                return;
            }

            _problems.Add(problem);
        }

        LogDamage(_logger, problem);
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Error, Message = "Spans are damaged: {Problem}")]
    private static partial void LogDamage(ILogger logger, string problem);

    [LoggerMessage(EventId = 2, Level = LogLevel.Error, Message = "Spans cannot be written, and are refused until they can.")]
    private static partial void LogRefused(ILogger logger, Exception exception);

    [LoggerMessage(EventId = 3, Level = LogLevel.Error, Message = "Spans of the log cannot be made into blocks; it is tried again.")]
    private static partial void LogNotSealed(ILogger logger, Exception exception);

    [LoggerMessage(EventId = 4, Level = LogLevel.Error, Message = "{Count} spans are lost that were acknowledged while they waited (Tracing:Acknowledge=queued): {Problem}")]
    private static partial void LogLost(ILogger logger, long count, string problem);

    private sealed class Waiting
    {
        public TaskCompletionSource Kept { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public SpanRecord? Record { get; set; }

        public byte[] Bytes { get; set; } = [];

        /// <summary>Whether its sender is told that it is taken before it is written.</summary>
        public bool IsAcknowledged { get; set; }

        /// <summary>Gives back the room that it has; whoever writes it does.</summary>
        public Action? Leave { get; set; }

        public void Succeed()
        {
            if (Kept.TrySetResult())
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

    private sealed class Encoding
    {
        public SpanEncoder Encoder { get; } = new();

        public ByteBuffer Bytes { get; } = new();

        public Compressor Compressor { get; } = new(1);
    }
}

/// <summary>What there is to read at one moment: each span once.</summary>
/// <param name="Heads">What is not in segments, the oldest first; the last one is added to.</param>
/// <param name="Days">What is, by days since the Unix epoch.</param>
internal sealed record TraceState(ImmutableArray<Head> Heads, ImmutableSortedDictionary<int, DaySpans> Days);
