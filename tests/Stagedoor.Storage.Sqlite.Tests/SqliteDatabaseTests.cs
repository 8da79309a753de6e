using System.Diagnostics;
using Microsoft.Data.Sqlite;
using Stagedoor.Storage.Contracts.Databases;
using Xunit;

namespace Stagedoor.Storage.Sqlite.Tests;

public sealed class SqliteDatabaseTests : DatabaseContract
{
    private SqliteFixture Own => (SqliteFixture)Fixture;

    [Fact]
    public async Task While_the_folder_is_away_nothing_is_acknowledged()
    {
        await AddAsync(Db, "before", 1);
        await IdsAsync(Db);
        await Fixture.BreakAsync();

        var write = await Assert.ThrowsAsync<StorageException>(() => AddAsync(Db, "lost", 2));
        var read = await Assert.ThrowsAsync<StorageException>(() => IdsAsync(Db));
        var hold = await Assert.ThrowsAsync<StorageException>(() => Db.LockAsync("upkeep", Cancellation));
        await Fixture.MendAsync();

        Assert.All([write, read, hold], e => Assert.Equal((StorageSource.Database, StorageFault.Unavailable), (e.Store, e.Fault)));
        await AddAsync(Db, "after", 3);
        Assert.Equal(["after", "before"], await IdsAsync(Db));
    }

    [Fact]
    public async Task A_removed_file_is_a_fault_and_not_an_empty_database()
    {
        await AddAsync(Db, "a", 1);
        await IdsAsync(Db);
        foreach (var file in Directory.GetFiles(Own.Folder))
        {
            File.Delete(file);
        }

        var write = await Assert.ThrowsAsync<StorageException>(() => AddAsync(Db, "b", 2));
        var read = await Assert.ThrowsAsync<StorageException>(() => IdsAsync(Db));

        Assert.Equal((StorageFault.Unavailable, StorageFault.Unavailable), (write.Fault, read.Fault));
        Assert.False(File.Exists(Own.File));
    }

    [Fact]
    public async Task A_file_put_in_its_place_is_the_one_that_is_used_and_keeps_its_log()
    {
        await AddAsync(Db, "old", 1);
        await IdsAsync(Db);
        await Fixture.BreakAsync();
        Directory.CreateDirectory(Own.Folder);
        await using var second = Fixture.Open();
        await second.ExecuteAsync("CREATE TABLE item (id TEXT PRIMARY KEY, created_at BIGINT NOT NULL)", null, Cancellation);
        await AddAsync(second, "restored", 1);

        await AddAsync(Db, "new", 2);

        Assert.Equal(["new", "restored"], await IdsAsync(Db));
        await AddAsync(second, "other", 3);
        Assert.Equal(["new", "other", "restored"], await IdsAsync(Db));
        await using var third = Fixture.Open();
        Assert.Equal(["new", "other", "restored"], await IdsAsync(third));
    }

    [Theory]
    [InlineData("journal_mode", "wal")]
    [InlineData("synchronous", "2")]
    [InlineData("foreign_keys", "1")]
    public async Task Every_connection_is_set_up_whole(string setting, string value)
    {
        Assert.Equal(value, await Db.FindAsync<string>($"PRAGMA {setting}", null, Cancellation));
        Assert.Equal(value, await Db.TransactAsync(session => session.FindAsync<string>($"PRAGMA {setting}"), Cancellation));
    }

    [Fact]
    public async Task A_row_that_another_refers_to_is_not_deleted_silently()
    {
        await Db.ExecuteAsync("CREATE TABLE owner (id TEXT PRIMARY KEY)", null, Cancellation);
        await Db.ExecuteAsync("CREATE TABLE thing (owner TEXT NOT NULL REFERENCES owner (id))", null, Cancellation);
        await Db.ExecuteAsync("INSERT INTO owner (id) VALUES ('a')", null, Cancellation);
        await Db.ExecuteAsync("INSERT INTO thing (owner) VALUES ('a')", null, Cancellation);

        await Assert.ThrowsAsync<StorageException>(() => Db.ExecuteAsync("DELETE FROM owner", null, Cancellation));
        // The row comes before the check.
        await Assert.ThrowsAsync<StorageException>(() => Db.TransactAsync(session => session.FindAsync<string>("DELETE FROM owner RETURNING id"), Cancellation));

        Assert.Equal(1, await Db.FindAsync<long>("SELECT COUNT(*) FROM owner", null, Cancellation));
    }

