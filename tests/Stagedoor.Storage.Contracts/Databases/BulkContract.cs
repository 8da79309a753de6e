using Xunit;

namespace Stagedoor.Storage.Contracts.Databases;

/// <summary>What durability, many rows at once and long reads are on every engine.</summary>
public abstract class BulkContract : IAsyncLifetime
{
    private static readonly BulkTable s_span = new(
        "span",
        new("id", BulkType.Number),
        new("name", BulkType.Text),
        new("weight", BulkType.Real),
        new("data", BulkType.Bytes));

    private DatabaseFixture? _fixture;
    private Db? _db;

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    protected DatabaseFixture Fixture => _fixture!;

    protected Db Db => _db!;

    public virtual async ValueTask InitializeAsync()
    {
        _fixture = await CreateAsync();
        _db = _fixture.Open();
        var bytes = _db.Engine is "sqlite" ? "BLOB" : "BYTEA";
        await _db.ExecuteAsync(
            $"CREATE TABLE span (id BIGINT PRIMARY KEY, name TEXT NOT NULL, weight DOUBLE PRECISION, data {bytes})", null, Cancellation);
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

    [Theory]
    [InlineData(Durability.Full)]
    [InlineData(Durability.Normal)]
    public virtual async Task The_durability_that_was_asked_for_is_in_force(Durability durability)
    {
        await using var db = Fixture.Open(durability);
        var sql = db.Engine is "sqlite" ? "PRAGMA synchronous" : "SHOW synchronous_commit";

        var read = await db.FindAsync<string>(sql, null, Cancellation);
        var written = await db.TransactAsync(session => session.FindAsync<string>(sql), Cancellation);

        Assert.Equal(read, written);
        Assert.Equal((db.Engine, durability) switch
        {
            ("sqlite", Durability.Full) => "2",
            ("sqlite", _) => "1",
            (_, Durability.Full) => "on",
            _ => "off",
        }, written);
    }

    [Fact]
    public virtual async Task Both_durabilities_of_a_database_are_one_database()
    {
        await using var quick = Fixture.Open(Durability.Normal);
        await quick.ExecuteAsync("INSERT INTO span (id, name) VALUES (1, 'quick')", null, Cancellation);
        await Db.ExecuteAsync("INSERT INTO span (id, name) VALUES (2, 'safe')", null, Cancellation);

        Assert.Equal([1, 2], await IdsAsync(quick));
        Assert.Equal([1, 2], await IdsAsync(Db));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(10_000)]
    public virtual async Task All_rows_of_a_batch_are_there(int count)
    {
        var rows = Enumerable.Range(0, count).Select(i => Row(i)).ToList();

        Assert.Equal(count, await Db.BulkInsertAsync(s_span, rows, Cancellation));

        Assert.Equal(count, await Db.FindAsync<long>("SELECT COUNT(*) FROM span", null, Cancellation));
        Assert.Equal(count * (count - 1L) / 2, await Db.FindAsync<long>("SELECT CAST(COALESCE(SUM(id), 0) AS BIGINT) FROM span", null, Cancellation));
    }

    [Fact]
    public virtual async Task Values_come_back_as_they_went_in()
    {
        var bytes = Enumerable.Range(0, 256).Select(static i => (byte)i).ToArray();
        await Db.BulkInsertAsync(
            s_span,
            [
                [long.MinValue, "组织 🦀 'quoted' \\ \t\r\n", -0.5, bytes],
                [long.MaxValue, string.Empty, double.MaxValue, Array.Empty<byte>()],
                [0L, "null", null, null],
            ],
            Cancellation);

        var rows = await Db.QueryAsync<Span>("SELECT id, name, weight, data FROM span ORDER BY id", null, Cancellation);

        Assert.Equal([long.MinValue, 0, long.MaxValue], rows.Select(static r => r.Id));
        Assert.Equal(["组织 🦀 'quoted' \\ \t\r\n", "null", string.Empty], rows.Select(static r => r.Name));
        Assert.Equal([-0.5, null, double.MaxValue], rows.Select(static r => r.Weight));
        Assert.Equal([bytes, null, []], rows.Select(static r => r.Data));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0xD800)]
    [InlineData(0xDC00)]
    public virtual async Task A_text_that_cannot_be_stored_is_refused_before_anything_is_sent(int unit)
    {
        // An attribute cannot hold half a character either.
        var text = $"a{(char)unit}b";
        var rows = Enumerable.Range(0, 200).Select(i => Row(i)).ToList();
        rows[150][1] = text;

        var fault = await Db.TransactAsync(
            async session =>
            {
                var refused = await Assert.ThrowsAsync<StorageException>(() => session.BulkInsertAsync(s_span, rows));
                await session.BulkInsertAsync(s_span, [Row(1_000)]);
                return refused;
            },
            Cancellation);

        Assert.Equal((StorageSource.Database, StorageFault.Refused), (fault.Store, fault.Fault));
        Assert.Contains("Row 150", fault.Message, StringComparison.Ordinal);
        Assert.Contains("name", fault.Message, StringComparison.Ordinal);
        Assert.Equal([1_000], await IdsAsync(Db));
    }

