using Npgsql;
using Stagedoor.Storage;
using Stagedoor.Testing;
using Stagedoor.Tracing.Store;
using Xunit;

namespace Stagedoor.Tracing.Tests.Store;

/// <summary>Stores that say of a request that it is taken while it waits to be written (<c>Tracing:Acknowledge=queued</c>).</summary>
public sealed class QueuedTests : IAsyncDisposable
{
    private static readonly TimeSpan s_soon = TimeSpan.FromSeconds(20);

    private readonly StoreUnderTest _stand = new(static options => options with { IsQueued = true, MaxWaitingBytes = 1000 });

    private FileTraceStore Store => _stand.Store;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _stand.DisposeAsync();

    [Fact]
    public async Task A_request_is_acknowledged_while_it_waits_and_lost_with_a_process_that_is_killed_before_it_is_written()
    {
        await AppendAsync(1);
        await WrittenAsync(1);
        using var gate = new ManualResetEventSlim();
        CloseDisk(gate);

        Assert.Equal(AppendOutcome.Kept, await AppendAsync(2).WaitAsync(s_soon, Cancellation));

        Assert.Null(await Store.FindTraceAsync(Traffic.Project, 2, Cancellation));
        await using (var killed = new StoreUnderTest(files: _stand.Files.AfterPowerLoss(new(1))))
        {
            Assert.Equal((true, false), (await HasAsync(killed.Store, 1), await HasAsync(killed.Store, 2)));
        }

        gate.Set();
        await WrittenAsync(2);
        await using var later = new StoreUnderTest(files: _stand.Files.AfterPowerLoss(new(1)));
        Assert.Equal((true, true), (await HasAsync(later.Store, 1), await HasAsync(later.Store, 2)));
        Assert.Equal(0, Store.Facts.SpansLost);
    }

    [Fact]
    public async Task A_full_queue_makes_requests_wait_and_those_that_do_not_wait_are_not_taken()
    {
        await AppendAsync(1);
        await WrittenAsync(1);
        using var gate = new ManualResetEventSlim();
        CloseDisk(gate);
        await AppendAsync(2, bytes: 900).WaitAsync(s_soon, Cancellation);
        using var impatient = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var given = Store.AppendAsync(Request(3, 900), impatient.Token);
        var waits = AppendAsync(4, bytes: 900);
        await impatient.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => given.WaitAsync(s_soon, Cancellation));