    [Fact]
    public async Task A_write_that_fills_the_disk_fails_as_full_and_the_others_are_kept()
    {
        using var held = new HeldWriter(Db);
        await held.BegunAsync();
        var before = AddAsync(Db, "before", 1);
        var full = Db.TransactAsync(
            async session =>
            {
                await session.ExecuteAsync("PRAGMA max_page_count = 20");
                return await session.ExecuteAsync(
                    "INSERT INTO item (id, created_at, note_text) VALUES ('big', 1, @text)", new { text = new string('x', 1_000_000) });
            },
            Cancellation);
        var after = AddAsync(Db, "after", 2);

        await held.EndAsync();
        var fault = await Assert.ThrowsAsync<StorageException>(() => full.WithinAMinuteAsync("the big write"));
        await Task.WhenAll(before, after).WithinAMinuteAsync("the small writes");

        Assert.Equal(StorageFault.Full, fault.Fault);
        Assert.Equal(["after", "before", "held"], await IdsAsync(Db));
    }

    [Fact]
    public async Task A_commit_that_rolls_back_by_itself_says_why_and_says_it_once()
    {
        var log = new ListLogger();
        await using (var database = new SqliteEngine(Own.Folder, log).Open("module"))
        {
            for (var i = 0; i < 3; i++)
            {
                var fault = await Assert.ThrowsAsync<SqliteException>(() => database.WriteAsync(
                    async (connection, transaction) =>
                    {
                        // SQLite makes a rollback of the commit, as on a full disk.
                        SQLitePCL.raw.sqlite3_commit_hook(((SqliteConnection)connection).Handle, static _ => 1, null);
                        await using var command = connection.CreateCommand();
                        command.Transaction = transaction;
                        command.CommandText = "INSERT INTO item (id, created_at) VALUES ('refused', 1)";
                        return await command.ExecuteNonQueryAsync(Cancellation);
                    },
                    Cancellation).WithinAMinuteAsync("the refused commit"));
                Assert.Contains("constraint", fault.Message, StringComparison.Ordinal);
            }

            Assert.Equal(1, await database.WriteAsync((_, _) => Task.FromResult(1), Cancellation).WithinAMinuteAsync("the next write"));
        }

        Assert.Collection(
            log.Lines,
            l => Assert.Contains("a commit of 1 writes failed", l, StringComparison.Ordinal),
            l => Assert.Contains("2 more commits failed in the same way", l, StringComparison.Ordinal));
        Assert.All(log.Lines, l => Assert.Contains("constraint", l, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_commit_on_a_full_disk_says_full()
    {
        var folder = Directory.CreateTempSubdirectory("stagedoor-test-").FullName;
        var isMounted = Environment.UserName is "root" && await RunAsync("mount", "-t", "tmpfs", "-o", "size=1m", "stagedoor-test", folder) == 0;
        try
        {
            Assert.SkipUnless(isMounted, "A small file system cannot be mounted here.");
            var log = new ListLogger();
            await using (var db = new Db(new SqliteEngine(folder, log).Open("full")))
            {
                await db.ExecuteAsync("CREATE TABLE item (id TEXT PRIMARY KEY, note_text TEXT)", null, Cancellation);
                await File.WriteAllBytesAsync(Path.Combine(folder, "ballast"), new byte[new DriveInfo(folder).AvailableFreeSpace], Cancellation);

                // Small enough to wait for its commit in memory.
                var fault = await Assert.ThrowsAsync<StorageException>(() => db.ExecuteAsync(
                    "INSERT INTO item (id, note_text) VALUES ('a', @text)", new { text = new string('x', 100_000) }, Cancellation));

                Assert.Equal(StorageFault.Full, fault.Fault);
                Assert.All(log.Lines, l => Assert.Contains("Error 13", l, StringComparison.Ordinal));
                File.Delete(Path.Combine(folder, "ballast"));
                await db.ExecuteAsync("INSERT INTO item (id) VALUES ('b')", null, Cancellation);
            }
        }
        finally
        {
            if (isMounted)
            {
                Assert.Equal(0, await RunAsync("umount", folder));
            }

            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_trigger_that_rolls_everything_back_fails_its_own_write_only()
    {
        await Db.ExecuteAsync(
            "CREATE TRIGGER harsh BEFORE INSERT ON item WHEN NEW.id LIKE 'bad%' BEGIN SELECT RAISE(ROLLBACK, 'harsh'); END", null, Cancellation);
        using var held = new HeldWriter(Db);
        await held.BegunAsync();
        var writes = Enumerable.Range(0, 12).Select(i => FaultAsync(() => AddAsync(Db, i % 3 == 0 ? $"bad{i:00}" : $"good{i:00}", i)))
            .ToList();

        await held.EndAsync();
        var outcomes = await Task.WhenAll(writes).WithinAMinuteAsync("12 writes");

        Assert.Equal(4, outcomes.Count(e => e is StorageException { Fault: StorageFault.Failed } && e.Message.Contains("harsh", StringComparison.Ordinal)));
        Assert.Equal(8, outcomes.Count(e => e is null));
        Assert.Equal(9, (await IdsAsync(Db)).Count);
    }

    [Fact]
    public async Task Work_that_breaks_the_connection_does_not_end_the_writer()
    {
        await using var database = new SqliteEngine(Own.Folder, new FailingLogger()).Open("module");
        await Record.ExceptionAsync(() => database.WriteAsync(
            (connection, _) =>
            {
                connection.Dispose();
                return Task.FromResult(0);
            },
            Cancellation).WithinAMinuteAsync("the breaking write"));
        await Record.ExceptionAsync(() => database.WriteAsync(
            async (_, transaction) =>
            {
                await transaction.RollbackAsync(Cancellation);
                return 0;
            },
            Cancellation).WithinAMinuteAsync("the rollback"));

        var one = await database.WriteAsync((_, _) => Task.FromResult(1), Cancellation).WithinAMinuteAsync("the next write");

        Assert.Equal(1, one);
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_corrupt()
    {
        await using var db = new Db(new SqliteEngine(Own.Folder, new FailingLogger()).Open("other"));
        await File.WriteAllTextAsync(Path.Combine(Own.Folder, "other.db"), new string('x', 8_192), Cancellation);

        var write = await Assert.ThrowsAsync<StorageException>(() => AddAsync(db, "a", 1));
        var read = await Assert.ThrowsAsync<StorageException>(() => db.CheckAsync(Cancellation));

        Assert.Equal((StorageFault.Corrupt, StorageFault.Corrupt), (write.Fault, read.Fault));
    }

    [Fact]
    public async Task Looking_whether_a_file_is_there_makes_none()
    {
        await using var db = new Db(new SqliteEngine(Own.Folder, new FailingLogger()).Open("other"));

        Assert.False(await db.ExistsAsync(Cancellation));
        Assert.False((await Installations.ExamineAsync(db, "item", Cancellation)).IsMade);

        Assert.Empty(Directory.EnumerateFiles(Own.Folder, "other*"));
        await File.WriteAllBytesAsync(Path.Combine(Own.Folder, "other.db"), [], Cancellation);
        Assert.False(await db.ExistsAsync(Cancellation));
    }

    [Fact]
    public async Task A_write_inside_writes_of_two_databases_is_refused()
    {
        await using var other = new Db(new SqliteEngine(Own.Folder, new FailingLogger()).Open("other"));

        await Assert.ThrowsAsync<InvalidOperationException>(() => Db.TransactAsync(
            _ => other.TransactAsync(_ => AddAsync(Db, "a", 1), Cancellation), Cancellation).WithinAMinuteAsync("the nested write"));
    }

    [Fact]
    public async Task Many_writes_that_wait_together_are_one_commit()
    {
        using var held = new HeldWriter(Db);
        await held.BegunAsync();
        var writes = Enumerable.Range(0, 100).Select(i => AddAsync(Db, $"{i:000}", i)).ToList();
        await held.EndAsync();
        await Task.WhenAll(writes).WithinAMinuteAsync("100 writes");

        var log = new FileInfo(Own.File + "-wal").Length;

        // 100 commits of their own would log at least 100 pages for the rows alone.
        Assert.InRange(log, 1, 60 * 4_096);
    }

    private static async Task<int> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        await process.WaitForExitAsync(CancellationToken.None);
        return process.ExitCode;
    }

    protected override Task<DatabaseFixture> CreateAsync() => Task.FromResult<DatabaseFixture>(new SqliteFixture());

    protected override StorageException? Translate(Exception exception) => SqliteFaults.Translate(exception, "module.db");

    /// <summary>Keeps the writer busy, so that what comes meanwhile waits together.</summary>
    private sealed class HeldWriter : IDisposable
    {
        private readonly TaskCompletionSource _begun = NewSignal();
        private readonly TaskCompletionSource _end = NewSignal();
        private readonly Task _write;

        internal HeldWriter(Db db) => _write = db.TransactAsync(
            async session =>
            {
                await InsertAsync(session, "held", 0);
                _begun.TrySetResult();
                await _end.Task;
                return 0;
            },
            Cancellation);

        public void Dispose() => _end.TrySetResult();

        internal Task BegunAsync() => _begun.Task.WithinAMinuteAsync("the writer");

        internal async Task EndAsync()
        {
            _end.TrySetResult();
            await _write.WithinAMinuteAsync("the held write");
        }
    }
}
