using Stagedoor.Storage;

namespace Stagedoor.Tracing.Store.Shared;

/// <summary>Requests into the database.</summary>
internal sealed partial class SharedTraceStore
{
    private const int NumbersAtOnce = 1000;
    private const long GroupBytes = 32 << 20;
    private const int OldestDays = 400;

    private static readonly long s_repeatMilliseconds = (long)TimeSpan.FromMinutes(10).TotalMilliseconds;

    private long _nextNumber;
    private long _endOfNumbers;

    public async Task<AppendOutcome> AppendAsync(SpanAppend append, CancellationToken cancellationToken)
    {
        if (append.Spans.Batch.Spans.Count == 0)
        {
            return AppendOutcome.Kept;
        }

        var waiting = new Waiting();
        while (append.Digest != 0 && _inFlight.GetOrAdd(append.Digest, waiting.Kept.Task) is var earlier && earlier != waiting.Kept.Task)
        {
            // The same bytes are on their way; those that have arrived the database knows.
            try
            {
                await earlier.WaitAsync(cancellationToken);
                return AppendOutcome.Repeated;
            }
            catch (Exception e) when (earlier.IsFaulted || earlier.IsCanceled)
            {
                // It was not kept, so this one is the first.
                _ = e;
                _inFlight.TryRemove(new(append.Digest, earlier));
            }
        }

        try
        {
            await _room.EnterAsync(append.Bytes, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            waiting.Kept.TrySetCanceled(cancellationToken);
            _inFlight.TryRemove(new(append.Digest, waiting.Kept.Task));
            throw;
        }

        try
        {
            if (!_encoders.TryTake(out var encoder))
            {
                encoder = new();
            }

            waiting.Record = encoder.Encode(append);
            _encoders.Add(encoder);
            waiting.Leave = () =>
            {
                _room.Leave(append.Bytes);
                _inFlight.TryRemove(new(append.Digest, waiting.Kept.Task));
            };

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

            // It may be kept all the same; then it is known when it comes again.
            return await BoundedAsync(token => waiting.Kept.Task.WaitAsync(token), _options.Patience, CancellationToken.None);
        }
        catch when (waiting.Leave is null)
        {
            _room.Leave(append.Bytes);
            waiting.Kept.TrySetCanceled(CancellationToken.None);
            _inFlight.TryRemove(new(append.Digest, waiting.Kept.Task));
            throw;
        }
    }

    // Nobody waits for ever, whatever ends it.
    private async Task WriteUntilClosedAsync()
    {
        var group = new List<Waiting>();
        try
        {
            while (await _waiting.Reader.WaitToReadAsync())
            {
                group.Clear();
                var (spans, bytes) = (0, 0L);
                while (spans < _options.BlockSpans && bytes < GroupBytes && _waiting.Reader.TryRead(out var waiting))
                {
                    group.Add(waiting);
                    spans += waiting.Record!.Spans.Length;
                    bytes += waiting.Record.Bytes.Length;
                }

                await WriteAsync(group);
            }
        }
        finally
        {
            _waiting.Writer.TryComplete();
            Fail(group, StoreFaults.Closed(), withThoseBehind: true);
        }
    }

    // What was acknowledged while it waited is lost, and nobody else is left to hear of it.
    private void Fail(List<Waiting> group, StorageException fault, bool withThoseBehind)
    {
        while (withThoseBehind && _waiting.Reader.TryRead(out var behind))
        {
            group.Add(behind);
        }

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
        try
        {
            var (isRepeated, made) = await BoundedAsync(token => WriteAsync(group, token), _options.Patience, CancellationToken.None);
            _lastFault = null;
            for (var i = 0; i < group.Count; i++)
            {
                Interlocked.Add(ref _appended, isRepeated[i] ? 0 : group[i].Record!.Spans.Length);
                group[i].Succeed(isRepeated[i] ? AppendOutcome.Repeated : AppendOutcome.Kept);
            }

            // Not before: whoever waits for what is committed must neither wait for this nor hear that it failed.
            foreach (var day in made)
            {
                await TryAnalyzeAsync(day);
            }
        }
        catch (StorageException fault)
        {
            if (_lastFault is null)
            {
                LogRefused(_logger, fault);
            }

            _lastFault = fault.Message;

            // Those behind would wait for as long, one group after the other.
            Fail(group, fault, fault.Fault is StorageFault.Unavailable);
        }
    }

    /// <summary>Writes a group in one transaction, and answers which of it came before, and for which days tables were made.</summary>
    private async Task<(bool[] IsRepeated, List<int> Made)> WriteAsync(List<Waiting> group, CancellationToken cancellationToken)
    {
        var days = group.SelectMany(static w => w.Record!.Spans.Select(s => PlaceOf(in s, w.Record))).ToHashSet();
        var (made, failed) = (new List<int>(), 0);
        while (true)
        {
            foreach (var day in KeptDays(days).Where(d => !_days.Contains(d)))
            {
                await MakeDayAsync(day, cancellationToken);
                made.Add(day);
            }

            try
            {
                var names = new List<(int Day, StoredName Name)>();
                var number = await TakeNumbersAsync(days.Count, cancellationToken);
                var isRepeated = await _db.TransactAsync(session => WriteAsync(session, group, number, names, cancellationToken), cancellationToken);
                Remember(names);
                return (isRepeated, made);
            }
            catch (StorageException e) when (MayBeDropped(e, ++failed))
            {
                await ReadDaysAsync(cancellationToken);
            }
        }
    }

    private async Task<bool[]> WriteAsync(DbSession session, List<Waiting> group, long number, List<(int Day, StoredName Name)> names, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        names.Clear();
        var isRepeated = await FindRepeatedAsync(session, group);
        var records = new List<SpanRecord>();
        var byDay = new SortedDictionary<int, List<(int Record, int Span)>>();
        for (var i = 0; i < group.Count; i++)
        {
            if (isRepeated[i])
            {
                continue;
            }

            var record = group[i].Record!;
            records.Add(record);
            for (var span = 0; span < record.Spans.Length; span++)
            {
                var day = PlaceOf(in record.Spans[span], record);
                if (IsKept(record.Spans[span].Start))
                {
                    if (!byDay.TryGetValue(day, out var ofDay))
                    {
                        byDay[day] = ofDay = [];
                    }

                    ofDay.Add((records.Count - 1, span));
                }
            }
        }

        foreach (var (day, spans) in byDay)
        {
            if (!_builders.TryTake(out var builder))
            {
                builder = new();
            }

            var bytes = builder.Build(records, spans, 0, 0, []).ToArray();
            _builders.Add(builder);
            var block = BlockBytes.Open(bytes, 0, BlockHeader.Find(bytes), _shared);
            await WriteNamesAsync(session, day, block.Names, names);
            await WriteBlockAsync(session, day, number++, block, bytes);
        }

        return isRepeated;
    }

    private static async Task WriteBlockAsync(DbSession session, int day, long number, Block block, byte[] bytes)
    {
        var hashes = block.ReadHashes();
        var rows = new List<object?[]>(hashes.Length);
        for (var i = 0; i < hashes.Length; i++)
        {
            var (at, length) = block.PlaceOf(block.PageOf(i));
            var place = ((long)at << 32) | (uint)length;
            if (rows.Count == 0 || (long)rows[^1][0]! != (long)hashes[i] || (long)rows[^1][2]! != place)
            {
                rows.Add([(long)hashes[i], number, place]);
            }
        }

        await session.BulkInsertAsync(
            SpanTables.BlocksOf(day),
            [[number, (long)block.Spans, Time(block.MinStart), Time(block.MaxStart), Time(block.MaxDuration), (long)bytes.Length, (long)block.TailAt, bytes]]);
        await session.BulkInsertAsync(SpanTables.TracesOf(day), rows);
    }

    // Another process that has the same bytes waits here until it is known what became of ours. In one order, so that two do not wait for each other.
    private static async Task<bool[]> FindRepeatedAsync(DbSession session, List<Waiting> group)
    {
        var isRepeated = new bool[group.Count];
        var digests = group.Select(static w => w.Record!).Where(static r => r.Digest != 0).ToList();
        if (digests.Count == 0)
        {
            return isRepeated;
        }

        var taken = await session.QueryAsync<DigestRow>(
            """
            INSERT INTO span_digest (high, low, received_at)
            SELECT high, low, received_at FROM unnest(@high, @low, @at) AS known (high, low, received_at) ORDER BY high, low
            ON CONFLICT (high, low) DO UPDATE SET received_at = excluded.received_at WHERE span_digest.received_at <= excluded.received_at - @age
            RETURNING high, low
            """,
            new
            {
                high = digests.Select(static d => (long)(ulong)(d.Digest >> 64)).ToArray(),
                low = digests.Select(static d => (long)(ulong)d.Digest).ToArray(),
                at = digests.Select(static d => d.ReceivedAt).ToArray(),
                age = s_repeatMilliseconds,
            });
        var isTaken = taken.Select(static t => (t.High, t.Low)).ToHashSet();
        for (var i = 0; i < isRepeated.Length; i++)
        {
            var digest = group[i].Record!.Digest;
            isRepeated[i] = digest != 0 && !isTaken.Contains(((long)(ulong)(digest >> 64), (long)(ulong)digest));
        }

        return isRepeated;
    }

    private async Task WriteNamesAsync(DbSession session, int day, BlockNames known, List<(int Day, StoredName Name)> names)
    {
        List<StoredName> added;
        lock (_knownNames)
        {
            var ofDay = _knownNames.GetValueOrDefault(day) ?? [];
            added = [.. StoredName.Of(known).Where(n => !ofDay.Contains(n.Key)).OrderBy(static n => n.Key).Take(Math.Max(0, _options.MaxNames - ofDay.Count))];
        }

        if (added.Count == 0)
        {
            return;
        }

        await session.ExecuteAsync(
            $"""
            INSERT INTO {SpanTables.NameOf(day)} (high, low, project, data)
            SELECT high, low, project, data FROM unnest(@high, @low, @project, @data) AS known (high, low, project, data)
            ON CONFLICT (high, low) DO NOTHING
            """,
            new
            {
                high = added.Select(static n => (long)(ulong)(n.Key >> 64)).ToArray(),
                low = added.Select(static n => (long)(ulong)n.Key).ToArray(),
                project = added.Select(static n => n.Project).ToArray(),
                data = added.Select(static n => n.Data).ToArray(),
            });
        names.AddRange(added.Select(n => (day, n)));
    }

    // Only what was committed: a name that is taken for known is not written again.
    private void Remember(List<(int Day, StoredName Name)> names)
    {
        lock (_knownNames)
        {
            foreach (var (day, name) in names)
            {
                if (!_knownNames.TryGetValue(day, out var ofDay))
                {
                    _knownNames[day] = ofDay = [];
                }

                ofDay.Add(name.Key);
            }
        }

        if (names.Count > 0)
        {
            _nameGeneration.End();
        }
    }

    private async Task<long> TakeNumbersAsync(int count, CancellationToken cancellationToken)
    {
        if (_endOfNumbers - _nextNumber < count)
        {
            const string Take = "UPDATE span_block_number SET next_number = next_number + @count RETURNING next_number";
            var end = await _db.TransactAsync(session => session.FindAsync<long>(Take, new { count = (long)NumbersAtOnce }), cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
            _endOfNumbers = end;
            _nextNumber = _endOfNumbers - NumbersAtOnce;
        }

        _nextNumber += count;
        return _nextNumber - count;
    }

    // A clock that is wrong by years must not make a table.
    private static int PlaceOf(in RecordSpan span, SpanRecord record)
    {
        var today = (int)(record.ReceivedAt / 86_400_000);
        return Math.Clamp(DayOf(span.Start), today - OldestDays, today + 1);
    }

    private static long Time(ulong nanoseconds) => (long)Math.Min(nanoseconds, long.MaxValue);

    private sealed class DigestRow
    {
        public long High { get; set; }

        public long Low { get; set; }
    }
}
