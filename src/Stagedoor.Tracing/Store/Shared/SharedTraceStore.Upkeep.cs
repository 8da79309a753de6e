using System.Globalization;
using Stagedoor.Storage;

namespace Stagedoor.Tracing.Store.Shared;

/// <summary>What is done from time to time: by one process at a time, beside readers and writers of all.</summary>
internal sealed partial class SharedTraceStore
{
    private const string DaysLock = "span days";
    private const string MergeLock = "span merge";

    public async Task DropBeforeAsync(DateOnly day, CancellationToken cancellationToken)
    {
        var first = SegmentFile.DayOf(day);
        _firstDay = Math.Max(_firstDay, first);
        _nameGeneration.End();
        if ((await ReadDaysAsync(cancellationToken)).All(d => d >= first))
        {
            return;
        }

        await using var turn = await _db.LockAsync(DaysLock, cancellationToken);
        foreach (var old in (await ReadDaysAsync(cancellationToken)).Where(d => d < first))
        {
            try
            {
                await _db.TransactAsync(
                    async session =>
                    {
                        await session.ExecuteAsync(_db.WaitAtMost(s_dropPatience) + SpanTables.Drop(old));
                        return await session.ExecuteAsync("DELETE FROM span_day WHERE day = @old", new { old = (long)old });
                    },
                    cancellationToken);
                _days = _days.Remove(old);
            }
            catch (StorageException e) when (e.Fault is StorageFault.Busy)
            {
                // Somebody reads it, and nobody who comes now sees it any more. Whoever comes behind would have to wait for the drop: so it is tried again.
                continue;
            }
        }

        foreach (var gone in _damaged.Keys.Where(k => k.Day > 0 && k.Day < first))
        {
            _damaged.TryRemove(gone, out _);
        }

        await ReadTotalsAsync(cancellationToken);
    }

    public async Task UpkeepAsync(CancellationToken cancellationToken)
    {
        var days = await ReadDaysAsync(cancellationToken);
        await _db.ExecuteAsync(
            "DELETE FROM span_digest WHERE received_at < @before",
            new { before = _clock.GetUtcNow().ToUnixTimeMilliseconds() - s_repeatMilliseconds },
            cancellationToken);
        foreach (var day in await _db.QueryAsync<long>("SELECT day FROM span_day WHERE is_analyzed = 0", null, cancellationToken))
        {
            await AnalyzeAsync((int)day, cancellationToken);
        }

        await using (await _db.LockAsync(MergeLock, cancellationToken))
        {
            foreach (var day in KeptDays(days))
            {
                await MergeAsync(day, cancellationToken);
            }
        }

        await ReadTotalsAsync(cancellationToken);
    }

    private async Task MakeDayAsync(int day, CancellationToken cancellationToken)
    {
        await using var turn = await _db.LockAsync(DaysLock, cancellationToken);
        if (!(await ReadDaysAsync(cancellationToken)).Contains(day))
        {
            await _db.TransactAsync(
                async session =>
                {
                    await session.ExecuteAsync(SpanTables.Make(day));
                    return await session.ExecuteAsync("INSERT INTO span_day (day, is_analyzed) VALUES (@day, 0)", new { day = (long)day });
                },
                cancellationToken);
        }

        // It may be one of the same name that was dropped.
        lock (_knownNames)
        {
            _knownNames.Remove(day);
        }

        _days = _days.Add(day);
    }

    private Task<int> AnalyzeAsync(int day, CancellationToken cancellationToken) => _db.TransactAsync(
        async session =>
        {
            // Only one that has something to be counted.
            if (await session.FindAsync<long>($"SELECT COUNT(*) FROM (SELECT 1 FROM {SpanTables.BlockOf(day)} LIMIT 1) AS any_block") == 0)
            {
                return 0;
            }

            await session.ExecuteAsync(SpanTables.Analyze(day));
            return await session.ExecuteAsync("UPDATE span_day SET is_analyzed = 1 WHERE day = @day", new { day = (long)day });
        },
        cancellationToken);

    private async Task TryAnalyzeAsync(int day)
    {
        try
        {
            await BoundedAsync(token => AnalyzeAsync(day, token), _options.Patience, CancellationToken.None);
        }
        catch (StorageException)
        {
            // Upkeep does it for a day that nobody has.
            return;
        }
    }

