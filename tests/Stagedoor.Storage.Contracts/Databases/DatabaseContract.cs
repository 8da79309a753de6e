using Xunit;

namespace Stagedoor.Storage.Contracts.Databases;

/// <summary>What every database engine keeps to. An engine's tests are a subclass.</summary>
public abstract class DatabaseContract : IAsyncLifetime
{
    private DatabaseFixture? _fixture;
    private Db? _db;

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    protected DatabaseFixture Fixture => _fixture!;

    protected Db Db => _db!;

    public virtual async ValueTask InitializeAsync()
    {
        _fixture = await CreateAsync();
        _db = _fixture.Open();
        await _db.ExecuteAsync(
            "CREATE TABLE item (id TEXT PRIMARY KEY, created_at BIGINT NOT NULL, amount BIGINT, note_text TEXT)", null, Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_db is not null)
        {
            await _db.DisposeAsync();
        }

        if (_fixture is not null)
        {
            await _fixture.DisposeAsync();
        }
    }

    [Fact]
    public virtual async Task Its_clock_shows_the_time()
    {
        var (before, after) = (TimeProvider.System.GetUtcNow().AddMinutes(-1), TimeProvider.System.GetUtcNow().AddMinutes(1));

        Assert.InRange(await Db.ReadClockAsync(Cancellation), before.ToUnixTimeMilliseconds(), after.ToUnixTimeMilliseconds());
        await Db.ExecuteAsync($"INSERT INTO item (id, created_at) VALUES ('a', {Db.Now})", null, Cancellation);
        Assert.Equal(1, await Db.ExecuteAsync($"DELETE FROM item WHERE created_at <= {Db.Now}", null, Cancellation));
    }