    [Fact]
    public virtual async Task A_row_of_another_shape_is_refused_before_anything_is_sent()
    {
        object?[][] odd = [[1L, "a", 1.0], [1, "a", 1.0, null], ["1", "a", 1.0, null], [1L, 2L, 1.0, null], [1L, "a", 1L, null], [1L, "a", 1.0, "x"]];
        foreach (var row in odd)
        {
            var fault = await Assert.ThrowsAsync<ArgumentException>(() => Db.BulkInsertAsync(s_span, [Row(0), row], Cancellation));
            Assert.Contains("Row 1", fault.Message, StringComparison.Ordinal);
        }

        Assert.Empty(await IdsAsync(Db));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public virtual async Task A_batch_with_a_row_that_the_table_refuses_leaves_nothing(bool isNull)
    {
        await Db.ExecuteAsync("INSERT INTO span (id, name) VALUES (199, 'taken')", null, Cancellation);
        var rows = Enumerable.Range(0, 200).Select(i => Row(isNull ? i + 1_000 : i)).ToList();
        if (isNull)
        {
            rows[199][1] = null;
        }

        var fault = await Assert.ThrowsAsync<StorageException>(() => Db.BulkInsertAsync(s_span, rows, Cancellation));

        Assert.Equal(StorageFault.Failed, fault.Fault);
        Assert.Equal([199], await IdsAsync(Db));
    }

    [Fact]
    public virtual async Task A_batch_that_failed_leaves_nothing_when_its_caller_goes_on()
    {
        await Db.ExecuteAsync("INSERT INTO span (id, name) VALUES (199, 'taken')", null, Cancellation);

        var fault = await Record.ExceptionAsync(() => Db.TransactAsync(
            async session =>
            {
                await session.ExecuteAsync("INSERT INTO span (id, name) VALUES (5000, 'before')");
                await Record.ExceptionAsync(() => session.BulkInsertAsync(s_span, [.. Enumerable.Range(0, 200).Select(i => Row(i))]));
                return 0;
            },
            Cancellation));

        // PostgreSQL ends the transaction with the failure, SQLite lets it go on.
        Assert.Equal(fault is null ? [199, 5_000] : [199], await IdsAsync(Db));
    }

    [Fact]
    public virtual async Task A_batch_is_part_of_its_transaction()
    {
        await Assert.ThrowsAsync<InvalidDataException>(() => Db.TransactAsync<int>(
            async session =>
            {
                await session.BulkInsertAsync(s_span, [Row(1), Row(2)]);
                Assert.Equal(2, await session.FindAsync<long>("SELECT COUNT(*) FROM span"));
                throw new InvalidDataException("changed my mind");
            },
            Cancellation));

        Assert.Empty(await IdsAsync(Db));
    }

    [Fact]
    public virtual async Task A_cancelled_batch_leaves_nothing()
    {
        using var given = new CancellationTokenSource();
        await given.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Db.BulkInsertAsync(s_span, [Row(1)], given.Token));

        Assert.Empty(await IdsAsync(Db));
    }

