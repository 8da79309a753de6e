using System.Globalization;
using Stagedoor.Storage;
using Stagedoor.Tracing.Spans;
using ZstdSharp;

namespace Stagedoor.Tracing.Store;

/// <summary>
/// An engine's spans, and beside them copies of the traces that are pinned, in the module's tables. Which are pinned is known in memory and read again with each upkeep:
/// a copy is needed only when the days of its trace are gone, which is long after every replica knows of it.
/// </summary>
internal sealed class PinningTraceStore(ISpanEngine engine, TracingDb db, TimeProvider clock, PinOptions options) : ITraceStore
{
    private readonly Lock _gate = new();
    private HashSet<(string Project, UInt128 TraceId)>? _pinned;

    public TraceStoreFacts Facts => engine.Facts;

    public Task<AppendOutcome> AppendAsync(SpanAppend append, CancellationToken cancellationToken) => engine.AppendAsync(append, cancellationToken);

    public async Task<StoredTrace?> FindTraceAsync(string project, UInt128 traceId, CancellationToken cancellationToken)
    {
        var found = await engine.FindTraceAsync(project, traceId, cancellationToken);
        return await IsPinnedAsync(project, traceId, cancellationToken)
            ? Together(found, await FindCopyAsync(project, traceId, cancellationToken))
            : found;
    }

    public async Task<StoredTrace?> FindOutlineAsync(string project, UInt128 traceId, CancellationToken cancellationToken)
    {
        var found = await engine.FindOutlineAsync(project, traceId, cancellationToken);
        return await IsPinnedAsync(project, traceId, cancellationToken)
            ? Together(found, await FindCopyAsync(project, traceId, cancellationToken))
            : found;
    }

    public Task<SpanSearchAnswer> SearchAsync(SpanSearch search, CancellationToken cancellationToken) => engine.SearchAsync(search, cancellationToken);

    public Task<IReadOnlyList<SpanIdentity>> IdentitiesAsync(string project, CancellationToken cancellationToken) => engine.IdentitiesAsync(project, cancellationToken);

    public Task<IReadOnlyList<string>> ServicesAsync(string project, CancellationToken cancellationToken) => engine.ServicesAsync(project, cancellationToken);

    public Task<IReadOnlyList<SpanOperation>> OperationsAsync(string project, string? service, CancellationToken cancellationToken) =>
        engine.OperationsAsync(project, service, cancellationToken);

    /// <summary>Drops days, and copies before what has come of pinned traces since they were pinned.</summary>
    public async Task DropBeforeAsync(DateOnly day, CancellationToken cancellationToken)
    {
        if (engine.Facts.OldestDay is not { } oldest || oldest < day)
        {
            foreach (var (project, traceId) in await ReadPinnedAsync(cancellationToken))
            {
                try
                {
                    await CopyAsync(project, traceId, isNew: false, cancellationToken);
                }
                catch (StorageException e) when (e.Fault is StorageFault.Full)
                {
                    // Room is made by dropping days; the copy that was made when it was pinned is there.
                    break;
                }
            }
        }

        await engine.DropBeforeAsync(day, cancellationToken);
    }

    public async Task UpkeepAsync(CancellationToken cancellationToken)
    {
        await ReadPinnedAsync(cancellationToken);
        await engine.UpkeepAsync(cancellationToken);
    }

    public Task<PinOutcome> PinAsync(string project, UInt128 traceId, CancellationToken cancellationToken) => CopyAsync(project, traceId, isNew: true, cancellationToken);

    public async Task<bool> UnpinAsync(string project, UInt128 traceId, CancellationToken cancellationToken)
    {
        await using var turn = await db.LockAsync("pins", cancellationToken);
        var isGone = await db.ExecuteAsync(
            "DELETE FROM pinned_trace WHERE project = @project AND trace_id = @id", new { project, id = IdOf(traceId) }, cancellationToken) > 0;
        lock (_gate)
        {
            _pinned?.Remove((project, traceId));
        }

        return isGone;
    }

    public ValueTask DisposeAsync() => engine.DisposeAsync();