    [Fact]
    public virtual async Task Reads_of_one_moment_do_not_see_what_comes_between_them()
    {
        await Db.ExecuteAsync("INSERT INTO item (id, created_at) VALUES ('a', 1)", null, Cancellation);

        var seen = await Db.ReadMomentAsync(
            async session =>
            {
                var before = await session.FindAsync<long>("SELECT COUNT(*) FROM item");
                await Db.ExecuteAsync("INSERT INTO item (id, created_at) VALUES ('b', 2)", null, Cancellation);
                return (before, await session.FindAsync<long>("SELECT COUNT(*) FROM item"));
            },
            Cancellation);

        Assert.Equal((1, 1), seen);
        await Assert.ThrowsAsync<InvalidOperationException>(() => Db.ReadMomentAsync<int>(static _ => throw new InvalidOperationException(), Cancellation));
        Assert.Equal(2, await Db.ReadMomentAsync(static session => session.FindAsync<long>("SELECT COUNT(*) FROM item"), Cancellation));
        Assert.Equal(2, await Db.FindAsync<long>("SELECT COUNT(*) FROM item", null, Cancellation));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public virtual async Task What_is_old_goes_by_the_clock_that_is_behind(int days)
    {
        var clock = new ShiftedClock(TimeSpan.FromDays(days));

        var earlier = await Db.ReadEarlierClockAsync(clock, Cancellation);

        Assert.InRange(earlier - TimeProvider.System.GetUtcNow(), TimeSpan.FromDays(Math.Min(days, 0)) - TimeSpan.FromMinutes(1), TimeSpan.FromDays(Math.Min(days, 0)) + TimeSpan.FromMinutes(1));
    }

    private sealed class ShiftedClock(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + by;
    }

    [Fact]
    public virtual async Task What_is_for_after_the_commit_is_done_then_and_never_where_there_is_none()
    {
        var heard = new List<string>();
        await Db.TransactAsync(
            async session =>
            {
                session.AfterCommit(() => heard.Add("kept"));
                Assert.Empty(heard);
                return await session.ExecuteAsync("INSERT INTO item (id, created_at) VALUES ('told', 1)");
            },
            Cancellation);
        await Assert.ThrowsAnyAsync<Exception>(() => Db.TransactAsync<int>(
            session =>
            {
                session.AfterCommit(() => heard.Add("undone"));
                throw new InvalidDataException("no");
            },
            Cancellation));
        await Assert.ThrowsAsync<InvalidOperationException>(() => Db.ReadAsync(
            session =>
            {
                session.AfterCommit(() => heard.Add("read"));
                return Task.FromResult(0);
            },
            Cancellation));

        Assert.Equal(["kept"], heard);
    }

    [Fact]
    public virtual async Task What_was_written_to_exists() => Assert.True(await Db.ExistsAsync(Cancellation));

    [Fact]
    public virtual async Task A_database_is_marked_once()
    {
        Assert.Null(await Installations.FindAsync(Db, Cancellation));

        Assert.Equal(new("first", 0), await Installations.MarkAsync(Db, "first", Cancellation));
        await Installations.SetEpochAsync(Db, 3, Cancellation);

        await using var other = Fixture.Open();
        Assert.Equal(new("first", 3), await Installations.MarkAsync(other, "second", Cancellation));
        Assert.Equal(new("first", 3), await Installations.FindAsync(other, Cancellation));
    }

    [Fact]
    public virtual async Task An_installation_remembers_its_parts()
    {
        await Installations.MarkAsync(Db, "first", Cancellation);
        await Installations.AddPartAsync(Db, "images", Cancellation);
        await Installations.AddPartAsync(Db, "images", Cancellation);
        await Installations.AddPartAsync(Db, "blobs", Cancellation);
        await Installations.RemovePartAsync(Db, "blobs", Cancellation);

        Assert.Equal(["images"], await Installations.ListPartsAsync(Db, Cancellation));
    }

    [Fact]
    public virtual async Task Examining_tells_what_a_database_holds()
    {
        Assert.Equal((false, false, null), Facts(await Installations.ExamineAsync(Db, "item", Cancellation)));
        await Db.ExecuteAsync("CREATE TABLE schema_migration (version BIGINT)", null, Cancellation);
        await Db.ExecuteAsync("INSERT INTO schema_migration (version) VALUES (1)", null, Cancellation);
        Assert.Equal((true, false, null), Facts(await Installations.ExamineAsync(Db, "item", Cancellation)));
        await AddAsync(Db, "a", 1);
        await Installations.MarkAsync(Db, "first", Cancellation);

        Assert.Equal((true, true, "first"), Facts(await Installations.ExamineAsync(Db, "item", Cancellation)));
        Assert.Equal((true, false, "first"), Facts(await Installations.ExamineAsync(Db, "nothing", Cancellation)));

        static (bool IsMade, bool HasContent, string? Id) Facts(DatabaseState state) => (state.IsMade, state.HasContent, state.Mark?.Id);
    }

    [Fact]
    public virtual async Task A_write_is_there_for_a_second_instance_when_its_task_completes()
    {
        await AddAsync(Db, "a", 1);

        await using var second = Fixture.Open();
        Assert.Equal(["a"], await IdsAsync(second));
    }

    [Fact]
    public virtual async Task A_write_is_there_after_the_database_was_closed_and_opened()
    {
        await using (var first = Fixture.Open())
        {
            await AddAsync(first, "a", 1);
        }

        await using var second = Fixture.Open();
        Assert.Equal(["a"], await IdsAsync(second));
    }

    [Fact]
    public virtual async Task A_read_sees_what_was_acknowledged_before_it()
    {
        for (var i = 0; i < 50; i++)
        {
            await AddAsync(Db, $"{i:00}", i);
            Assert.Equal(i + 1, await Db.FindAsync<long>("SELECT count(*) FROM item", null, Cancellation));
        }
    }

    [Fact]
    public virtual async Task A_transaction_that_throws_leaves_nothing()
    {
        var fault = await Assert.ThrowsAsync<InvalidDataException>(() => Db.TransactAsync<int>(
            async session =>
            {
                await InsertAsync(session, "a", 1);
                await InsertAsync(session, "b", 2);
                throw new InvalidDataException("changed my mind");
            },
            Cancellation));

        Assert.Equal("changed my mind", fault.Message);
        Assert.Empty(await IdsAsync(Db));
    }

    [Fact]
    public virtual async Task A_transaction_whose_last_statement_fails_leaves_nothing()
    {
        await AddAsync(Db, "taken", 1);

        await Assert.ThrowsAsync<StorageException>(() => Db.TransactAsync(
            async session =>
            {
                await InsertAsync(session, "a", 1);
                return await InsertAsync(session, "taken", 2);
            },
            Cancellation));

        Assert.Equal(["taken"], await IdsAsync(Db));
    }

    [Fact]
    public virtual async Task A_transaction_reads_its_own_changes()
    {
        var seen = await Db.TransactAsync(
            async session =>
            {
                await InsertAsync(session, "a", 1);
                return await session.FindAsync<long>("SELECT count(*) FROM item");
            },
            Cancellation);

        Assert.Equal(1, seen);
    }

    [Fact]
    public virtual async Task What_is_not_committed_is_not_read()
    {
        var written = NewSignal();
        var seen = NewSignal();
        var write = Db.TransactAsync(
            async session =>
            {
                await InsertAsync(session, "a", 1);
                written.TrySetResult();
                await seen.Task;
                return 0;
            },
            Cancellation);
        await written.Task.WithinAMinuteAsync("the insert");

        var before = await IdsAsync(Db);
        seen.SetResult();
        await write.WithinAMinuteAsync("the commit");

        Assert.Empty(before);
        Assert.Equal(["a"], await IdsAsync(Db));
    }

    [Fact]
    public virtual async Task A_failing_write_among_others_leaves_them()
    {
        var writes = Enumerable.Range(0, 40).Select(i => FaultAsync(() => Db.TransactAsync(
            async session =>
            {
                await InsertAsync(session, $"{i:00}", i);
                return i % 4 == 0 ? throw new InvalidDataException($"{i}") : i;
            },
            Cancellation))).ToList();

        var outcomes = await Task.WhenAll(writes).WithinAMinuteAsync("40 writes");

        Assert.Equal(10, outcomes.OfType<InvalidDataException>().Count());
        Assert.Equal(30, outcomes.Count(e => e is null));
        Assert.Equal([.. Enumerable.Range(0, 40).Where(i => i % 4 != 0).Select(i => $"{i:00}")], await IdsAsync(Db));
    }

    [Fact]
    public virtual async Task Sixty_four_writers_at_once_lose_nothing()
    {
        var writers = Enumerable.Range(0, 64).Select(async w =>
        {
            for (var i = 0; i < 8; i++)
            {
                await AddAsync(Db, $"{w:00}-{i}", i);
            }
        });

        await Task.WhenAll(writers).WithinAMinuteAsync("64 writers");

        Assert.Equal(64 * 8, await Db.FindAsync<long>("SELECT count(*) FROM item", null, Cancellation));
    }

    [Fact]
    public virtual async Task A_counter_loses_no_update_under_contention()
    {
        await AddAsync(Db, "counter", 0);
        await using var second = Fixture.Open();

        var raises = Enumerable.Range(0, 64).Select(async i =>
        {
            var db = i % 2 == 0 ? Db : second;
            for (var n = 0; n < 5; n++)
            {
                await db.ExecuteAsync("UPDATE item SET created_at = created_at + 1 WHERE id = 'counter'", null, Cancellation);
            }
        });
        await Task.WhenAll(raises).WithinAMinuteAsync("320 raises");

        Assert.Equal(320, await Db.FindAsync<long>("SELECT created_at FROM item WHERE id = 'counter'", null, Cancellation));
    }

    [Fact]
    public virtual async Task Of_many_who_take_the_same_name_one_gets_it()
    {
        const string Sql = "INSERT INTO item (id, created_at) VALUES ('name', @i) ON CONFLICT (id) DO NOTHING";

        var taken = await Task.WhenAll(Enumerable.Range(0, 32).Select(i => Db.ExecuteAsync(Sql, new { i = (long)i }, Cancellation)))
            .WithinAMinuteAsync("32 writers");

        Assert.Equal(1, taken.Sum());
    }

    [Fact]
    public virtual async Task A_cancelled_write_does_not_begin()
    {
        using var given = new CancellationTokenSource();
        await given.CancelAsync();
        var ran = false;

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Db.TransactAsync(
            session =>
            {
                ran = true;
                return Task.FromResult(0);
            },
            given.Token));

        Assert.False(ran);
    }

