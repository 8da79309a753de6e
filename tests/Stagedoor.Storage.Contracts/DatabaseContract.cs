using System.Globalization;
using Xunit;

namespace Stagedoor.Storage.Contracts;

/// <summary>What every database engine promises. An engine that cannot do something overrides that test with a skip that says why.</summary>
public abstract class DatabaseContract : IAsyncLifetime
{
    private const string CreateItems = "CREATE TABLE item (id TEXT NOT NULL PRIMARY KEY, amount BIGINT NOT NULL)";
    private const string Insert = "INSERT INTO item (id, amount) VALUES (@id, @amount)";
    private readonly List<Db> _opened = [];

    protected Db Db { get; private set; } = null!;

    /// <summary>Opens the test's own database, each time anew and as another process would.</summary>
    protected abstract IDatabase Open();

    /// <summary>Takes the storage away for real; disposing the result brings it back.</summary>
    protected abstract Task<IAsyncDisposable> BreakAsync();

    public virtual async ValueTask InitializeAsync()
    {
        Db = OpenAnother();
        await Db.ExecuteAsync(CreateItems, null, Stop);
    }

    /// <summary>Closes what the test has opened; an engine's own removes what was stored, after that.</summary>
    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        foreach (var db in _opened)
        {
            await db.DisposeAsync();
        }
    }

    [Fact]
    public virtual async Task A_write_is_seen_by_the_next_read_and_by_another_process()
    {
        await AddAsync("one", 1);

        Assert.Equal(1, await CountAsync());
        Assert.Equal(1, await CountAsync(OpenAnother()));
    }

    [Fact]
    public virtual async Task What_was_acknowledged_is_there_after_closing_and_opening()
    {
        await Task.WhenAll(Enumerable.Range(0, 100).Select(i => AddAsync(Id(i), i)));

        await Db.DisposeAsync();

        Assert.Equal(100, await CountAsync(OpenAnother()));
    }

    [Fact]
    public virtual async Task Rows_changed_are_counted()
    {
        await AddAsync("one", 1);

        Assert.Equal(1, await Db.ExecuteAsync("UPDATE item SET amount = 2 WHERE id = 'one'", null, Stop));
        Assert.Equal(0, await Db.ExecuteAsync("UPDATE item SET amount = 2 WHERE id = 'two'", null, Stop));
    }

    [Fact]
    public virtual async Task An_upsert_decides_a_conflict_without_an_exception()
    {
        const string Sql = Insert + " ON CONFLICT (id) DO NOTHING";

        var changed = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Db.ExecuteAsync(Sql, new { id = "one", amount = 1L }, Stop)));

        Assert.Equal(1, changed.Sum());
    }

    [Fact]
    public virtual async Task Returning_answers_the_row_that_was_written()
    {
        var amount = await Db.TransactAsync(s => s.FindAsync<long>(Insert + " RETURNING amount", new { id = "one", amount = 7L }), Stop);

        Assert.Equal(7, amount);
    }

    [Fact]
    public virtual async Task A_row_that_is_missing_is_the_default()
    {
        Assert.Null(await Db.FindAsync<string>("SELECT id FROM item WHERE id = 'none'", null, Stop));
        Assert.Empty(await Db.QueryAsync<string>("SELECT id FROM item", null, Stop));
    }

    [Fact]
    public virtual async Task A_transaction_that_throws_leaves_nothing()
    {
        var thrown = await Assert.ThrowsAsync<FormatException>(() => Db.TransactAsync<int>(
            async session =>
            {
                await session.ExecuteAsync(Insert, new { id = "one", amount = 1L });
                throw new FormatException("not like this");
            },
            Stop));

        Assert.Equal("not like this", thrown.Message);
        Assert.Equal(0, await CountAsync());
    }

    [Fact]
    public virtual async Task A_transaction_sees_its_own_changes_and_others_do_not()
    {
        var inside = await Db.TransactAsync(
            async session =>
            {
                await session.ExecuteAsync(Insert, new { id = "one", amount = 1L });
                Assert.Equal(0, await CountAsync());
                return await session.FindAsync<long>("SELECT count(*) FROM item");
            },
            Stop);

        Assert.Equal(1, inside);
    }

    [Fact]
    public virtual async Task A_failing_statement_is_a_storage_fault()
    {
        var fault = await Assert.ThrowsAsync<StorageException>(() => Db.ExecuteAsync("INSERT INTO nowhere VALUES (1)", null, Stop));

        Assert.Equal(StorageSource.Database, fault.Store);
        Assert.Equal(StorageFault.Failed, fault.Fault);
        Assert.NotNull(fault.InnerException);
    }

    [Fact]
    public virtual async Task A_taken_key_is_a_storage_fault_and_the_next_write_is_none()
    {
        await AddAsync("one", 1);

        await Assert.ThrowsAsync<StorageException>(() => AddAsync("one", 2));
        await AddAsync("two", 2);

        Assert.Equal(2, await CountAsync());
    }

    [Fact]
    public virtual async Task One_that_fails_among_many_takes_none_with_it()
    {
        var writes = Enumerable.Range(0, 200).Select(async i =>
        {
            try
            {
                await AddAsync(i % 10 == 0 ? "taken" : Id(i), i);
                return 1;
            }
            catch (StorageException)
            {
                return 0;
            }
        });

        var stored = (await Task.WhenAll(writes)).Sum();

        Assert.Equal(181, stored);
        Assert.Equal(181, await CountAsync());
    }

    [Fact]
    public virtual async Task Sixty_four_writers_lose_no_update()
    {
        await AddAsync("counter", 0);

        await Task.WhenAll(Enumerable.Range(0, 64).Select(async _ =>
        {
            for (var i = 0; i < 5; i++)
            {
                await Db.ExecuteAsync("UPDATE item SET amount = amount + 1 WHERE id = 'counter'", null, Stop);
            }
        }));

        Assert.Equal(320, await AmountAsync("counter"));
    }

    [Fact]
    public virtual async Task Two_processes_that_write_lose_no_update()
    {
        await AddAsync("counter", 0);
        Db[] processes = [Db, OpenAnother()];

        await Task.WhenAll(Enumerable.Range(0, 100).Select(i =>
            processes[i % 2].ExecuteAsync("UPDATE item SET amount = amount + 1 WHERE id = 'counter'", null, Stop)));

        Assert.Equal(100, await AmountAsync("counter"));
    }

    [Fact]
    public virtual async Task Reads_go_on_while_a_write_is_open()
    {
        await AddAsync("one", 1);
        var writing = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var read = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var write = Db.TransactAsync(
            async session =>
            {
                await session.ExecuteAsync("UPDATE item SET amount = 2 WHERE id = 'one'");
                writing.SetResult();
                await read.Task;
                return true;
            },
            Stop);

        await writing.Task.SoonAsync("the write");
        var before = await AmountAsync("one").SoonAsync("a read beside a write");
        read.SetResult();
        await write.SoonAsync("the end of the write");

        Assert.Equal(1, before);
        Assert.Equal(2, await AmountAsync("one"));
    }

    [Fact]
    public virtual async Task Cancelled_before_it_began_nothing_is_written()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Db.ExecuteAsync(Insert, new { id = "one", amount = 1L }, cancelled.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Db.FindAsync<long>("SELECT count(*) FROM item", null, cancelled.Token));

        Assert.Equal(0, await CountAsync());
    }

    [Fact]
    public virtual async Task Cancelled_inside_nothing_is_kept()
    {
        using var cancelled = new CancellationTokenSource();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Db.TransactAsync(
            async session =>
            {
                await session.ExecuteAsync(Insert, new { id = "one", amount = 1L });
                await cancelled.CancelAsync();
                return await session.ExecuteAsync(Insert, new { id = "two", amount = 2L });
            },
            cancelled.Token));

        Assert.Equal(0, await CountAsync());
    }

    [Theory]
    [InlineData("组织 can't “quote” 😀")]
    [InlineData("")]
    [InlineData("'; DROP TABLE item; --")]
    public virtual async Task Text_comes_back_as_it_was(string text)
    {
        await AddAsync(text, 1);

        Assert.Equal(text, await Db.FindAsync<string>("SELECT id FROM item WHERE id = @text", new { text }, Stop));
    }

    [Fact]
    public virtual async Task Long_text_and_bytes_and_large_numbers_come_back()
    {
        await Db.ExecuteAsync("CREATE TABLE large (text TEXT NOT NULL, number BIGINT NOT NULL)", null, Stop);
        var text = new string('长', 1_000_000);

        await Db.ExecuteAsync("INSERT INTO large (text, number) VALUES (@text, @number)", new { text, number = long.MaxValue }, Stop);

        Assert.Equal(text, await Db.FindAsync<string>("SELECT text FROM large", null, Stop));
        Assert.Equal(long.MaxValue, await Db.FindAsync<long>("SELECT number FROM large", null, Stop));
    }

    [Fact]
    public virtual async Task A_table_taken_away_from_outside_is_a_fault_until_it_is_back()
    {
        await AddAsync("one", 1);
        var outside = OpenAnother();

        await outside.ExecuteAsync("ALTER TABLE item RENAME TO item_hidden", null, Stop);
        await Assert.ThrowsAsync<StorageException>(() => CountAsync());
        await Assert.ThrowsAsync<StorageException>(() => AddAsync("two", 2));
        await outside.ExecuteAsync("ALTER TABLE item_hidden RENAME TO item", null, Stop);
        await AddAsync("two", 2);

        Assert.Equal(2, await CountAsync());
    }

    [Fact]
    public virtual async Task Storage_that_is_gone_is_a_fault_until_it_is_back()
    {
        await AddAsync("one", 1);

        await using (await BreakAsync())
        {
            var write = await Assert.ThrowsAsync<StorageException>(() => AddAsync("lost", 1).SoonAsync("a fault of the write"));
            var read = await Assert.ThrowsAsync<StorageException>(() => CountAsync().SoonAsync("a fault of the read"));
            var check = await Assert.ThrowsAsync<StorageException>(() => Db.CheckAsync(Stop).SoonAsync("a fault of the check"));
            Assert.All([write, read, check], fault => Assert.Equal(StorageFault.Unavailable, fault.Fault));
        }

        await AddAsync("two", 2);
        Assert.Equal(["one", "two"], await Db.QueryAsync<string>("SELECT id FROM item ORDER BY id", null, Stop));
        await Db.CheckAsync(Stop);
    }

    [Fact]
    public virtual async Task Opening_what_is_not_there_is_no_fault_before_its_use()
    {
        await using (await BreakAsync())
        {
            var db = OpenAnother();

            Assert.NotEmpty(db.Location);
        }
    }

    [Fact]
    public virtual async Task A_lock_keeps_everybody_else_out()
    {
        var other = OpenAnother();
        var held = await Db.LockAsync("turns", Stop);

        var waiting = other.LockAsync("turns", Stop);
        await using (await other.LockAsync("another", Stop).SoonAsync("a lock of another name"))
        {
            Assert.False(waiting.IsCompleted);
        }

        await held.DisposeAsync();
        await (await waiting.SoonAsync("the lock")).DisposeAsync();
        await (await Db.LockAsync("turns", Stop).SoonAsync("the lock again")).DisposeAsync();
    }

    [Fact]
    public virtual async Task A_wait_for_a_lock_can_be_given_up()
    {
        using var cancelled = new CancellationTokenSource();
        await using var held = await Db.LockAsync("turns", Stop);

        var waiting = OpenAnother().LockAsync("turns", cancelled.Token);
        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.SoonAsync("the end of the wait"));
    }

    [Fact]
    public virtual async Task Only_one_holds_a_lock_at_a_time()
    {
        Db[] processes = [Db, OpenAnother(), OpenAnother()];
        var holders = 0;
        var most = 0;

        await Task.WhenAll(Enumerable.Range(0, 12).Select(async i =>
        {
            await using var held = await processes[i % 3].LockAsync("turns", Stop);
            most = Math.Max(most, Interlocked.Increment(ref holders));
            await Task.Yield();
            Interlocked.Decrement(ref holders);
        })).SoonAsync("every turn");

        Assert.Equal(1, most);
    }

    [Fact]
    public virtual async Task An_exception_that_is_not_the_engines_stays_what_it_is()
    {
        await Assert.ThrowsAsync<FileNotFoundException>(() => Db.ReadAsync<int>(_ => throw new FileNotFoundException(), Stop));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => Db.ReadAsync<int>(_ => throw new ObjectDisposedException("x"), Stop));
    }

    [Fact]
    public virtual async Task After_it_is_closed_it_says_so()
    {
        await Db.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => AddAsync("one", 1));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => CountAsync());
    }

    /// <summary>Another process's view of the same database; closed with the test.</summary>
    protected Db OpenAnother()
    {
        var db = new Db(Open());
        _opened.Add(db);
        return db;
    }

    protected Task<int> AddAsync(string id, long amount) => Db.ExecuteAsync(Insert, new { id, amount }, Stop);

    protected Task<long> CountAsync(Db? db = null) => (db ?? Db).FindAsync<long>("SELECT count(*) FROM item", null, Stop);

    protected Task<long> AmountAsync(string id) => Db.FindAsync<long>("SELECT amount FROM item WHERE id = @id", new { id }, Stop);

    protected static string Id(int number) => number.ToString("D4", CultureInfo.InvariantCulture);
}