    // One at a time, so that no more are pinned than may be, and none that was let go comes back.
    private async Task<PinOutcome> CopyAsync(string project, UInt128 traceId, bool isNew, CancellationToken cancellationToken)
    {
        await using var turn = await db.LockAsync("pins", cancellationToken);
        var known = await FindCopyAsync(project, traceId, cancellationToken);
        if (!isNew && known is null)
        {
            return PinOutcome.Absent;
        }

        StoredTrace? found;
        try
        {
            found = await engine.FindTraceAsync(project, traceId, cancellationToken);
        }
        catch (StorageException e) when (e.Fault is StorageFault.Corrupt && known is not null)
        {
            // What there is a copy of stays as it is.
            return PinOutcome.Pinned;
        }

        var before = known?.Spans.Batch.Spans.Count ?? 0;
        if (Together(found, known) is not { } trace)
        {
            return PinOutcome.Absent;
        }

        if (known is null && await db.FindAsync<long>("SELECT count(*) FROM pinned_trace WHERE project = @project", new { project }, cancellationToken) >= options.MaxTraces)
        {
            return PinOutcome.Full;
        }

        if (trace.Spans.Batch.Spans.Count > before)
        {
            await db.ExecuteAsync(
                """
                INSERT INTO pinned_trace (project, trace_id, pinned_at, spans, data) VALUES (@project, @id, @at, @spans, @data)
                ON CONFLICT (project, trace_id) DO UPDATE SET spans = excluded.spans, data = excluded.data
                """,
                new
                {
                    project,
                    id = IdOf(traceId),
                    at = clock.GetUtcNow().ToUnixTimeMilliseconds(),
                    spans = (long)trace.Spans.Batch.Spans.Count,
                    data = Packed(new SpanEncoder().Encode(new(project, trace.LastReceivedAt, trace.Spans, 0, 0)).Bytes),
                },
                cancellationToken);
        }

        lock (_gate)
        {
            _pinned?.Add((project, traceId));
        }

        return PinOutcome.Pinned;
    }

    private async Task<StoredTrace?> FindCopyAsync(string project, UInt128 traceId, CancellationToken cancellationToken)
    {
        var data = await db.FindAsync<byte[]>(
            "SELECT data FROM pinned_trace WHERE project = @project AND trace_id = @id", new { project, id = IdOf(traceId) }, cancellationToken);
        if (data is null)
        {
            return null;
        }

        try
        {
            var record = SpanRecord.Parse(Zstd.Inflate(data, 0));
            var group = new SpanGroup(new SpanBatch([]));
            var decoder = new SpanDecoder(group);
            foreach (ref readonly var span in record.Spans.AsSpan())
            {
                record.Decode(in span, decoder);
            }

            return new(group, DateTimeOffset.FromUnixTimeSeconds(record.ReceivedAt / 1000));
        }
        catch (InvalidDataException e)
        {
            throw StoreFaults.Damaged($"{db.Location} has a damaged copy of a pinned trace: {e.Message}");
        }
    }

    private static StoredTrace? Together(StoredTrace? found, StoredTrace? copy)
    {
        if (found is null || copy is null)
        {
            return found ?? copy;
        }

        var group = new SpanGroup(new SpanBatch([]));
        var decoder = new SpanDecoder(group);
        foreach (var part in (ReadOnlySpan<StoredTrace>)[found, copy])
        {
            var record = new SpanEncoder().Encode(new("", part.LastReceivedAt, part.Spans, 0, 0));
            foreach (ref readonly var span in record.Spans.AsSpan())
            {
                record.Decode(in span, decoder);
            }
        }

        SpanCopies.Drop(group);
        return new(group, found.LastReceivedAt > copy.LastReceivedAt ? found.LastReceivedAt : copy.LastReceivedAt);
    }

    private async Task<bool> IsPinnedAsync(string project, UInt128 traceId, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_pinned is not null)
            {
                return _pinned.Contains((project, traceId));
            }
        }

        return (await ReadPinnedAsync(cancellationToken)).Contains((project, traceId));
    }

    private async Task<HashSet<(string Project, UInt128 TraceId)>> ReadPinnedAsync(CancellationToken cancellationToken)
    {
        var rows = await db.QueryAsync<(string Project, string Id)>("SELECT project, trace_id FROM pinned_trace", null, cancellationToken);
        var pinned = rows.Select(static r => (r.Project, UInt128.Parse(r.Id, NumberStyles.HexNumber, CultureInfo.InvariantCulture))).ToHashSet();
        lock (_gate)
        {
            // What was pinned here meanwhile is asked for once in vain when it was let go again; never the other way round.
            if (_pinned is not null)
            {
                _pinned.UnionWith(pinned);
            }
            else
            {
                _pinned = [.. pinned];
            }
        }

        return pinned;
    }

    private static string IdOf(UInt128 traceId) => traceId.ToString("x32", CultureInfo.InvariantCulture);

    private static byte[] Packed(byte[] bytes)
    {
        using var compressor = new Compressor(1);
        var packed = new ByteBuffer();
        packed.Varint(bytes.Length);
        packed.Advance(compressor.Wrap(bytes, packed.Room(Compressor.GetCompressBound(bytes.Length))));
        return packed.Bytes.ToArray();
    }
}

/// <summary>What may be pinned.</summary>
internal sealed record PinOptions
{
    /// <summary>The most traces of a project that are pinned at a time.</summary>
    public int MaxTraces { get; init; } = 10_000;
}