    [Fact]
    public virtual async Task A_cancelled_read_does_not_begin()
    {
        using var given = new CancellationTokenSource();
        await given.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Db.FindAsync<long>("SELECT 1", null, given.Token));
    }

    [Fact]
    public virtual async Task A_write_that_is_cancelled_while_it_waits_answers_at_once_and_leaves_nothing()
    {
        var begun = NewSignal();
        var end = NewSignal();
        using var given = new CancellationTokenSource();
        var first = Db.TransactAsync(
            async session =>
            {
                await InsertAsync(session, "same", 1);
                begun.TrySetResult();
                await end.Task;
                return 0;
            },
            Cancellation);
        await begun.Task.WithinAMinuteAsync("the first write");

        var waiting = Db.ExecuteAsync("INSERT INTO item (id, created_at) VALUES ('same', 2)", null, given.Token);
        await given.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WithinAMinuteAsync("the cancelled write"));
        Assert.False(first.IsCompleted);
        end.SetResult();
        await first.WithinAMinuteAsync("the first write");

        await AddAsync(Db, "later", 3);
        Assert.Equal(1, await Db.FindAsync<long>("SELECT created_at FROM item WHERE id = 'same'", null, Cancellation));
    }

    [Fact]
    public virtual async Task Work_that_gives_up_with_its_token_is_undone()
    {
        using var given = new CancellationTokenSource();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Db.TransactAsync(
            async session =>
            {
                await InsertAsync(session, "a", 1);
                await given.CancelAsync();
                return await session.ExecuteAsync("INSERT INTO item (id, created_at) VALUES ('b', 2)");
            },
            given.Token));

        await AddAsync(Db, "c", 3);
        Assert.Equal(["c"], await IdsAsync(Db));
    }

    [Fact]
    public virtual async Task A_swallowed_failure_is_never_acknowledged_as_kept()
    {
        await AddAsync(Db, "taken", 1);

        var fault = await Record.ExceptionAsync(() => Db.TransactAsync(
            async session =>
            {
                await InsertAsync(session, "a", 1);
                await Record.ExceptionAsync(() => InsertAsync(session, "taken", 2));
                return 0;
            },
            Cancellation));

        Assert.Equal(fault is null ? ["a", "taken"] : ["taken"], await IdsAsync(Db));
    }

    [Fact]
    public virtual async Task A_write_inside_a_write_is_refused()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(() => Db.TransactAsync(
            session => Db.ExecuteAsync("INSERT INTO item (id, created_at) VALUES ('a', 1)", null, Cancellation),
            Cancellation).WithinAMinuteAsync("the nested write"));

        await AddAsync(Db, "b", 2);
        Assert.Equal(["b"], await IdsAsync(Db));
    }

    [Fact]
    public virtual async Task A_task_that_a_write_began_may_write_when_that_one_is_over()
    {
        var over = NewSignal();
        Task? later = null;
        await Db.TransactAsync(
            session =>
            {
                later ??= Task.Run(
                    async () =>
                    {
                        await over.Task;
                        await AddAsync(Db, "later", 1);
                    },
                    Cancellation);
                return Task.FromResult(0);
            },
            Cancellation);

        over.SetResult();
        await later!.WithinAMinuteAsync("the later write");

        Assert.Equal(["later"], await IdsAsync(Db));
    }

    [Fact]
    public virtual async Task A_write_may_follow_a_write()
    {
        await AddAsync(Db, "a", 1);
        await Db.TransactAsync(session => InsertAsync(session, "b", 2), Cancellation);
        await AddAsync(Db, "c", 3);

        Assert.Equal(["a", "b", "c"], await IdsAsync(Db));
    }

    [Fact]
    public virtual async Task Work_runs_with_the_ambient_values_of_its_caller()
    {
        var ambient = new AsyncLocal<string?> { Value = "mine" };

        var seen = await Db.TransactAsync(session => Task.FromResult(ambient.Value), Cancellation);

        Assert.Equal("mine", seen);
    }

    [Theory]
    [InlineData("组织 · 镜像")]
    [InlineData("naïve 🦀 ﷽ \u202Eabc")]
    [InlineData("it's \"quoted\" \\ %s @id $1; DROP TABLE item; --")]
    [InlineData("line\r\nline\ttab")]
    [InlineData("")]
    public virtual async Task Text_comes_back_as_it_went_in(string text)
    {
        await Db.ExecuteAsync("INSERT INTO item (id, created_at, note_text) VALUES (@text, 1, @text)", new { text }, Cancellation);

        var row = await Db.FindAsync<Note>("SELECT id, note_text FROM item WHERE id = @text", new { text }, Cancellation);

        Assert.Equal(new Note(text, text), row);
    }

    [Fact]
    public virtual async Task Two_million_characters_come_back()
    {
        var text = string.Concat(Enumerable.Range(0, 250_000).Select(i => $"{i % 10_000_000:0000000}界"));

        await Db.ExecuteAsync("INSERT INTO item (id, created_at, note_text) VALUES ('long', 1, @text)", new { text }, Cancellation);

        Assert.Equal(text, await Db.FindAsync<string>("SELECT note_text FROM item WHERE id = 'long'", null, Cancellation));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(1_700_000_000_000)]
    [InlineData(long.MaxValue)]
    [InlineData(long.MinValue)]
    public virtual async Task A_big_integer_comes_back_in_a_record(long number)
    {
        await AddAsync(Db, "a", number);

        Assert.Equal(new Row("a", number), await Db.FindAsync<Row>("SELECT id, created_at FROM item", null, Cancellation));
    }

    [Theory]
    [InlineData(null, 7L)]
    [InlineData(7L, null)]
    public virtual async Task Nulls_come_back_as_nulls_in_whatever_row_they_are(long? first, long? second)
    {
        const string Sql = "INSERT INTO item (id, created_at, amount, note_text) VALUES (@id, 1, @amount, @noteText)";
        await Db.ExecuteAsync(Sql, new { id = "a", amount = first, noteText = first?.ToString("X", null) }, Cancellation);
        await Db.ExecuteAsync(Sql, new { id = "b", amount = second, noteText = second?.ToString("X", null) }, Cancellation);

        var rows = await Db.QueryAsync<Counted>("SELECT id, amount, note_text FROM item ORDER BY id", null, Cancellation);

        Assert.Equal([new("a", first, first?.ToString("X", null)), new Counted("b", second, second?.ToString("X", null))], rows);
    }

    [Fact]
    public virtual async Task A_row_that_is_not_there_is_the_default()
    {
        Assert.Null(await Db.FindAsync<Row>("SELECT id, created_at FROM item WHERE id = 'none'", null, Cancellation));
        Assert.Null(await Db.FindAsync<long?>("SELECT created_at FROM item WHERE id = 'none'", null, Cancellation));
        Assert.Empty(await Db.QueryAsync<Row>("SELECT id, created_at FROM item", null, Cancellation));
    }

    [Fact]
    public virtual async Task Returning_and_upserts_work()
    {
        const string Sql = """
            INSERT INTO item (id, created_at) VALUES ('a', @at)
            ON CONFLICT (id) DO UPDATE SET created_at = item.created_at + excluded.created_at
            RETURNING created_at
            """;

        var first = await Db.TransactAsync(session => session.FindAsync<long>(Sql, new { at = 5L }), Cancellation);
        var second = await Db.TransactAsync(session => session.FindAsync<long>(Sql, new { at = 5L }), Cancellation);

        Assert.Equal((5, 10), (first, second));
    }

    [Fact]
    public virtual async Task A_missing_table_is_a_failed_database()
    {
        var fault = await Assert.ThrowsAsync<StorageException>(() => Db.QueryAsync<long>("SELECT id FROM absent", null, Cancellation));

        Assert.Equal((StorageSource.Database, StorageFault.Failed), (fault.Store, fault.Fault));
        Assert.Contains(Db.Location, fault.Message, StringComparison.Ordinal);
        Assert.Contains("absent", fault.Message, StringComparison.Ordinal);
        Assert.Equal("SELECT absent", fault.Statement);
    }

    [Fact]
    public virtual async Task A_broken_rule_is_a_failed_database_in_a_write_too()
    {
        await AddAsync(Db, "a", 1);

        var fault = await Assert.ThrowsAsync<StorageException>(() => AddAsync(Db, "a", 1));

        Assert.Equal((StorageSource.Database, StorageFault.Failed), (fault.Store, fault.Fault));
        Assert.Equal("INSERT item", fault.Statement);
    }

    [Fact]
    public virtual void An_exception_of_the_caller_is_no_storage_fault() => Assert.Null(Translate(new InvalidDataException("mine")));

    [Fact]
    public virtual async Task The_check_passes()
    {
        await Db.CheckAsync(Cancellation);
    }

    [Fact]
    public virtual async Task The_check_of_writing_passes_and_leaves_nothing()
    {
        await using var second = Fixture.Open();

        await Db.CheckWritableAsync(Cancellation);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => (i % 2 == 0 ? Db : second).CheckWritableAsync(Cancellation)));

        await Assert.ThrowsAsync<StorageException>(() => Db.QueryAsync<long>("SELECT id FROM write_check", null, Cancellation));
    }

    [Fact]
    public virtual async Task It_goes_on_without_a_new_instance_when_the_database_was_dead_and_is_back()
    {
        await AddAsync(Db, "before", 1);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => IdsAsync(Db)));

        await Fixture.BreakAsync();
        await Fixture.MendAsync();

        await AddAsync(Db, "after", 2);
        Assert.Equal(["after", "before"], await IdsAsync(Db));
        var reads = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => IdsAsync(Db)));
        Assert.All(reads, ids => Assert.Equal(2, ids.Count));
    }

    [Fact]
    public virtual async Task A_read_that_loses_its_connection_fails_or_runs_once_more_from_its_beginning()
    {
        await AddAsync(Db, "a", 1);
        var runs = 0;

        var fault = await FaultAsync(async () =>
        {
            var seen = await Db.ReadAsync(
                async session =>
                {
                    var first = await session.FindAsync<long>("SELECT count(*) FROM item");
                    if (++runs == 1)
                    {
                        await Fixture.BreakAsync();
                    }

                    return (Run: runs, Count: first + await session.FindAsync<long>("SELECT count(*) FROM item"));
                },
                Cancellation).WithinAMinuteAsync("the read");
            Assert.Equal((runs, 2), seen);
        });
        await Fixture.MendAsync();

        Assert.True(fault is null or StorageException, $"{fault}");
        Assert.InRange(runs, 1, 2);
        Assert.Equal(["a"], await IdsAsync(Db));
    }

    [Fact]
    public virtual async Task A_write_that_loses_its_connection_before_the_commit_fails_or_is_kept_once()
    {
        await AddAsync(Db, "counter", 0);
        var runs = 0;

        var fault = await FaultAsync(() => Db.TransactAsync(
            async session =>
            {
                await session.ExecuteAsync("UPDATE item SET created_at = created_at + 1 WHERE id = 'counter'");
                if (++runs == 1)
                {
                    await Fixture.BreakAsync();
                }

                return await session.FindAsync<long>("SELECT count(*) FROM item");
            },
            Cancellation).WithinAMinuteAsync("the write"));
        await Fixture.MendAsync();

        Assert.True(fault is null or StorageException, $"{fault}");
        Assert.InRange(runs, 1, 2);
        Assert.Equal(fault is null ? 1 : 0, await Db.FindAsync<long>("SELECT created_at FROM item WHERE id = 'counter'", null, Cancellation));
    }

    [Fact]
    public virtual async Task A_lock_keeps_another_instance_out_until_it_is_released()
    {
        await using var second = Fixture.Open();
        var first = await Db.LockAsync("upkeep", Cancellation);

        var waiting = second.LockAsync("upkeep", Cancellation);
        await using (await second.LockAsync("other", Cancellation).WithinAMinuteAsync("a lock of another name"))
        {
            Assert.False(waiting.IsCompleted);
        }

        await first.DisposeAsync();
        await (await waiting.WithinAMinuteAsync("the released lock")).DisposeAsync();
    }

    [Fact]
    public virtual async Task A_lock_has_one_holder_at_a_time()
    {
        await using var second = Fixture.Open();
        var holders = 0;
        var most = 0;

        await Task.WhenAll(Enumerable.Range(0, 24).Select(async i =>
        {
            await using var held = await (i % 2 == 0 ? Db : second).LockAsync("upkeep", Cancellation);
            most = Math.Max(most, Interlocked.Increment(ref holders));
            await Task.Yield();
            Interlocked.Decrement(ref holders);
        })).WithinAMinuteAsync("24 turns");

        Assert.Equal(1, most);
    }

    [Fact]
    public virtual async Task Waiting_for_a_lock_can_be_cancelled()
    {
        await using var second = Fixture.Open();
        using var given = new CancellationTokenSource();
        await using (await Db.LockAsync("upkeep", Cancellation))
        {
            var waiting = second.LockAsync("upkeep", given.Token);
            await given.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WithinAMinuteAsync("the cancelled lock"));
        }

        await (await second.LockAsync("upkeep", Cancellation).WithinAMinuteAsync("the lock")).DisposeAsync();
    }

    [Fact]
    public virtual async Task Listening_lasts_until_it_is_cancelled()
    {
        var listening = NewSignal();
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var listener = Db.ListenAsync(listening.SetResult, static _ => { }, ended.Token);

        await listening.Task.WaitAsync(TimeSpan.FromSeconds(10), Cancellation);
        await Db.NotifyAsync("text", Cancellation);
        Assert.False(listener.IsCompleted);
        await ended.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => listener);
    }

    [Fact]
    public virtual async Task The_holder_of_a_lock_can_write()
    {
        await using var second = Fixture.Open();
        await using var held = await Db.LockAsync("upkeep", Cancellation);
        using var given = new CancellationTokenSource();
        var waiting = Enumerable.Range(0, 40).Select(_ => second.LockAsync("upkeep", given.Token)).ToList();

        await AddAsync(Db, "a", 1).WithinAMinuteAsync("the write");
        await AddAsync(second, "b", 2).WithinAMinuteAsync("the write of those who wait");

        await given.CancelAsync();
        Assert.All(await Task.WhenAll(waiting.Select(w => FaultAsync(() => w))), e => Assert.IsType<OperationCanceledException>(e, false));
    }

    [Fact]
    public virtual async Task After_closing_everything_fails_clearly()
    {
        var db = Fixture.Open();
        await db.CheckAsync(Cancellation);
        await db.DisposeAsync();
        await db.DisposeAsync();

        var write = await Assert.ThrowsAsync<StorageException>(() => AddAsync(db, "a", 1).WithinAMinuteAsync("the write"));
        var read = await Assert.ThrowsAsync<StorageException>(() => db.CheckAsync(Cancellation).WithinAMinuteAsync("the read"));

        Assert.Equal((StorageFault.Unavailable, StorageFault.Unavailable), (write.Fault, read.Fault));
        Assert.Contains("closed", write.Message, StringComparison.Ordinal);
        Assert.Contains("closed", read.Message, StringComparison.Ordinal);
    }

    [Fact]
    public virtual async Task Writes_that_wait_while_it_is_closed_are_all_answered()
    {
        var db = Fixture.Open();
        var writes = Enumerable.Range(0, 200).Select(i => FaultAsync(() => AddAsync(db, $"{i:000}", i))).ToList();

        await db.DisposeAsync();
        var outcomes = await Task.WhenAll(writes).WithinAMinuteAsync("200 writes");

        Assert.All(outcomes.Where(e => e is not null), e => Assert.IsType<StorageException>(e));
        Assert.Equal(outcomes.Count(e => e is null), (await IdsAsync(Db)).Count);
    }

    protected static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    protected static Task<Exception?> FaultAsync(Func<Task> work) => Record.ExceptionAsync(work).AsTask();

    protected static Task<int> AddAsync(Db db, string id, long createdAt) =>
        db.ExecuteAsync("INSERT INTO item (id, created_at) VALUES (@id, @createdAt)", new { id, createdAt }, Cancellation);

    protected static Task<int> InsertAsync(DbSession session, string id, long createdAt) =>
        session.ExecuteAsync("INSERT INTO item (id, created_at) VALUES (@id, @createdAt)", new { id, createdAt });

    protected static Task<IReadOnlyList<string>> IdsAsync(Db db) =>
        db.QueryAsync<string>("SELECT id FROM item ORDER BY id", null, Cancellation);

    /// <summary>The engine with a place of this test's own.</summary>
    protected abstract Task<DatabaseFixture> CreateAsync();

    /// <summary>What the engine makes of an exception.</summary>
    protected abstract StorageException? Translate(Exception exception);

    private sealed record Row(string Id, long CreatedAt);

    private sealed record Note(string Id, string NoteText);

    private sealed record Counted(string Id, long? Amount, string? NoteText);
}
