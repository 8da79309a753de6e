using Microsoft.Extensions.Logging.Abstractions;
using Stagedoor.Storage;
using Stagedoor.Testing;
using Stagedoor.Tracing.Spans;
using Stagedoor.Tracing.Store;
using Xunit;

namespace Stagedoor.Tracing.Tests.Store;

public sealed class FileTraceStoreTests : IAsyncDisposable
{
    private readonly StoreUnderTest _stand = new();

    private FileTraceStore Store => _stand.Store;

    private int LogFiles => _stand.Files.Names.Count(static n => Path.GetFileName(n).StartsWith("ingest", StringComparison.Ordinal));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _stand.DisposeAsync();

    [Fact]
    public async Task A_span_is_read_as_it_was_sent_from_the_head_the_log_and_a_block()
    {
        var request = Traffic.Request(
        [
            new(7, 1) { Kind = SpanKind.Server, IsRich = true },
            new(7, 2) { ParentId = 1, IsFailed = true },
            new(7, 3) { ParentId = 99, Kind = SpanKind.Client, Identity = new("g", "billing", "b-1", "c", "n", "e") },
            new(8, 4) { ParentId = 1 },
        ]);
        var sent = Traffic.Describe(request.Spans).Where(static s => s.StartsWith(new string('0', 31) + '7', StringComparison.Ordinal)).ToArray();

        await Store.AppendAsync(request, Cancellation);

        Assert.Equal(sent, await ReadAsync(7));
        await _stand.ReopenAsync();
        Assert.Equal(sent, await ReadAsync(7));
        await _stand.SealAsync();
        Assert.Equal(1, Store.Facts.Blocks);
        Assert.Equal(sent, await ReadAsync(7));
        await _stand.ReopenAsync();
        Assert.Equal(sent, await ReadAsync(7));
        Assert.Empty(Store.Facts.Problems);
    }

    [Fact]
    public async Task Full_heads_become_blocks_and_the_log_is_freed()
    {
        for (var i = 1; i <= 100; i++)
        {
            await Store.AppendAsync(Traffic.Request(Enumerable.Range(0, 20).Select(n => new Sent((UInt128)i, (ulong)n + 1) { ParentId = (ulong)n, IsRich = n == 0 })), Cancellation);
        }

        await _stand.SealAsync();

        Assert.InRange(Store.Facts.Blocks, 2, 11);
        Assert.InRange(LogFiles, 1, 3);
        await _stand.ReopenAsync();
        for (var i = 1; i <= 100; i++)
        {
            Assert.Equal(20, (await ReadAsync((UInt128)i)).Length);
        }

        Assert.Empty(Store.Facts.Problems);
    }

    [Fact]
    public async Task Processes_that_end_soon_leave_few_files_of_the_log()
    {
        for (var i = 1; i <= 12; i++)
        {
            await Store.AppendAsync(Traffic.Request([new((UInt128)i, 1)]), Cancellation);
            await _stand.ReopenAsync();
        }

        await Eventually.TrueAsync("most are freed", TimeSpan.FromSeconds(30), () => LogFiles <= 4);
        for (var i = 1; i <= 12; i++)
        {
            Assert.Single(await ReadAsync((UInt128)i));
        }

        Assert.Empty(Store.Facts.Problems);
    }

