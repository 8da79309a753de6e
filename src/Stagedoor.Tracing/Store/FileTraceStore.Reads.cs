using Stagedoor.Tracing.Spans;

namespace Stagedoor.Tracing.Store;

/// <summary>Reads.</summary>
internal sealed partial class FileTraceStore
{
    public Task<StoredTrace?> FindTraceAsync(string project, UInt128 traceId, CancellationToken cancellationToken) => FindAsync(project, traceId, isOutline: false);

    public Task<StoredTrace?> FindOutlineAsync(string project, UInt128 traceId, CancellationToken cancellationToken) => FindAsync(project, traceId, isOutline: true);

    private Task<StoredTrace?> FindAsync(string project, UInt128 traceId, bool isOutline)
    {
        var hash = TraceHash.Of(project, traceId);
        var group = new SpanGroup(new SpanBatch([]));
        var decoder = new SpanDecoder(group, isOutline);
        var received = -1L;
        string? damage = null;
        var state = _state;
        foreach (var head in state.Heads)
        {
            foreach (var (record, span) in head.Find(hash))
            {
                if (record.Spans[span].TraceId == traceId && string.Equals(record.Project, project, StringComparison.Ordinal) && IsKept(record.Spans[span].Start))
                {
                    record.Decode(in record.Spans[span], decoder);
                    received = Math.Max(received, record.ReceivedAt / 1000);
                }
            }
        }

        foreach (var day in state.Days.Values)
        {
            if (!day.File.Enter())
            {
                continue;
            }

            try
            {
                foreach (var block in day.Blocks)
                {
                    if (block.MayHave(hash))
                    {
                        received = Math.Max(received, Read(day, block));
                    }
                }
            }
            finally
            {
                day.File.Leave();
            }
        }

        if (group.Batch.Spans.Count == 0)
        {
            // What may have been there must not be denied.
            return damage is null ? Task.FromResult<StoredTrace?>(null) : Task.FromException<StoredTrace?>(StoreFaults.Damaged(damage));
        }

        if (!isOutline)
        {
            SpanCopies.Drop(group);
        }

        return Task.FromResult<StoredTrace?>(new(group, DateTimeOffset.FromUnixTimeSeconds(received)));

        long Read(DaySpans day, Block block)
        {
            try
            {
                return BlockReading.ReadTrace(block, _texts, hash, project, traceId, decoder);
            }
            catch (InvalidDataException e)
            {
                damage = TellDamage(day, block, e);
                return -1;
            }
        }
    }

    public Task<SpanSearchAnswer> SearchAsync(SpanSearch search, CancellationToken cancellationToken) => Task.Run(
        async () =>
        {
            var state = _state;
            var entered = state.Days.Values.Where(static d => d.File.Enter()).ToList();
            try
            {
                var source = new FileSearchSource(search, state.Heads, entered, _texts, (day, block, e) => TellDamage(day, block, e));
                return await new SpanSearcher(search, source, _texts, _clock, _options.SearchTime, IsKept).SearchAsync(cancellationToken);
            }
            finally
            {
                entered.ForEach(static d => d.File.Leave());
            }
        },
        cancellationToken);

    public Task<IReadOnlyList<SpanIdentity>> IdentitiesAsync(string project, CancellationToken cancellationToken)
    {
        var found = new HashSet<SpanIdentity>();
        var state = _state;
        foreach (var names in NamesOf(state))
        {
            if (names.Find(project) is >= 0 and var number)
            {
                found.UnionWith(names.Identities.Where(i => i.Project == number).Select(static i => i.Identity));
            }
        }

        foreach (var (record, _) in RecordsOf(state, project))
        {
            found.UnionWith(record.Identities);
        }

        return Task.FromResult<IReadOnlyList<SpanIdentity>>([.. found]);
    }

    public async Task<IReadOnlyList<string>> ServicesAsync(string project, CancellationToken cancellationToken) =>
        [.. (await IdentitiesAsync(project, cancellationToken)).Select(static i => i.Service).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    public Task<IReadOnlyList<SpanOperation>> OperationsAsync(string project, string? service, CancellationToken cancellationToken)
    {
        var found = new HashSet<SpanOperation>();
        var state = _state;
        foreach (var names in NamesOf(state))
        {
            if (names.Find(project) is >= 0 and var number)
            {
                found.UnionWith(names.Operations.Where(o => o.Project == number && IsOf(o.Operation.Service)).Select(static o => o.Operation));
            }
        }

        foreach (var (record, spans) in RecordsOf(state, project))
        {
            var known = new HashSet<(int, int, SpanKind, int)>();
            foreach (var number in spans)
            {
                ref readonly var span = ref record.Spans[number];
                var identity = record.Identities[span.Identity];
                if (IsOf(identity.Service) && known.Add((span.Identity, span.Name, span.Kind, span.Transaction)))
                {
                    found.Add(new(
                        identity.Group, identity.Service, TextOf(record, span.Name), span.Kind, span.Transaction < 0 ? "" : TextOf(record, span.Transaction)));
                }
            }
        }

        return Task.FromResult<IReadOnlyList<SpanOperation>>([.. found]);

        bool IsOf(string known) => service is null || string.Equals(service, known, StringComparison.Ordinal);
    }

    private static string TextOf(SpanRecord record, int number) => System.Text.Encoding.UTF8.GetString(record[number]);

    private static IEnumerable<BlockNames> NamesOf(TraceState state) => state.Days.Values.SelectMany(static d => d.Blocks).Select(static b => b.Names);

    private IEnumerable<(SpanRecord Record, List<int> Spans)> RecordsOf(TraceState state, string project)
    {
        foreach (var head in state.Heads)
        {
            var (records, spans) = head.Copy();
            foreach (var ofRecord in spans.GroupBy(static s => s.Record))
            {
                if (string.Equals(records[ofRecord.Key].Project, project, StringComparison.Ordinal))
                {
                    yield return (records[ofRecord.Key], [.. ofRecord.Select(static s => s.Span).Where(s => IsKept(records[ofRecord.Key].Spans[s].Start))]);
                }
            }
        }
    }

    private bool IsKept(ulong start) => DayOf(start) >= Volatile.Read(ref _firstDay);

    private string TellDamage(DaySpans day, Block block, InvalidDataException e)
    {
        var damage = $"{day.File.Path} has a damaged part in the block at byte {block.Offset}: {e.Message}";
        Tell(damage);
        return damage;
    }
}
