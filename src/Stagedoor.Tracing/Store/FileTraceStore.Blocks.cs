using System.Collections.Immutable;
using Stagedoor.Storage;

namespace Stagedoor.Tracing.Store;

/// <summary>From the log to segments, and away.</summary>
internal sealed partial class FileTraceStore
{
    public async Task DropBeforeAsync(DateOnly day, CancellationToken cancellationToken)
    {
        var first = SegmentFile.DayOf(day);
        await _sealing.WaitAsync(cancellationToken);
        try
        {
            List<SegmentFile> dropped;
            lock (_changing)
            {
                _firstDay = Math.Max(_firstDay, first);
                dropped = [.. _state.Days.Values.Where(d => d.File.Day < first).Select(static d => d.File)];
                _state = _state with { Days = _state.Days.RemoveRange(dropped.Select(static d => d.Day)) };
            }

            foreach (var file in dropped)
            {
                file.Drop();
                _files.Delete(file.Path);
            }

            if (dropped.Count > 0)
            {
                _files.SyncFolder(_options.Folder);
                _shared.Keep(_state.Days.Values.SelectMany(static d => d.Blocks).Select(static b => b.Names));
            }
        }
        catch (Exception e) when (StoreFaults.Are(e))
        {
            throw StoreFaults.Translate(e);
        }
        finally
        {
            _sealing.Release();
        }
    }

    /// <summary>What is to be done from time to time: spans that have been in the log for long become blocks, and many small blocks one.</summary>
    /// <exception cref="StorageException">The disk is full, or failed; nothing is lost, and it may be tried again.</exception>
    public async Task UpkeepAsync(CancellationToken cancellationToken)
    {
        lock (_changing)
        {
            var head = _state.Heads[^1];
            if (head.First != 0 && _clock.GetUtcNow() - head.OpenedAt >= _options.BlockAge)
            {
                _state = _state with { Heads = _state.Heads.Add(new(_clock.GetUtcNow())) };
            }
        }

        await SealAsync(cancellationToken);
        await MergeAsync(cancellationToken);
    }

    private void Load()
    {
        var firstInLog = ulong.MaxValue;
        // Segments are judged by what the log has; the log is told which numbers segments have.
        using (TraceLog.Open(_files, _options.Folder, _options.LogBytes, 0, (sequence, _) => firstInLog = Math.Min(firstInLog, sequence), static _ => { }))
        {
        }

        var days = ImmutableSortedDictionary.CreateBuilder<int, DaySpans>();
        var last = 0UL;
        foreach (var path in _files.List(_options.Folder, "spans-*.seg"))
        {
            if (SegmentFile.FindDay(path) is { } day)
            {
                try
                {
                    days[day] = SegmentOpening.Open(_files, path, day, firstInLog, _shared, Tell);
                    last = days[day].Blocks.Select(static b => b.Header.Last).Append(last).Max();
                }
                catch (Exception e) when (StoreFaults.Are(e) && !StoreFaults.IsFull(e))
                {
                    // It must not be written over.
                    _files.Move(path, path + ".damaged");
                    Tell($"{path} cannot be read and is set aside: {e.Message}");
                }
            }
        }

        _state = _state with { Days = days.ToImmutable() };
        _log = TraceLog.Open(_files, _options.Folder, _options.LogBytes, last, Replay, Tell);
        if (_log.FullFiles > MostFilesAtStart)
        {
            // Every process leaves one, however little it took. One that dies again and again before its head is old would fill the disk with them.
            Turn();
        }
    }

    private void Replay(ulong sequence, byte[] bytes)
    {
        try
        {
            var record = SpanRecord.Parse(Zstd.Inflate(bytes, 0));
            record.Sequence = sequence;
            var state = _state;
            state.Heads[^1].Add(record, span => !state.Days.TryGetValue(DayOf(span.Start), out var day) || !day.Covers(sequence));
            if (record.Digest != 0)
            {
                _recent.TryEnter(record.Digest, Task.CompletedTask, record.ReceivedAt, out _);
            }
        }
        catch (InvalidDataException e)
        {
            Tell($"Record {sequence} of the log cannot be read: {e.Message}");
        }

        if (IsFull(_state.Heads[^1]) && !TrySealAtStart(_state.Heads[^1]))
        {
            _state = _state with { Heads = _state.Heads.Add(new(_clock.GetUtcNow())) };
        }
    }

    // On a full disk what is in the log stays there, and is read from memory: the process must come up all the same, since whoever makes room, and all other services, need it.
    // Behind one that could not be made into blocks all wait, since blocks are made of the first head first.
    private bool TrySealAtStart(Head full)
    {
        if (_state.Heads.Length > 1)
        {
            return false;
        }

        try
        {
            Seal(full);
            return true;
        }
        catch (Exception e) when (StoreFaults.IsFull(e))
        {
            var fault = StoreFaults.Translate(e);
            _lastFault = fault.Message;
            LogNotSealed(_logger, fault);
            return false;
        }
    }

    private async Task SealAsync(CancellationToken cancellationToken)
    {
        await _sealing.WaitAsync(cancellationToken);
        try
        {
            while (_state.Heads.Length > 1)
            {
                var head = _state.Heads[0];
                Seal(head);
                _log.Release(head.Last);
            }
        }
        catch (Exception e) when (StoreFaults.Are(e))
        {
            throw StoreFaults.Translate(e);
        }
        finally
        {
            _sealing.Release();
        }
    }