    private async Task MergeAsync(int day, CancellationToken cancellationToken)
    {
        var small = (await _db.QueryAsync<SmallRow>(
            $"SELECT id, spans FROM {SpanTables.BlockOf(day)} WHERE spans < @few ORDER BY min_start", new { few = (long)_options.BlockSpans / 4 }, cancellationToken))
            .Where(b => !_damaged.ContainsKey((day, b.Id))).ToList();
        if (small.Count < _options.MergeBlocks)
        {
            return;
        }

        using var builder = new BlockBuilder();
        var begun = _clock.GetTimestamp();
        for (var at = 0; at < small.Count && _clock.GetElapsedTime(begun) < _options.MergeTime;)
        {
            var taken = new List<long>();
            for (var spans = 0L; at < small.Count && (taken.Count == 0 || spans + small[at].Spans <= _options.BlockSpans); at++)
            {
                taken.Add(small[at].Id);
                spans += small[at].Spans;
            }

            if (taken.Count > 1)
            {
                await MergeAsync(day, taken, builder, cancellationToken);
            }
        }
    }

    // The old go and the new comes at one moment.
    private async Task MergeAsync(int day, List<long> ids, BlockBuilder builder, CancellationToken cancellationToken)
    {
        var rows = await _db.QueryAsync<DataRow>(
            $"SELECT id, data FROM {SpanTables.BlockOf(day)} WHERE id = ANY(@ids) ORDER BY id", new { ids = ids.ToArray() }, cancellationToken);
        var records = new List<SpanRecord>();
        var spans = new List<(int Record, int Span)>();
        var hashes = new HashSet<long>();
        var encoder = new SpanEncoder();
        var merged = new List<long>();
        foreach (var row in rows)
        {
            try
            {
                var block = BlockBytes.Open(row.Data, 0, BlockHeader.Find(row.Data), _shared);
                var appends = BlockReading.ReadAll(block, _texts).ToList();
                hashes.UnionWith(block.ReadHashes().Select(static h => (long)h));
                foreach (var append in appends)
                {
                    var record = encoder.Encode(append);
                    spans.AddRange(Enumerable.Range(0, record.Spans.Length).Select(i => (records.Count, i)));
                    records.Add(record);
                }

                merged.Add(row.Id);
            }
            catch (InvalidDataException e)
            {
                TellDamage(day, row.Id, e);
            }
        }

        if (merged.Count < 2)
        {
            return;
        }

        var number = await _db.TransactAsync(
            static session => session.FindAsync<long>("UPDATE span_block_number SET next_number = next_number + 1 RETURNING next_number - 1"), cancellationToken);
        var bytes = builder.Build(records, spans, 0, 0, []).ToArray();
        var whole = BlockBytes.Open(bytes, 0, BlockHeader.Find(bytes), _shared);
        await _db.TransactAsync(
            async session =>
            {
                var gone = await session.ExecuteAsync($"DELETE FROM {SpanTables.BlockOf(day)} WHERE id = ANY(@ids)", new { ids = merged.ToArray() });
                if (gone != merged.Count)
                {
                    throw new StorageException(StorageSource.Database, StorageFault.Busy, $"{_db.Location}: blocks of {SpanTables.BlockOf(day)} were merged by somebody else.");
                }

                await session.ExecuteAsync(
                    $"DELETE FROM {SpanTables.TraceOf(day)} WHERE hash = ANY(@hashes) AND block = ANY(@ids)", new { hashes = hashes.ToArray(), ids = merged.ToArray() });
                await WriteBlockAsync(session, day, number, whole, bytes);
                return true;
            },
            cancellationToken);
    }

    private async Task ReadTotalsAsync(CancellationToken cancellationToken)
    {
        var sql = SpanTables.OfAll(KeptDays(_days), static day => string.Create(
            CultureInfo.InvariantCulture,
            $"SELECT COUNT(*) AS blocks, COALESCE(SUM(spans), 0)::bigint AS spans, pg_total_relation_size('{SpanTables.BlockOf(day)}') + pg_total_relation_size('{SpanTables.TraceOf(day)}') + pg_total_relation_size('{SpanTables.NameOf(day)}') AS bytes FROM {SpanTables.BlockOf(day)}"));
        var totals = sql.Length == 0 ? [] : await _db.QueryAsync<TotalRow>(sql, null, cancellationToken);
        _totals = new(totals.Sum(static t => t.Spans), totals.Sum(static t => t.Blocks), totals.Sum(static t => t.Bytes));
    }

    private sealed class SmallRow
    {
        public long Id { get; set; }

        public long Spans { get; set; }
    }

    private sealed class DataRow
    {
        public long Id { get; set; }

        public byte[] Data { get; set; } = [];
    }

    private sealed class TotalRow
    {
        public long Blocks { get; set; }

        public long Spans { get; set; }

        public long Bytes { get; set; }
    }
}