    [Fact]
    public virtual async Task Batches_beside_each_other_lose_nothing()
    {
        await using var second = Fixture.Open();

        await Task.WhenAll(Enumerable.Range(0, 16).Select(b =>
            (b % 2 == 0 ? Db : second).BulkInsertAsync(s_span, [.. Enumerable.Range(b * 500, 500).Select(i => Row(i))], Cancellation)))
            .WithinAMinuteAsync("16 batches");

        Assert.Equal(8_000, await Db.FindAsync<long>("SELECT COUNT(DISTINCT id) FROM span", null, Cancellation));
    }

    [Theory]
    [InlineData("span; DROP TABLE span", "id")]
    [InlineData("span", "id)")]
    [InlineData("", "id")]
    [InlineData("Span", "id")]
    public virtual void A_name_that_is_none_is_refused(string table, string column) =>
        Assert.Throws<ArgumentException>(() => new BulkTable(table, new BulkColumn(column, BulkType.Text)));

    [Fact]
    public virtual async Task A_long_read_neither_holds_the_writer_nor_sees_what_it_writes()
    {
        await Db.BulkInsertAsync(s_span, [.. Enumerable.Range(0, 2_000).Select(i => Row(i))], Cancellation);
        var database = Fixture.OpenEngine().Open(Fixture.ModuleName);
        await using var owned = database;

        var seen = await database.ReadAsync(
            async connection =>
            {
                await using var command = connection.CreateCommand();
                command.CommandText = "SELECT id, name FROM span ORDER BY id";
                await using var reader = await command.ExecuteReaderAsync(Cancellation);
                Assert.True(await reader.ReadAsync(Cancellation));

                // The statement is open, and others write and read: through its own instance and through another.
                await database.WriteAsync((writing, transaction) => BulkAsync(database, writing, transaction, 2_000), Cancellation)
                    .WithinAMinuteAsync("a write beside the read");
                await Db.ExecuteAsync("DELETE FROM span WHERE id < 1000", null, Cancellation).WithinAMinuteAsync("a write of another instance");
                Assert.Equal(2_000, await Db.FindAsync<long>("SELECT COUNT(*) FROM span", null, Cancellation));
                var rows = 1;
                while (await reader.ReadAsync(Cancellation))
                {
                    rows++;
                }

                return rows;
            },
            Cancellation);

        Assert.Equal(2_000, seen);
    }

    [Fact]
    public virtual async Task A_long_write_does_not_hold_readers()
    {
        await Db.BulkInsertAsync(s_span, [.. Enumerable.Range(0, 100).Select(i => Row(i))], Cancellation);
        var (written, seen) = (NewSignal(), NewSignal());
        var write = Db.TransactAsync(
            async session =>
            {
                await session.BulkInsertAsync(s_span, [.. Enumerable.Range(100, 1_000).Select(i => Row(i))]);
                await session.ExecuteAsync("UPDATE span SET name = 'changed'");
                written.TrySetResult();
                await seen.Task;
                return 0;
            },
            Cancellation);
        await written.Task.WithinAMinuteAsync("the rows");

        var counts = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ =>
            Db.FindAsync<long>("SELECT COUNT(*) FROM span WHERE name <> 'changed'", null, Cancellation))).WithinAMinuteAsync("twelve readers");
        seen.SetResult();
        await write.WithinAMinuteAsync("the write");

        Assert.All(counts, static count => Assert.Equal(100, count));
    }

    /// <summary>The engine with a place of this test's own.</summary>
    protected abstract Task<DatabaseFixture> CreateAsync();

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static object?[] Row(int id) => [(long)id, $"span {id}", id / 2.0, new byte[] { 1, 2, 3, (byte)id }];

    private static async Task<int> BulkAsync(
        IDatabase database, System.Data.Common.DbConnection connection, System.Data.Common.DbTransaction transaction, int from)
    {
        await database.BulkInsertAsync(connection, transaction, s_span, [.. Enumerable.Range(from, 1_000).Select(i => Row(i))], Cancellation);
        return 0;
    }

    private static Task<IReadOnlyList<long>> IdsAsync(Db db) => db.QueryAsync<long>("SELECT id FROM span ORDER BY id", null, Cancellation);

    private sealed record Span(long Id, string Name, double? Weight, byte[]? Data);
}
