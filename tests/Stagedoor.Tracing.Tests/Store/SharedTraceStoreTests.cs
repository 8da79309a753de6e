using System.Collections.Concurrent;
using Npgsql;
using Stagedoor.Storage;
using Stagedoor.Storage.PostgreSql;
using Stagedoor.Testing;
using Stagedoor.Tracing.Store;
using Xunit;

namespace Stagedoor.Tracing.Tests.Store;

/// <summary>Two processes with one database, and a database that fails.</summary>
public sealed class SharedTraceStoreTests : IAsyncLifetime
{
    private readonly SharedStand _stand = new();
    private PostgreSqlEngine? _engine;
    private TracingDb? _db;
    private ITraceStore _other = null!;

    private ITraceStore Store => _stand.Store;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _stand.StartAsync();
        (_engine, _db, _other) = await _stand.OpenAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_engine is not null)
        {
            await _other.DisposeAsync();
            await _db!.DisposeAsync();
            await _engine.DisposeAsync();
        }

        await _stand.DisposeAsync();
    }

    [Fact]
    public async Task What_one_process_acknowledged_the_other_sees()
    {
        await Store.AppendAsync(Traffic.Request([new(7, 1) { Kind = Spans.SpanKind.Server }]), Cancellation);

        Assert.Single(await ReadAsync(_other, 7));
        await _other.AppendAsync(Traffic.Request([new(7, 2), new(7, 3) { Start = Traffic.Midnight - 1 }]), Cancellation);
        Assert.Equal(3, (await ReadAsync(Store, 7)).Length);
        Assert.Equal(["cart"], await _other.ServicesAsync(Traffic.Project, Cancellation));
        Assert.Single((await Store.SearchAsync(new() { Project = Traffic.Project }, Cancellation)).Rows);
    }

    [Fact]
    public async Task The_same_bytes_to_two_processes_at_once_are_kept_once()
    {
        for (var i = 1; i <= 40; i++)
        {
            var number = i;
            SpanAppend Same() => Traffic.Request([new((UInt128)number, 1)], digest: Traffic.DigestOf(number));

            var outcomes = await Task.WhenAll(Store.AppendAsync(Same(), Cancellation), _other.AppendAsync(Same(), Cancellation), _other.AppendAsync(Same(), Cancellation));

            Assert.Single(outcomes, AppendOutcome.Kept);
        }

        await Store.UpkeepAsync(Cancellation);
        Assert.Equal(40, Store.Facts.SpansStored);
    }

    [Fact]
    public async Task A_day_is_made_once_by_two_that_need_it_at_once()
    {
        for (var day = 1; day <= 20; day++)
        {
            var at = Traffic.Noon.AddDays(day);
            SpanAppend Of(ulong id) => Traffic.Request([new((UInt128)day, id) { Start = Traffic.Midnight + ((ulong)day * 86_400 * Traffic.Second) }], at: at);

            await Task.WhenAll(Store.AppendAsync(Of(1), Cancellation), _other.AppendAsync(Of(2), Cancellation));

            Assert.Equal(2, (await ReadAsync(Store, (UInt128)day)).Length);
        }
    }

    [Fact]
    public async Task While_blocks_are_merged_each_span_is_seen_once()
    {
        var kept = new ConcurrentBag<UInt128>();
        using var enough = new CancellationTokenSource();
        var writing = Task.Run(
            async () =>
            {
                for (var i = 1; i <= 300; i++)
                {
                    await (i % 2 == 0 ? Store : _other).AppendAsync(Traffic.Request([new((UInt128)i, 1), new(9999, (ulong)i)]), Cancellation);
                    kept.Add((UInt128)i);
                }

                await enough.CancelAsync();
            },
            Cancellation);
        var merging = Task.WhenAll(new[] { Store, _other }.Select(store => Task.Run(
            async () =>
            {
                while (!enough.IsCancellationRequested)
                {
                    await store.UpkeepAsync(Cancellation);
                }
            },
            Cancellation)));
        while (!enough.IsCancellationRequested)
        {
            var before = kept.Count;
            Assert.InRange((await ReadAsync(_other, 9999)).Length, before, 300);
            var found = await Store.SearchAsync(new() { Project = Traffic.Project, Limit = 1000 }, Cancellation);
            Assert.False(found.IsPartial);
            Assert.InRange(found.Rows.Count, before, 301);
        }

        await Task.WhenAll(writing, merging);
        await Store.UpkeepAsync(Cancellation);
        Assert.Equal(300, (await ReadAsync(_other, 9999)).Length);
        Assert.Equal(600, Store.Facts.SpansStored);
        Assert.InRange(Store.Facts.Blocks, 1, 20);
        Assert.Equal("300", Assert.Single(await _stand.Database.QueryAsync("SELECT COUNT(DISTINCT hash) - 1 FROM tracing.span_trace_20260302")));
    }

    [Fact]
    public async Task However_many_small_blocks_there_are_one_pass_merges_them()
    {
        for (var i = 1; i <= 400; i++)
        {
            await Store.AppendAsync(Traffic.Request([.. Enumerable.Range(1, 40).Select(n => new Sent((UInt128)i, (ulong)n))]), Cancellation);
        }

        await Store.UpkeepAsync(Cancellation);

        Assert.Equal((80L, 16_000L), (Store.Facts.Blocks, Store.Facts.SpansStored));
        Assert.Equal(40, (await ReadAsync(_other, 400)).Length);
    }

    [Fact]
    public async Task A_day_is_dropped_beside_those_who_read_and_write_it()
    {
        await Store.AppendAsync(Traffic.Request([new(1, 1), new(1, 2) { Start = Traffic.Midnight + (86_400 * Traffic.Second) }]), Cancellation);
        using var enough = new CancellationTokenSource();
        var busy = Task.WhenAll(Enumerable.Range(0, 4).Select(n => Task.Run(
            async () =>
            {
                for (var i = 1; !enough.IsCancellationRequested; i++)
                {
                    Assert.InRange((await ReadAsync(_other, 1)).Length, 1, 2);
                    Assert.NotEmpty((await _other.SearchAsync(new() { Project = Traffic.Project }, Cancellation)).Rows);
                    await _other.AppendAsync(Traffic.Request([new((UInt128)((n * 100_000) + i + 10), 1)]), Cancellation);
                }
            },
            Cancellation)));

        await Store.DropBeforeAsync(new(2026, 3, 3), Cancellation);
        Assert.Single(await ReadAsync(Store, 1));
        await enough.CancelAsync();
        await busy;

        // What was written meanwhile has made it again; it goes with the next time.
        await Store.DropBeforeAsync(new(2026, 3, 3), Cancellation);
        Assert.Equal(["20515"], await _stand.Database.QueryAsync("SELECT day FROM tracing.span_day"));
        Assert.Single(await ReadAsync(_other, 1));
        Assert.Empty(await _stand.Database.QueryAsync("SELECT tablename FROM pg_tables WHERE tablename LIKE 'span%20260302'"));
    }

    [Fact]
    public async Task The_first_load_of_a_day_is_counted_for_the_planner()
    {
        await Store.AppendAsync(Traffic.Request(Enumerable.Range(1, 100).Select(static i => new Sent((UInt128)i, 1))), Cancellation);

        await Eventually.TrueAsync("it is counted", TimeSpan.FromSeconds(30), async () => await CountedAsync() is ["100"]);
    }

    [Fact]
    public async Task What_is_committed_is_acknowledged_before_it_is_counted_for_the_planner_and_whether_or_not_that_fails()
    {
        var server = new NpgsqlConnectionStringBuilder(_stand.Database.ConnectionString);
        await using var link = new FaultyLink(server.Host!, server.Port);
        (server.Host, server.Port) = ("127.0.0.1", link.Port);
        var (engine, db, store) = await _stand.OpenAsync(connectionString: server.ToString());
        await Store.AppendAsync(Traffic.Request([new(1, 1)], digest: 1), Cancellation);
        await Eventually.TrueAsync("the day is there and counted", TimeSpan.FromSeconds(30), async () => await CountedAsync() is ["1"]);
        await using var holder = new NpgsqlConnection(_stand.Database.ConnectionString);
        await holder.OpenAsync(Cancellation);
        await using var transaction = await holder.BeginTransactionAsync(Cancellation);
        await using (var hold = new NpgsqlCommand("LOCK TABLE tracing.span_block_20260302 IN SHARE UPDATE EXCLUSIVE MODE", holder, transaction))
        {
            await hold.ExecuteNonQueryAsync(Cancellation);
        }

        // The first that this process has of the day, which it counts therefore, and cannot.
        Assert.Equal(AppendOutcome.Kept, await store.AppendAsync(Traffic.Request([new(2, 1)], digest: 2), Cancellation).WaitAsync(TimeSpan.FromSeconds(30), Cancellation));
        await Eventually.TrueAsync("counting waits", TimeSpan.FromSeconds(30), async () =>
            await _stand.Database.QueryAsync("SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'ANALYZE%' AND wait_event_type = 'Lock'") is ["1"]);
        link.Cut();
        link.Mend();
        await transaction.RollbackAsync(Cancellation);
        Assert.Equal(AppendOutcome.Repeated, await store.AppendAsync(Traffic.Request([new(2, 1)], digest: 2), Cancellation));
        Assert.Single(await ReadAsync(Store, 2));
        Assert.Empty(store.Facts.Problems);
        await store.DisposeAsync();
        await db.DisposeAsync();
        await engine.DisposeAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_database_that_is_gone_or_silent_refuses_soon_loses_nothing_and_heals(bool isSilent)
    {
        var server = new NpgsqlConnectionStringBuilder(_stand.Database.ConnectionString);
        await using var link = new FaultyLink(server.Host!, server.Port);
        var (engine, db, store) = await _stand.OpenAsync(
            new() { Patience = TimeSpan.FromSeconds(1) }, new NpgsqlConnectionStringBuilder(server.ToString()) { Host = "127.0.0.1", Port = link.Port }.ToString());
        await store.AppendAsync(Traffic.Request([new(1, 1)], digest: 1), Cancellation);
        await store.PinAsync(Traffic.Project, 5, Cancellation);

        if (isSilent)
        {
            link.Silence();
        }
        else
        {
            link.Cut();
        }

        var began = TimeProvider.System.GetTimestamp();
        for (var i = 0; i < 2; i++)
        {
            var write = await Assert.ThrowsAsync<StorageException>(() => store.AppendAsync(Traffic.Request([new(2, 1)], digest: 2), Cancellation));
            var read = await Assert.ThrowsAsync<StorageException>(() => store.FindTraceAsync(Traffic.Project, 1, Cancellation));
            var search = isSilent ? read : await Assert.ThrowsAsync<StorageException>(() => store.SearchAsync(new() { Project = Traffic.Project }, Cancellation));
            Assert.All([write, read, search], static e => Assert.Equal(StorageFault.Unavailable, e.Fault));
        }

        Assert.InRange(TimeProvider.System.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromSeconds(25));
        Assert.NotEmpty(store.Facts.Problems);
        link.Mend();
        await Eventually.TrueAsync(
            "it takes spans again",
            TimeSpan.FromSeconds(60),
            async () =>
            {
                try
                {
                    await store.AppendAsync(Traffic.Request([new(2, 1)], digest: 2), Cancellation);
                    return true;
                }
                catch (StorageException)
                {
                    return false;
                }
            });
        Assert.Single(await ReadAsync(store, 1));
        Assert.Single(await ReadAsync(Store, 2));
        Assert.Empty(store.Facts.Problems);
        await store.DisposeAsync();
        await db.DisposeAsync();
        await engine.DisposeAsync();
    }

    [Theory]
    [InlineData(200)]
    [InlineData(-100)]
    public async Task A_damaged_block_is_told_and_the_others_answer(int at)
    {
        await Store.AppendAsync(Traffic.Request(Enumerable.Range(1, 50).Select(static i => new Sent(1, (ulong)i))), Cancellation);
        await Store.AppendAsync(Traffic.Request([new(2, 1)]), Cancellation);
        await _stand.Database.QueryAsync(
            $"UPDATE tracing.span_block_20260302 SET data = set_byte(data, p, 255 - get_byte(data, p)) FROM (SELECT id AS i, CASE WHEN {at} < 0 THEN length(data) + {at} ELSE {at} END AS p FROM tracing.span_block_20260302 ORDER BY id LIMIT 1) AS first WHERE id = i");

        var refused = await Assert.ThrowsAsync<StorageException>(() => _other.FindTraceAsync(Traffic.Project, 1, Cancellation));

        Assert.Equal(StorageFault.Corrupt, refused.Fault);
        Assert.Contains("is damaged", Assert.Single(_other.Facts.Problems), StringComparison.Ordinal);
        Assert.Single(await ReadAsync(_other, 2));
        var found = await _other.SearchAsync(new() { Project = Traffic.Project }, Cancellation);
        Assert.True(found.IsPartial);
        Assert.Single(found.Rows);
        await _other.UpkeepAsync(Cancellation);
    }

    [Fact]
    public async Task A_start_in_a_far_year_makes_no_table_of_its_own()
    {
        await Store.AppendAsync(Traffic.Request([new(1, 1) { Start = ulong.MaxValue - 5, Duration = 1 }, new(1, 2) { Start = 5 }]), Cancellation);

        Assert.Equal(2, (await ReadAsync(_other, 1)).Length);
        Assert.Equal(["20114", "20515"], await _stand.Database.QueryAsync("SELECT day FROM tracing.span_day ORDER BY day"));
    }

    private Task<IReadOnlyList<string>> CountedAsync() => _stand.Database.QueryAsync("SELECT reltuples FROM pg_class WHERE relname = 'span_trace_20260302'");

    private static async Task<string[]> ReadAsync(ITraceStore store, UInt128 traceId) =>
        Traffic.Describe((await store.FindTraceAsync(Traffic.Project, traceId, Cancellation))?.Spans ?? new(new([])));
}