    [Fact]
    public async Task Dropped_days_are_gone_with_their_files_also_from_the_head()
    {
        await Store.AppendAsync(Traffic.Request([new(7, 1)]), Cancellation);
        await _stand.SealAsync();
        await Store.AppendAsync(Traffic.Request([new(7, 2), new(7, 3) { Start = Traffic.Midnight + (90_000 * Traffic.Second) }]), Cancellation);

        await Store.DropBeforeAsync(new(2026, 3, 3), Cancellation);

        Assert.Single(await ReadAsync(7));
        Assert.DoesNotContain(_stand.Files.Names, static n => n.EndsWith("spans-20260302.seg", StringComparison.Ordinal));
        await _stand.SealAsync();
        Assert.Single(await ReadAsync(7));
        Assert.DoesNotContain(_stand.Files.Names, static n => n.EndsWith("spans-20260302.seg", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Small_blocks_become_one_that_has_all_of_them()
    {
        var sent = new List<SpanAppend>();
        for (var i = 0; i < 4; i++)
        {
            sent.Add(Traffic.Request([new(7, (ulong)i + 1) { ParentId = (ulong)i, IsRich = i == 2 }, new((UInt128)(100 + i), 1) { Kind = SpanKind.Server }]));
            await Store.AppendAsync(sent[i], Cancellation);
            Assert.Equal(i, Store.Facts.Blocks);
            await _stand.SealAsync();
        }

        Assert.Equal(1, Store.Facts.Blocks);
        string[] expected = [.. Traffic.Describe(sent).Where(static s => s.StartsWith(new string('0', 31) + '7', StringComparison.Ordinal))];
        Assert.Equal(expected, await ReadAsync(7));
        await _stand.ReopenAsync();
        Assert.Equal(1, Store.Facts.Blocks);
        Assert.Equal(expected, await ReadAsync(7));
        Assert.Equal(5, (await Store.SearchAsync(new() { Project = Traffic.Project }, Cancellation)).Rows.Count);
    }

    [Fact]
    public async Task A_full_disk_refuses_keeps_nothing_of_it_and_heals()
    {
        await Store.AppendAsync(Traffic.Request([new(1, 1)]), Cancellation);
        _stand.Files.Fault = MemoryFiles.Full;

        var refused = await Assert.ThrowsAsync<StorageException>(() => Store.AppendAsync(Traffic.Request([new(2, 1)], digest: 5), Cancellation));

        Assert.Equal(StorageFault.Full, refused.Fault);
        Assert.Null(await Store.FindTraceAsync(Traffic.Project, 2, Cancellation));
        Assert.Contains("No space left on device", Assert.Single(Store.Facts.Problems), StringComparison.Ordinal);
        _stand.Files.Fault = null;
        await Store.AppendAsync(Traffic.Request([new(3, 1)]), Cancellation);
        Assert.Empty(Store.Facts.Problems);
        await _stand.ReopenAsync();
        Assert.Null(await Store.FindTraceAsync(Traffic.Project, 2, Cancellation));
        Assert.Single(await ReadAsync(1));
        Assert.Single(await ReadAsync(3));
        Assert.Equal(AppendOutcome.Kept, await Store.AppendAsync(Traffic.Request([new(2, 1)], digest: 5), Cancellation));
    }

    [Fact]
    public async Task What_could_not_be_flushed_is_not_there_afterwards()
    {
        await Store.AppendAsync(Traffic.Request([new(1, 1)]), Cancellation);
        _stand.Files.FlushFault = static () => new IOException("Input/output error", 5);

        var refused = await Assert.ThrowsAsync<StorageException>(() => Store.AppendAsync(Traffic.Request([new(2, 1)]), Cancellation));
        _stand.Files.FlushFault = null;
        await _stand.ReopenAsync();

        Assert.Equal(StorageFault.InputOutput, refused.Fault);
        Assert.Null(await Store.FindTraceAsync(Traffic.Project, 2, Cancellation));
        Assert.Single(await ReadAsync(1));
    }

    [Fact]
    public async Task A_full_disk_while_blocks_are_made_loses_nothing()
    {
        await Store.AppendAsync(Traffic.Request([new(1, 1), new(1, 2) { Start = Traffic.Midnight - 1 }]), Cancellation);
        _stand.Files.Fault = MemoryFiles.Full;
        await Assert.ThrowsAsync<StorageException>(_stand.SealAsync);

        Assert.Equal(2, (await ReadAsync(1)).Length);
        _stand.Files.Fault = null;
        await _stand.SealAsync();
        Assert.Equal(2, (await ReadAsync(1)).Length);
        Assert.Equal(2, Store.Facts.Blocks);
    }

    [Fact]
    public async Task A_disk_that_is_full_at_the_start_loses_nothing_and_keeps_nobody_from_reading()
    {
        await using var stand = new StoreUnderTest(static o => o with { BlockSpans = 10_000 });
        for (var i = 1; i <= 30; i++)
        {
            await stand.Store.AppendAsync(Traffic.Request([.. Enumerable.Range(1, 25).Select(n => new Sent((UInt128)i, (ulong)n))]), Cancellation);
        }

        await stand.Store.DisposeAsync();
        stand.Files.IsFull = true;
        await using var store = FileTraceStore.Open(stand.Options with { BlockSpans = 100 }, stand.Files, stand.Clock, NullLogger.Instance);

        Assert.Contains("No space left on device", Assert.Single(store.Facts.Problems), StringComparison.Ordinal);
        Assert.Equal(750, store.Facts.SpansStored);
        Assert.Equal(25, (await store.FindTraceAsync(Traffic.Project, 30, Cancellation))?.Spans.Batch.Spans.Count);
        await Assert.ThrowsAsync<StorageException>(() => store.AppendAsync(Traffic.Request([new(99, 1)]), Cancellation));

        stand.Files.IsFull = false;
        await store.AppendAsync(Traffic.Request([new(100, 1)]), Cancellation);
        await store.UpkeepAsync(Cancellation);
        Assert.Empty(store.Facts.Problems);
        Assert.Equal((7, 751L), ((int)store.Facts.Blocks, store.Facts.SpansStored));
        Assert.Null(await store.FindTraceAsync(Traffic.Project, 99, Cancellation));
        Assert.Equal(25, (await store.FindTraceAsync(Traffic.Project, 1, Cancellation))?.Spans.Batch.Spans.Count);
    }

    [Fact]
    public async Task A_second_process_is_refused()
    {
        Assert.Throws<StorageException>(_stand.Open);

        await Store.AppendAsync(Traffic.Request([new(1, 1)]), Cancellation);
    }

    private async Task<string[]> ReadAsync(UInt128 traceId) =>
        Traffic.Describe((await Store.FindTraceAsync(Traffic.Project, traceId, Cancellation))?.Spans ?? new(new([])));
}
