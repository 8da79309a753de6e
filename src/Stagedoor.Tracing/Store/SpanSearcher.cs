using Stagedoor.Tracing.Spans;

namespace Stagedoor.Tracing.Store;

/// <summary>
/// One search. It goes through what there is from the latest to the earliest, and ends when nothing that is left can be later than what it has. Entry spans are found in columns, and
/// only those that are wanted are decoded; for others the pages are read of blocks that may have them by their names and times.
/// </summary>
internal sealed class SpanSearcher(
    SpanSearch search, ISearchSource source, BoundedCache<Block, BlockTexts> texts, TimeProvider clock, TimeSpan time, Func<ulong, bool> isKept)
{
    private readonly SpanMatch _match = new(search);
    private readonly Dictionary<UInt128, SpanRow> _rows = [];
    private readonly SortedSet<(ulong Start, UInt128 Order)> _order = [];
    private readonly HashSet<UInt128> _done = [];
    private readonly long _began = clock.GetTimestamp();
    private bool _isPartial;

    public async Task<SpanSearchAnswer> SearchAsync(CancellationToken cancellationToken)
    {
        if (search.Limit > 0)
        {
            foreach (var head in source.Heads)
            {
                await SearchHeadAsync(head, cancellationToken);
            }

            for (var i = 0; i < source.Blocks.Count; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (IsEnough(source.Blocks[i].MaxStart) || IsLate())
                {
                    break;
                }

                if (source.Blocks[i].MaxDuration < search.MinDuration)
                {
                    continue;
                }

                try
                {
                    await SearchBlockAsync(i, await source.OpenAsync(i, cancellationToken), cancellationToken);
                }
                catch (InvalidDataException e)
                {
                    _isPartial = true;
                    source.TellDamage(i, e);
                }
            }
        }

        return new([.. _rows.Values.OrderByDescending(static r => r.Start).ThenBy(static r => r.TraceId)], _isPartial);
    }

    private bool IsLate() => _isPartial |= clock.GetElapsedTime(_began) > time;

    // Nothing that starts then or before can be among the rows any more. One that starts at the same moment may come before by its id.
    private bool IsEnough(ulong start) => _order.Count >= search.Limit && _order.Min.Start > start;

    private async ValueTask SearchHeadAsync(Head head, CancellationToken cancellationToken)
    {
        var (records, spans) = head.Copy();
        var isOf = new bool[records.Length][];
        var found = new List<(ulong Start, int Record, int Span)>();
        foreach (var known in spans)
        {
            var record = records[known.Record];
            var identities = isOf[known.Record];
            if (identities is null)
            {
                var isWanted = string.Equals(record.Project, search.Project, StringComparison.Ordinal) && _match.MayHave(record);
                isOf[known.Record] = identities = [.. record.Identities.Select(i => isWanted && _match.Matches(i))];
            }

            ref readonly var span = ref record.Spans[known.Span];
            if (identities[span.Identity] && _match.Matches(record, in span) && isKept(span.Start))
            {
                found.Add((span.Start, known.Record, known.Span));
            }
        }

        found.Sort(static (a, b) => b.Start.CompareTo(a.Start));
        foreach (var (start, number, at) in found)
        {
            if (IsEnough(start))
            {
                return;
            }

            var record = records[number];
            if (!_done.Contains(record.Spans[at].TraceId) || !search.RowIsEarliest)
            {
                var group = new SpanGroup(new SpanBatch([]));
                record.Decode(in record.Spans[at], new(group));
                await OfferAllAsync(group, record.Spans[at].TraceId, cancellationToken);
            }
        }
    }

    private ValueTask SearchBlockAsync(int number, Block block, CancellationToken cancellationToken)
    {
        var project = block.Names.Find(search.Project);
        return project < 0 || !_match.MayMatch(block.Names, project, block.HasMoreOperations) || block.MaxDuration < search.MinDuration ? ValueTask.CompletedTask
            : search.EntryOnly ? SearchEntriesAsync(number, block, project, cancellationToken)
            : SearchPagesAsync(number, block, project, cancellationToken);
    }

    private async ValueTask SearchEntriesAsync(int number, Block block, int project, CancellationToken cancellationToken)
    {
        var entries = block.ReadEntries();
        var names = block.Names;
        var isWanted = Array.ConvertAll(entries.Tuples, t =>
            names.Identities[t.Identity].Project == project && _match.Matches(names.Identities[t.Identity].Identity)
            && (t.Operation == 0 || _match.Matches(names.Operations[t.Operation - 1].Operation)) && (t.IsFailed || !search.FailedOnly));
        var pages = new Dictionary<int, Page>();
        var mayHave = await FindPagesAsync(number, block, cancellationToken);
        var seen = new HashSet<int>();
        for (var i = 0; i < entries.Starts.Length; i++)
        {
            var start = entries.Starts[i];
            if (start < search.From || IsEnough(start) || IsLate())
            {
                return;
            }

            if (start >= search.Until || !isWanted[entries.TupleOf[i]] || (entries.Durations[i] + 1) << BlockForm.DurationShift <= search.MinDuration
                || entries.Durations[i] << BlockForm.DurationShift > search.MaxDuration || !seen.Add(entries.TraceOf[i]))
            {
                continue;
            }

            var at = block.PageOf(entries.TraceOf[i]);
            if (mayHave is not null && mayHave.BinarySearch(at) < 0)
            {
                continue;
            }

            if (!pages.TryGetValue(at, out var page))
            {
                pages[at] = page = await source.ReadPageAsync(number, block, at, isOneOfAll: false, cancellationToken);
            }

            await OfferAsync(block, page, entries.TraceOf[i] - block.FirstTraceOf(at), cancellationToken);
        }
    }

    private async ValueTask SearchPagesAsync(int number, Block block, int project, CancellationToken cancellationToken)
    {
        var mayHave = await FindPagesAsync(number, block, cancellationToken);
        var count = mayHave?.Count ?? block.Pages;
        var outline = new SpanGroup(new SpanBatch([]));
        var decoder = new SpanDecoder(outline, isOutline: true);
        var places = new List<SpanPlace>();
        for (var i = 0; i < count && !IsLate(); i++)
        {
            var page = await source.ReadPageAsync(number, block, mayHave?[i] ?? i, isOneOfAll: count > block.Pages / 2, cancellationToken);
            outline.Batch.Spans.Clear();
            outline.Facts.Clear();
            places.Clear();
            SpanDecoder? inWhole = null;
            var whole = outline;
            for (var trace = 0; trace < page.Traces.Length; trace++)
            {
                if (page.Traces[trace].Project != project || page.Traces[trace].Start >= search.Until || _done.Contains(page.Traces[trace].TraceId))
                {
                    continue;
                }

                var first = places.Count;
                page.Decode(in page.Traces[trace], BlockReading.TextsOf(block, texts), decoder, places);
                SpanRow? row = null;
                for (var span = first; span < places.Count; span++)
                {
                    var start = outline.Batch.Spans[span].Start;
                    if (!_match.Matches(outline, span) || !isKept(start) || IsEnough(start) || (row is not null && !IsBetter(outline.Batch.Spans[span], row)))
                    {
                        continue;
                    }

                    // What an outline does not know is read of those spans alone that it does not rule out.
                    var at = span;
                    if (!_match.IsOfOutline)
                    {
                        inWhole ??= new(whole = new(new SpanBatch([])));
                        page.Decode(in page.Traces[trace], places[span], BlockReading.TextsOf(block, texts), inWhole);
                        at = whole.Batch.Spans.Count - 1;
                    }

                    if (_match.MatchesTags(whole, at))
                    {
                        row = RowOf(whole, at);
                    }
                }

                if (row is not null && search.RowIsEarliest)
                {
                    await OfferEarliestAsync(row.TraceId, cancellationToken);
                }
                else if (row is not null)
                {
                    Keep(row);
                }
            }

            page.Release();
        }
    }

    // Null for all of them.
    private async ValueTask<List<int>?> FindPagesAsync(int number, Block block, CancellationToken cancellationToken)
    {
        if (!block.HasTagFilter || (_match.Filter.IsEmpty && (search.EntryOnly || search.MinDuration == 0)))
        {
            return null;
        }

        try
        {
            return await source.FindPagesAsync(number, block, _match.Filter, search.MinDuration, cancellationToken);
        }
        catch (InvalidDataException e)
        {
            // The spans are there all the same.
            source.TellDamage(number, e);
            return null;
        }
    }

    private ValueTask OfferAsync(Block block, Page page, int trace, CancellationToken cancellationToken)
    {
        var traceId = page.Traces[trace].TraceId;
        if (_done.Contains(traceId))
        {
            return ValueTask.CompletedTask;
        }

        var group = new SpanGroup(new SpanBatch([]));
        page.Decode(in page.Traces[trace], BlockReading.TextsOf(block, texts), new(group));
        return OfferAllAsync(group, traceId, cancellationToken);
    }

    private ValueTask OfferAllAsync(SpanGroup group, UInt128 traceId, CancellationToken cancellationToken)
    {
        if (!search.RowIsEarliest)
        {
            Offer(group);
            return ValueTask.CompletedTask;
        }

        return HasMatch(group) ? OfferEarliestAsync(traceId, cancellationToken) : ValueTask.CompletedTask;
    }

    // The earliest of a trace may be anywhere; the latest has been seen first, whole blocks aside that overlap.
    private async ValueTask OfferEarliestAsync(UInt128 traceId, CancellationToken cancellationToken)
    {
        _done.Add(traceId);
        var (group, isWhole) = await source.ReadTraceAsync(traceId, cancellationToken);
        _isPartial |= !isWhole;
        Offer(group);
    }

    private void Offer(SpanGroup group)
    {
        SpanRow? row = null;
        for (var i = 0; i < group.Batch.Spans.Count; i++)
        {
            if (_match.Matches(group, i) && _match.MatchesTags(group, i) && isKept(group.Batch.Spans[i].Start) && (row is null || IsBetter(group.Batch.Spans[i], row)))
            {
                row = RowOf(group, i);
            }
        }

        if (row is not null)
        {
            Keep(row);
        }
    }

    private void Keep(SpanRow row)
    {
        if (_rows.TryGetValue(row.TraceId, out var known) && !IsBetter(row.Start, row.SpanId, known))
        {
            return;
        }

        if (known is not null)
        {
            _order.Remove(OrderOf(known));
        }

        _rows[row.TraceId] = row;
        _order.Add(OrderOf(row));
        if (_order.Count > search.Limit)
        {
            var last = _order.Min;
            _order.Remove(last);
            _rows.Remove(UInt128.MaxValue - last.Order);
        }
    }

    private bool HasMatch(SpanGroup group)
    {
        for (var i = 0; i < group.Batch.Spans.Count; i++)
        {
            if (_match.Matches(group, i) && _match.MatchesTags(group, i))
            {
                return true;
            }
        }

        return false;
    }

    private bool IsBetter(in SpanData span, SpanRow row) => IsBetter(span.Start, span.SpanId, row);

    private bool IsBetter(ulong start, ulong spanId, SpanRow row) =>
        start == row.Start ? spanId < row.SpanId : search.RowIsEarliest ? start < row.Start : start > row.Start;

    // Of two that start at once the smaller trace id comes first.
    private static (ulong Start, UInt128 Order) OrderOf(SpanRow row) => (row.Start, UInt128.MaxValue - row.TraceId);

    private static SpanRow RowOf(SpanGroup group, int number)
    {
        var span = group.Batch.Spans[number];
        var facts = group.Facts[number];
        return new()
        {
            TraceId = span.TraceId,
            SpanId = span.SpanId,
            Start = span.Start,
            Duration = span.End - span.Start,
            Identity = group.IdentityOf(in span),
            Name = group.Batch.TextOf(span.Name),
            Transaction = group.Batch.TextOf(facts.Transaction),
            Kind = span.Kind,
            Address = facts.Address,
            Type = facts.Type,
            IsFailed = facts.IsFailed,
        };
    }
}
