using Stagedoor.Tracing.Spans;

namespace Stagedoor.Tracing.Store;

/// <summary>
/// One search. It goes through what there is from the latest to the earliest, and ends when nothing that is left can be later than what it has. Entry spans are found in columns, and
/// only those that are wanted are decoded; for others the pages are read of blocks that may have them by their names and times.
/// </summary>
internal sealed class SpanSearcher(
    SpanSearch search, BoundedCache<Block, BlockTexts> texts, TimeProvider clock, TimeSpan time, Func<ulong, bool> isKept, Action<DaySpans, Block, InvalidDataException> damaged)
{
    private readonly SpanMatch _match = new(search);
    private readonly Dictionary<UInt128, SpanRow> _rows = [];
    private readonly SortedSet<(ulong Start, UInt128 Order)> _order = [];
    private readonly HashSet<UInt128> _done = [];
    private readonly long _began = clock.GetTimestamp();
    private IReadOnlyList<Head> _heads = [];
    private List<(DaySpans Day, Block Block)> _blocks = [];
    private bool _isPartial;

    public SpanSearchAnswer Search(IReadOnlyList<Head> heads, IEnumerable<DaySpans> days, CancellationToken cancellationToken)
    {
        _heads = heads;
        _blocks = [.. days.SelectMany(static d => d.Blocks.Select(b => (d, b))).Where(b => b.b.MaxStart >= search.From && b.b.MinStart < search.Until)];
        _blocks.Sort(static (a, b) => b.Block.MaxStart.CompareTo(a.Block.MaxStart));
        if (search.Limit > 0)
        {
            foreach (var head in heads)
            {
                SearchHead(head);
            }

            foreach (var (day, block) in _blocks)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (IsEnough(block.MaxStart) || IsLate())
                {
                    break;
                }

                try
                {
                    SearchBlock(block);
                }
                catch (InvalidDataException e)
                {
                    _isPartial = true;
                    damaged(day, block, e);
                }
            }
        }

        return new([.. _rows.Values.OrderByDescending(static r => r.Start).ThenBy(static r => r.TraceId)], _isPartial);
    }

    private bool IsLate() => _isPartial |= clock.GetElapsedTime(_began) > time;

    // Nothing that starts then or before can be among the rows any more. One that starts at the same moment may come before by its id.
    private bool IsEnough(ulong start) => _order.Count >= search.Limit && _order.Min.Start > start;

    private void SearchHead(Head head)
    {
        var (records, spans) = head.Copy();
        var isOf = new bool[records.Length][];
        var found = new List<(ulong Start, int Record, int Span)>();
        foreach (var known in spans)
        {
            var record = records[known.Record];
            var identities = isOf[known.Record] ??= [.. record.Identities.Select(i =>
                string.Equals(record.Project, search.Project, StringComparison.Ordinal) && _match.Matches(i))];
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
                OfferAll(group, record.Spans[at].TraceId);
            }
        }
    }

    private void SearchBlock(Block block)
    {
        var project = block.Names.Find(search.Project);
        if (project < 0 || !_match.MayMatch(block.Names, project, block.HasMoreOperations) || block.MaxDuration < search.MinDuration)
        {
            return;
        }

        if (search.EntryOnly)
        {
            SearchEntries(block, project);
        }
        else
        {
            SearchPages(block, project);
        }
    }

    private void SearchEntries(Block block, int project)
    {
        var entries = block.ReadEntries();
        var names = block.Names;
        var isWanted = Array.ConvertAll(entries.Tuples, t =>
            names.Identities[t.Identity].Project == project && _match.Matches(names.Identities[t.Identity].Identity)
            && (t.Operation == 0 || _match.Matches(names.Operations[t.Operation - 1].Operation)) && (t.IsFailed || !search.FailedOnly));
        var pages = new Dictionary<int, Page>();
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

            var number = block.PageOf(entries.TraceOf[i]);
            if (!pages.TryGetValue(number, out var page))
            {
                pages[number] = page = block.ReadPage(number);
            }

            Offer(block, page, in page.Traces[entries.TraceOf[i] - block.FirstTraceOf(number)]);
        }
    }

    private void SearchPages(Block block, int project)
    {
        for (var i = 0; i < block.Pages && !IsLate(); i++)
        {
            var page = block.ReadPage(i);
            foreach (ref readonly var trace in page.Traces.AsSpan())
            {
                if (trace.Project == project && trace.Start < search.Until)
                {
                    Offer(block, page, in trace);
                }
            }
        }
    }

    private void Offer(Block block, Page page, in PageTrace trace)
    {
        if (!_done.Contains(trace.TraceId))
        {
            var group = new SpanGroup(new SpanBatch([]));
            page.Decode(in trace, BlockReading.TextsOf(block, texts), new(group));
            OfferAll(group, trace.TraceId);
        }
    }

    // The earliest of a trace may be anywhere; the latest has been seen first, whole blocks aside that overlap.
    private void OfferAll(SpanGroup group, UInt128 traceId)
    {
        if (search.RowIsEarliest)
        {
            if (!HasMatch(group))
            {
                return;
            }

            _done.Add(traceId);
            group = ReadTrace(traceId);
        }

        SpanRow? row = null;
        for (var i = 0; i < group.Batch.Spans.Count; i++)
        {
            if (_match.Matches(group, i) && isKept(group.Batch.Spans[i].Start) && (row is null || IsBetter(group.Batch.Spans[i], row)))
            {
                row = RowOf(group, i);
            }
        }

        if (row is null || (_rows.TryGetValue(traceId, out var known) && !IsBetter(row.Start, row.SpanId, known)))
        {
            return;
        }

        if (known is not null)
        {
            _order.Remove(OrderOf(known));
        }

        _rows[traceId] = row;
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
            if (_match.Matches(group, i))
            {
                return true;
            }
        }

        return false;
    }

    private SpanGroup ReadTrace(UInt128 traceId)
    {
        var group = new SpanGroup(new SpanBatch([]));
        var decoder = new SpanDecoder(group);
        var hash = TraceHash.Of(search.Project, traceId);
        foreach (var head in _heads)
        {
            foreach (var (record, span) in head.Find(hash))
            {
                if (record.Spans[span].TraceId == traceId && string.Equals(record.Project, search.Project, StringComparison.Ordinal))
                {
                    record.Decode(in record.Spans[span], decoder);
                }
            }
        }

        foreach (var (day, block) in _blocks)
        {
            if (block.MayHave(hash))
            {
                try
                {
                    BlockReading.ReadTrace(block, texts, hash, search.Project, traceId, decoder);
                }
                catch (InvalidDataException e)
                {
                    _isPartial = true;
                    damaged(day, block, e);
                }
            }
        }

        return group;
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
