using System.Globalization;
using Stagedoor.Storage;
using Stagedoor.Tracing.Spans;

namespace Stagedoor.Tracing.Store.Shared;

/// <summary>Reads.</summary>
internal sealed partial class SharedTraceStore
{
    // What says whether the days are still those that were asked.
    private const string DaysToo = "SELECT day, -1::bigint AS block, 0::bigint AS place, NULL::bytea AS data FROM span_day";

    public Task<StoredTrace?> FindTraceAsync(string project, UInt128 traceId, CancellationToken cancellationToken) => FindAsync(project, traceId, isOutline: false, cancellationToken);

    public Task<StoredTrace?> FindOutlineAsync(string project, UInt128 traceId, CancellationToken cancellationToken) => FindAsync(project, traceId, isOutline: true, cancellationToken);

    private async Task<StoredTrace?> FindAsync(string project, UInt128 traceId, bool isOutline, CancellationToken cancellationToken)
    {
        for (var run = 1; ; run++)
        {
            try
            {
                var (isWhole, trace) = await BoundedAsync(
                    token => _db.ReadAsync(session => ReadTraceAsync(session, project, traceId, _days, isOutline, token), token), _options.Patience, cancellationToken);
                if (isWhole)
                {
                    return trace;
                }
            }
            catch (StorageException e) when (MayBeDropped(e, run))
            {
                await ReadDaysAsync(cancellationToken);
                continue;
            }

            // It changed while it was read: days came or went, or blocks were merged.
            if (run == MaxTries)
            {
                throw new StorageException(StorageSource.Database, StorageFault.Busy, $"{_db.Location}: spans were moved each time they were read.");
            }
        }
    }

    public async Task<SpanSearchAnswer> SearchAsync(SpanSearch search, CancellationToken cancellationToken)
    {
        await _searches.WaitAsync(cancellationToken);
        try
        {
            for (var run = 1; ; run++)
            {
                try
                {
                    return await BoundedAsync(
                        token => _db.ReadMomentAsync(session => SearchAsync(session, search, token), token), _options.SearchTime + _options.Patience, cancellationToken);
                }
                catch (StorageException e) when (MayBeDropped(e, run))
                {
                    await ReadDaysAsync(cancellationToken);
                }
            }
        }
        finally
        {
            _searches.Release();
        }
    }

    public async Task<IReadOnlyList<SpanIdentity>> IdentitiesAsync(string project, CancellationToken cancellationToken) =>
        (await NamesAsync(project, cancellationToken)).Identities;

    public async Task<IReadOnlyList<string>> ServicesAsync(string project, CancellationToken cancellationToken) =>
        [.. (await IdentitiesAsync(project, cancellationToken)).Select(static i => i.Service).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    public async Task<IReadOnlyList<SpanOperation>> OperationsAsync(string project, string? service, CancellationToken cancellationToken)
    {
        var operations = (await NamesAsync(project, cancellationToken)).Operations;
        return service is null ? operations : [.. operations.Where(o => string.Equals(o.Service, service, StringComparison.Ordinal))];
    }

    private async Task<(bool IsWhole, StoredTrace? Trace)> ReadTraceAsync(
        DbSession session, string project, UInt128 traceId, IReadOnlyCollection<int> days, bool isOutline, CancellationToken cancellationToken)
    {
        var group = new SpanGroup(new SpanBatch([]));
        var (isWhole, received, damage) = await ReadTraceAsync(session, project, traceId, days, new SpanDecoder(group, isOutline), cancellationToken);
        if (!isWhole)
        {
            return (false, null);
        }

        if (group.Batch.Spans.Count == 0)
        {
            // What may have been there must not be denied.
            return damage is null ? (true, null) : throw StoreFaults.Damaged(damage);
        }

        if (!isOutline)
        {
            SpanCopies.Drop(group);
        }

        return (true, new(group, DateTimeOffset.FromUnixTimeSeconds(received)));
    }

    private async Task<(bool IsWhole, long Received, string? Damage)> ReadTraceAsync(
        DbSession session, string project, UInt128 traceId, IReadOnlyCollection<int> days, SpanDecoder decoder, CancellationToken cancellationToken)
    {
        var hash = (long)TraceHash.Of(project, traceId);
        var sql = SpanTables.OfAll(KeptDays(days), static day => string.Create(
            CultureInfo.InvariantCulture,
            $"SELECT {day}::bigint AS day, block, place, (SELECT substring(b.data FROM ((place >> 32) + 1)::int FOR (place & 4294967295)::int) FROM {SpanTables.BlockOf(day)} b WHERE b.id = block) AS data FROM {SpanTables.TraceOf(day)} WHERE hash = @hash"));
        var rows = await session.QueryAsync<PageRow>(sql.Length == 0 ? DaysToo : $"{sql} UNION ALL {DaysToo}", new { hash });
        if (!days.ToHashSet().SetEquals(rows.Where(static r => r.Block < 0).Select(static r => (int)r.Day)))
        {
            _days = [.. rows.Where(static r => r.Block < 0).Select(static r => (int)r.Day)];
            return (false, -1, null);
        }

        var pages = rows.Where(static r => r.Block >= 0).ToList();
        var blocks = await FindBlocksAsync(session, [.. pages.Select(static p => ((int)p.Day, p.Block)).Distinct()]);
        var received = -1L;
        string? damage = null;
        foreach (var row in pages)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!blocks.TryGetValue(((int)row.Day, row.Block), out var block))
            {
                return (false, -1, null);
            }

            try
            {
                received = Math.Max(received, Decode(block ?? throw new InvalidDataException("It cannot be opened."), row.Data ?? [], project, traceId, decoder));
            }
            catch (InvalidDataException e)
            {
                damage = TellDamage((int)row.Day, row.Block, e);
            }
        }