        Assert.False(waits.IsCompleted);
        Assert.InRange(Store.Facts.BytesWaiting, 1, 1000);
        gate.Set();
        await waits.WaitAsync(s_soon, Cancellation);
        await WrittenAsync(4);
        Assert.Equal((true, false), (await HasAsync(Store, 2), await HasAsync(Store, 3)));
        Assert.Equal(0, Store.Facts.BytesWaiting);
    }

    [Fact]
    public async Task A_disk_that_fails_is_told_to_all_who_come_after_and_what_was_lost_is_counted()
    {
        await AppendAsync(1);
        await WrittenAsync(1);
        _stand.Files.Fault = MemoryFiles.Full;
        Assert.Equal(AppendOutcome.Kept, await AppendAsync(2));
        await Eventually.TrueAsync("the loss is counted", TimeSpan.FromSeconds(60), () => Store.Facts.SpansLost == 1);
        Assert.Contains("No space left on device", Assert.Single(Store.Facts.Problems), StringComparison.Ordinal);

        var refused = await Assert.ThrowsAsync<StorageException>(() => AppendAsync(3));

        Assert.Equal(StorageFault.Full, refused.Fault);
        _stand.Files.Fault = null;

        // The first that is written ends it, and is on the disk when it is acknowledged.
        await AppendAsync(4);
        Assert.True(await HasAsync(Store, 4));
        Assert.Empty(Store.Facts.Problems);
        Assert.Equal((false, false, 1L), (await HasAsync(Store, 2), await HasAsync(Store, 3), Store.Facts.SpansLost));
        using var gate = new ManualResetEventSlim();
        CloseDisk(gate);
        await AppendAsync(5).WaitAsync(s_soon, Cancellation);
        gate.Set();
        await WrittenAsync(5);
    }

    [Fact]
    public async Task A_store_that_is_closed_has_written_all_that_it_acknowledged()
    {
        await AppendAsync(1);
        await WrittenAsync(1);
        using var gate = new ManualResetEventSlim();
        CloseDisk(gate);
        for (var i = 2; i <= 60; i++)
        {
            await AppendAsync((UInt128)i).WaitAsync(s_soon, Cancellation);
        }

        var closing = _stand.ReopenAsync();
        Assert.False(closing.IsCompleted);
        gate.Set();
        await closing.WaitAsync(s_soon, Cancellation);

        for (var i = 1; i <= 60; i++)
        {
            Assert.True(await HasAsync(Store, (UInt128)i), $"{i}");
        }
    }

    [Fact]
    public async Task A_database_that_is_gone_is_told_to_all_who_come_after_and_what_was_lost_is_counted()
    {
        Assert.SkipUnless(OwnDatabase.IsAvailable, OwnDatabase.Missing);
        await using var stand = new SharedStand();
        await stand.StartAsync();
        var server = new NpgsqlConnectionStringBuilder(stand.Database.ConnectionString);
        await using var link = new FaultyLink(server.Host!, server.Port);
        (server.Host, server.Port) = ("127.0.0.1", link.Port);
        var (engine, db, store) = await stand.OpenAsync(new() { IsQueued = true, Patience = TimeSpan.FromSeconds(30) }, server.ToString());
        await store.AppendAsync(Request(1, 100), Cancellation);
        await Eventually.TrueAsync("the first is written", s_soon, () => HasAsync(store, 1));
        link.Cut();
        Assert.Equal(AppendOutcome.Kept, await store.AppendAsync(Request(2, 100), Cancellation));
        await Eventually.TrueAsync("the loss is counted", TimeSpan.FromSeconds(60), () => store.Facts.SpansLost == 1);

        var refused = await Assert.ThrowsAsync<StorageException>(() => store.AppendAsync(Request(3, 100), Cancellation));

        Assert.Equal(StorageFault.Unavailable, refused.Fault);
        Assert.NotEmpty(store.Facts.Problems);
        link.Mend();
        await Eventually.TrueAsync("it takes spans again", TimeSpan.FromSeconds(60), async () =>
        {
            try
            {
                return await store.AppendAsync(Request(4, 100), Cancellation) is AppendOutcome.Kept;
            }
            catch (StorageException)
            {
                return false;
            }
        });
        Assert.Equal((true, false, true), (await HasAsync(store, 1), await HasAsync(store, 2), await HasAsync(store, 4)));
        Assert.Empty(store.Facts.Problems);
        for (var i = 5; i <= 30; i++)
        {
            await store.AppendAsync(Request((UInt128)i, 100), Cancellation);
        }

        await store.DisposeAsync();
        await db.DisposeAsync();
        await engine.DisposeAsync();
        Assert.True(await HasAsync(stand.Store, 30), "What was acknowledged is written when the store is closed.");
    }

    private static SpanAppend Request(UInt128 trace, int bytes) => Traffic.Request([new(trace, 1)], digest: trace) with { Bytes = bytes };

    private static async Task<bool> HasAsync(ISpanEngine store, UInt128 trace) => await store.FindTraceAsync(Traffic.Project, trace, Cancellation) is not null;

    private Task<AppendOutcome> AppendAsync(UInt128 trace, int bytes = 10) => Store.AppendAsync(Request(trace, bytes), Cancellation);

    private Task WrittenAsync(UInt128 trace) => Eventually.TrueAsync($"trace {trace} is written", s_soon, () => HasAsync(Store, trace));

    // Every change waits, and then goes through.
    private void CloseDisk(ManualResetEventSlim gate) => _stand.Files.Fault = () =>
    {
        Assert.True(gate.Wait(TimeSpan.FromSeconds(60), Cancellation));
        return null!;
    };
}