    // All blocks are durable before the head goes, and all numbers of the log that a block covers are in it: so each span is in one place, or after a crash in the log as well.
    private void Seal(Head head)
    {
        var records = head.All(out var spans);
        var byDay = new SortedDictionary<int, List<(int Record, int Span)>>();
        List<(int Record, int Span)>? list = null;
        var lastDay = int.MinValue;
        foreach (var span in spans)
        {
            var day = DayOf(records[span.Record].Spans[span.Span].Start);
            if (day != lastDay)
            {
                lastDay = day;
                if (!byDay.TryGetValue(day, out list))
                {
                    byDay[day] = list = new(byDay.Count == 0 ? spans.Length : 0);
                }
            }

            list!.Add((span.Record, span.Span));
        }

        // A try before this one may have come as far as some day.
        foreach (var (day, ofDay) in byDay)
        {
            if (day >= _firstDay && !_written.ContainsKey(day))
            {
                var isNew = !_state.Days.TryGetValue(day, out var known);
                var path = Path.Combine(_options.Folder, SegmentFile.NameOf(day));
                var file = known?.File ?? new(path, day, _files.Open(path));
                try
                {
                    _written[day] = (file, Write(file, _builder.Build(records, ofDay, head.First, head.Last, []), isNew));
                }
                catch when (isNew)
                {
                    file.Drop();
                    throw;
                }
            }
        }

        lock (_changing)
        {
            var days = _state.Days.ToBuilder();
            foreach (var (day, (file, block)) in _written)
            {
                if (day >= _firstDay)
                {
                    days[day] = new(file, days.TryGetValue(day, out var known) ? [.. known.Blocks, block] : [block]);
                }
                else if (!days.ContainsKey(day))
                {
                    file.Drop();
                }
            }

            _written.Clear();

            var heads = _state.Heads.Remove(head);
            _state = new(heads.IsEmpty ? [new(_clock.GetUtcNow())] : heads, days.ToImmutable());
        }
    }

    private Block Write(SegmentFile file, ReadOnlyMemory<byte> bytes, bool isNew)
    {
        try
        {
            file.File.Write(bytes, file.End);
            file.File.Flush();
            if (isNew)
            {
                _files.SyncFolder(_options.Folder);
            }

            Span<byte> header = stackalloc byte[BlockForm.HeaderLength];
            file.File.ReadExactly(header, file.End);
            var block = Block.Open(file.File, file.End, BlockHeader.Find(header) ?? throw new InvalidDataException("What was written is not there."), _shared);
            file.End += bytes.Length;
            return block;
        }
        catch (Exception e) when (StoreFaults.Are(e) || e is InvalidDataException)
        {
            try
            {
                file.File.SetLength(file.End);
            }
            catch (Exception again) when (StoreFaults.Are(again))
            {
                // The next block is written over it.
            }

            throw e is InvalidDataException ? new IOException(e.Message, e) : e;
        }
    }

    // Small blocks come from quiet hours and from spans that are late.
    private async Task MergeAsync(CancellationToken cancellationToken)
    {
        await _sealing.WaitAsync(cancellationToken);
        try
        {
            foreach (var day in _state.Days.Values)
            {
                var small = day.Blocks.Where(b => b.Spans < _options.BlockSpans / 4).ToList();
                if (small.Count >= _options.MergeBlocks)
                {
                    Merge(day, small);
                }
            }
        }
        catch (Exception e) when (StoreFaults.Are(e))
        {
            throw StoreFaults.Translate(e);
        }
        finally
        {
            _sealing.Release();
        }
    }

    private void Merge(DaySpans day, List<Block> small)
    {
        var taken = new List<Block>();
        var records = new List<SpanRecord>();
        var spans = new List<(int Record, int Span)>();
        var encoder = new SpanEncoder();
        foreach (var block in small)
        {
            if (spans.Count > 0 && spans.Count + block.Spans > _options.BlockSpans)
            {
                break;
            }

            try
            {
                foreach (var append in BlockReading.ReadAll(block, _texts))
                {
                    var record = encoder.Encode(append);
                    spans.AddRange(Enumerable.Range(0, record.Spans.Length).Select(i => (records.Count, i)));
                    records.Add(record);
                }

                taken.Add(block);
            }
            catch (InvalidDataException e)
            {
                Tell($"{day.File.Path} has a damaged block at byte {block.Offset}: {e.Message}");
                return;
            }
        }

        if (taken.Count < 2)
        {
            return;
        }

        var first = taken.Min(static b => b.Header.First);
        var last = taken.Max(static b => b.Header.Last);
        var merged = Write(day.File, _builder.Build(records, spans, first, last, [.. taken.Select(static b => b.Offset)]), isNew: false);
        lock (_changing)
        {
            if (_state.Days.TryGetValue(day.File.Day, out var known))
            {
                _state = _state with { Days = _state.Days.SetItem(day.File.Day, new(day.File, [.. known.Blocks.Except(taken), merged])) };
            }
        }
    }

    private static int DayOf(ulong start) => (int)(start / NanosecondsOfDay);
}