        return (true, received, damage);
    }

    private long Decode(Block block, byte[] data, string project, UInt128 traceId, SpanDecoder decoder)
    {
        var received = -1L;
        var number = block.Names.Find(project);
        var page = Page.Open(data);
        foreach (ref readonly var trace in page.Traces.AsSpan())
        {
            if (trace.TraceId == traceId && trace.Project == number)
            {
                page.Decode(in trace, BlockReading.TextsOf(block, _texts), decoder);
                received = Math.Max(received, trace.ReceivedAt);
            }
        }

        page.Release();
        return received;
    }

    /// <summary>Opens blocks. One that is no more is missing in the answer; one that is damaged is null.</summary>
    private async Task<Dictionary<(int Day, long Block), Block?>> FindBlocksAsync(DbSession session, IReadOnlyList<(int Day, long Block)> wanted)
    {
        var found = new Dictionary<(int Day, long Block), Block?>();
        foreach (var ofDay in wanted.GroupBy(static w => w.Day))
        {
            var missing = new List<long>();
            foreach (var key in ofDay)
            {
                if (_blocks.Find(key) is { } known)
                {
                    found[key] = known;
                }
                else
                {
                    missing.Add(key.Block);
                }
            }

            if (missing.Count == 0)
            {
                continue;
            }

            var rows = await session.QueryAsync<TailRow>(
                $"SELECT id, size, tail, spans, substring(data FROM (tail + 1)::int) AS data FROM {SpanTables.BlockOf(ofDay.Key)} WHERE id = ANY(@ids)", new { ids = missing.ToArray() });
            foreach (var row in rows)
            {
                var key = (ofDay.Key, row.Id);
                try
                {
                    found[key] = BlockBytes.Open(row.Data, row.Tail, new(row.Size, 0, 0, (int)row.Spans, false), _shared);
                    _blocks.Keep(key, found[key]!);
                }
                catch (InvalidDataException e)
                {
                    found[key] = null;
                    TellDamage(ofDay.Key, row.Id, e);
                }
            }
        }

        return found;
    }

    private async Task<SpanSearchAnswer> SearchAsync(DbSession session, SpanSearch search, CancellationToken cancellationToken)
    {
        var days = (await session.QueryAsync<long>("SELECT day FROM span_day")).Select(static d => (int)d).ToList();
        var sql = SpanTables.OfAll(KeptDays(days), static day => string.Create(
            CultureInfo.InvariantCulture,
            $"SELECT {day}::bigint AS day, id, max_start AS maxstart, max_duration AS maxduration FROM {SpanTables.BlockOf(day)} WHERE max_start >= @from AND min_start < @until AND max_duration >= @shortest"));
        var blocks = sql.Length == 0 ? []
            : await session.QueryAsync<BlockRow>(sql, new { from = Time(search.From), until = search.Until > long.MaxValue ? long.MaxValue : (long)search.Until, shortest = Time(search.MinDuration) });
        var source = new SharedSearchSource(this, session, search, days, [.. blocks.OrderByDescending(static b => b.MaxStart)]);
        return await new SpanSearcher(search, source, _texts, _clock, _options.SearchTime, IsKept).SearchAsync(cancellationToken);
    }

    private async Task<ProjectNames> NamesAsync(string project, CancellationToken cancellationToken)
    {
        if (_names.Find(project) is { } known)
        {
            return known;
        }

        for (var run = 1; ; run++)
        {
            var reading = _names.Begin();
            try
            {
                var names = await BoundedAsync(token => _db.ReadAsync(session => ReadNamesAsync(session, project), token), _options.Patience, cancellationToken);
                _names.Keep(project, names, reading);
                return names;
            }
            catch (StorageException e) when (MayBeDropped(e, run))
            {
                await ReadDaysAsync(cancellationToken);
            }
        }
    }

    private async Task<ProjectNames> ReadNamesAsync(DbSession session, string project)
    {
        var days = (await session.QueryAsync<long>("SELECT day FROM span_day")).Select(static d => (int)d).ToList();
        var sql = string.Join(" UNION ", KeptDays(days).Select(static day => $"SELECT high, low, data FROM {SpanTables.NameOf(day)} WHERE project = @seed"));
        var (identities, operations) = (new HashSet<SpanIdentity>(), new HashSet<SpanOperation>());
        foreach (var row in sql.Length == 0 ? [] : await session.QueryAsync<NameRow>(sql, new { seed = TraceHash.SeedOf(project) }))
        {
            try
            {
                StoredName.Read(row.Data, project, identities, operations);
            }
            catch (InvalidDataException e)
            {
                Tell(0, row.Low, $"{_db.Location}: a name of spans is damaged: {e.Message}");
            }
        }

        return new([.. identities], [.. operations]);
    }

    private sealed class SharedSearchSource(SharedTraceStore store, DbSession session, SpanSearch search, IReadOnlyCollection<int> days, IReadOnlyList<BlockRow> blocks) : ISearchSource
    {
        private const int BlocksAhead = 32;
        private const int PagesAlone = 8;

        private readonly Dictionary<(int Day, long Block), Block?> _opened = [];
        private int _of = -1;
        private int _read;
        private byte[]? _pages;

        public IReadOnlyList<Head> Heads => [];

        public IReadOnlyList<SearchBlock> Blocks { get; } = [.. blocks.Select(static b => new SearchBlock((ulong)b.MaxStart, (ulong)b.MaxDuration))];

        public async ValueTask<Block> OpenAsync(int number, CancellationToken cancellationToken)
        {
            var key = ((int)blocks[number].Day, blocks[number].Id);
            if (!_opened.ContainsKey(key))
            {
                // They are small where they are many.
                _opened.Clear();
                foreach (var (known, opened) in await store.FindBlocksAsync(session, [.. blocks.Skip(number).Take(BlocksAhead).Select(static b => ((int)b.Day, b.Id))]))
                {
                    _opened[known] = opened;
                }
            }

            return _opened.GetValueOrDefault(key) ?? throw new InvalidDataException("It cannot be opened.");
        }

        public async ValueTask<Page> ReadPageAsync(int number, Block block, int page, bool isOneOfAll, CancellationToken cancellationToken)
        {
            if (_of != number)
            {
                (_of, _read, _pages) = (number, 0, null);
            }

            var (at, length) = block.PlaceOf(page);
            if (_pages is null && (isOneOfAll || _read++ >= PagesAlone))
            {
                _pages = await ReadAsync(number, 0, block.TailAt);
            }

            return Page.Open(_pages is null ? await ReadAsync(number, at, length) : at + length <= _pages.Length ? _pages[at..(at + length)] : throw new InvalidDataException("A block is shorter than it was."));
        }

        public async ValueTask<List<int>> FindPagesAsync(int number, Block block, ReadOnlyMemory<ulong> tags, ulong minDuration, CancellationToken cancellationToken)
        {
            var filter = await ReadPageAsync(number, block, block.Pages, isOneOfAll: block.Pages <= PagesAlone, cancellationToken);
            var found = TagFilter.Find(filter.Body, block.Pages, tags.Span, minDuration);
            filter.Release();
            return found;
        }

        public async ValueTask<(SpanGroup Spans, bool IsWhole)> ReadTraceAsync(UInt128 traceId, CancellationToken cancellationToken)
        {
            var group = new SpanGroup(new SpanBatch([]));
            var (isWhole, _, damage) = await store.ReadTraceAsync(session, search.Project, traceId, days, new SpanDecoder(group), cancellationToken);
            return (group, isWhole && damage is null);
        }

        public void TellDamage(int number, InvalidDataException problem) => store.TellDamage((int)blocks[number].Day, blocks[number].Id, problem);

        private async Task<byte[]> ReadAsync(int number, int at, int length) => await session.FindAsync<byte[]>(
            $"SELECT substring(data FROM @at FOR @length) FROM {SpanTables.BlockOf((int)blocks[number].Day)} WHERE id = @id",
            new { at = at + 1, length, id = blocks[number].Id }) ?? throw new InvalidDataException("A block is not there.");
    }

    private sealed class PageRow
    {
        public long Day { get; set; }

        public long Block { get; set; }

        public long Place { get; set; }

        public byte[]? Data { get; set; }
    }

    private sealed class TailRow
    {
        public long Id { get; set; }

        public long Size { get; set; }

        public long Tail { get; set; }

        public long Spans { get; set; }

        public byte[] Data { get; set; } = [];
    }

    private sealed class BlockRow
    {
        public long Day { get; set; }

        public long Id { get; set; }

        public long MaxStart { get; set; }

        public long MaxDuration { get; set; }
    }

    private sealed class NameRow
    {
        public long High { get; set; }

        public long Low { get; set; }

        public byte[] Data { get; set; } = [];
    }
}
