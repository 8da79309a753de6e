using Microsoft.Data.Sqlite;
using Stagedoor.Storage.Contracts;
using Xunit;

namespace Stagedoor.Storage.Sqlite.Tests;

public sealed class SqliteDatabaseTests : DatabaseContract
{
    private readonly OwnFolder _folder = new();

    private string File => _folder["images.db"];

    [Fact]
    public async Task A_write_inside_a_write_is_refused_instead_of_waiting_for_itself()
    {
        var thrown = await Assert.ThrowsAsync<InvalidOperationException>(
            () => Db.TransactAsync(_ => AddAsync("inner", 1), Stop).SoonAsync("the refusal"));

        Assert.Contains("inside a write", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Work_that_a_write_leaves_running_may_write_when_it_has_ended()
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<int>? later = null;
        await Db.TransactAsync(
            session =>
            {
                later = AfterAsync(ended.Task);
                return session.ExecuteAsync("INSERT INTO item (id, amount) VALUES ('outer', 1)");
            },
            Stop);

        ended.SetResult();

        Assert.Equal(1, await later!);

        async Task<int> AfterAsync(Task first)
        {
            await first;
            return await AddAsync("later", 2);
        }
    }

    [Fact]
    public async Task What_waits_for_its_turn_can_be_given_up()
    {
        using var cancelled = new CancellationTokenSource();
        var running = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var first = Db.TransactAsync(
            async _ =>
            {
                running.SetResult();
                await release.Task;
                return true;
            },
            Stop);
        await running.Task.SoonAsync("the first write");

        var waiting = Db.ExecuteAsync("INSERT INTO item (id, amount) VALUES ('never', 1)", null, cancelled.Token);
        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.SoonAsync("the cancellation"));
        release.SetResult();
        await first.SoonAsync("the first write's end");
        Assert.Equal(0, await CountAsync());
    }

    [Fact]
    public async Task A_statement_that_undoes_the_whole_transaction_fails_alone()
    {
        await Db.ExecuteAsync(
            "CREATE TRIGGER refuse BEFORE INSERT ON item WHEN NEW.amount < 0 BEGIN SELECT RAISE(ROLLBACK, 'all of it'); END", null, Stop);

        var writes = Enumerable.Range(0, 50).Select(i => AddAsync(Id(i), i is 25 ? -1 : i)).ToList();

        await Assert.ThrowsAsync<StorageException>(() => writes[25]);
        await Task.WhenAll(writes.Where(w => w != writes[25]));
        Assert.Equal(49, await CountAsync());
    }

    [Fact]
    public async Task A_trigger_from_outside_that_refuses_is_a_fault_until_it_is_dropped()
    {
        await using (var outside = new SqliteConnection($"Data Source={File};Pooling=False"))
        {
            await outside.OpenAsync(Stop);
            await using var command = outside.CreateCommand();
            command.CommandText = "CREATE TRIGGER sabotage BEFORE INSERT ON item BEGIN SELECT RAISE(ABORT, 'the disk is gone'); END";
            await command.ExecuteNonQueryAsync(Stop);

            var fault = await Assert.ThrowsAsync<StorageException>(() => AddAsync("one", 1));
            Assert.Contains("the disk is gone", fault.Message, StringComparison.Ordinal);

            command.CommandText = "DROP TRIGGER sabotage";
            await command.ExecuteNonQueryAsync(Stop);
        }

        Assert.Equal(1, await AddAsync("one", 1));
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_corrupt_until_it_is_restored()
    {
        await AddAsync("one", 1);
        await Db.DisposeAsync();
        var backup = await System.IO.File.ReadAllBytesAsync(File, Stop);
        await System.IO.File.WriteAllTextAsync(File, new string('x', 8_192), Stop);
        var db = OpenAnother();

        var fault = await Assert.ThrowsAsync<StorageException>(() => CountAsync(db));
        Assert.Equal(StorageFault.Corrupt, fault.Fault);
        fault = await Assert.ThrowsAsync<StorageException>(() => db.ExecuteAsync("DELETE FROM item", null, Stop));
        Assert.Equal(StorageFault.Corrupt, fault.Fault);
        await System.IO.File.WriteAllBytesAsync(File, backup, Stop);

        Assert.Equal(1, await CountAsync(db));
        Assert.Equal(1, await db.ExecuteAsync("DELETE FROM item", null, Stop));
    }

    [Fact]
    public async Task A_file_without_room_is_full_until_there_is_some()
    {
        await Db.ExecuteAsync("CREATE TABLE big (content TEXT NOT NULL)", null, Stop);
        await Db.TransactAsync(s => s.FindAsync<long>("PRAGMA max_page_count = 20"), Stop);
        var content = new string('x', 200_000);

        var fault = await Assert.ThrowsAsync<StorageException>(
            () => Db.ExecuteAsync("INSERT INTO big (content) VALUES (@content)", new { content }, Stop));
        await Db.ExecuteAsync("INSERT INTO big (content) VALUES (@content)", new { content }, Stop);

        Assert.Equal(StorageFault.Full, fault.Fault);
        Assert.Equal(1, await Db.FindAsync<long>("SELECT count(*) FROM big", null, Stop));
    }

    [Fact]
    public async Task A_database_restored_over_the_open_one_is_used_from_the_next_statement()
    {
        await AddAsync("kept", 1);
        await Db.DisposeAsync();
        System.IO.File.Copy(File, _folder["backup.db"]);
        var db = OpenAnother();
        await db.ExecuteAsync("INSERT INTO item (id, amount) VALUES ('after the backup', 2)", null, Stop);

        System.IO.File.Move(_folder["backup.db"], File, overwrite: true);
        System.IO.File.Delete(File + "-wal");
        System.IO.File.Delete(File + "-shm");

        Assert.Equal(1, await CountAsync(db));
        await db.ExecuteAsync("INSERT INTO item (id, amount) VALUES ('after the restore', 3)", null, Stop);
        Assert.Equal(2, await CountAsync(OpenAnother()));
    }

    [Fact]
    public async Task A_path_where_no_file_can_be_is_unavailable()
    {
        await System.IO.File.WriteAllTextAsync(_folder["occupied"], "", Stop);
        await using var db = new Db(new SqliteEngine(_folder["occupied"]).Open("images"));

        var fault = await Assert.ThrowsAsync<StorageException>(() => db.CheckAsync(Stop));
        var noLock = await Assert.ThrowsAsync<StorageException>(() => db.LockAsync("any", Stop));

        Assert.Equal(StorageFault.Unavailable, fault.Fault);
        Assert.Equal(StorageFault.Unavailable, noLock.Fault);
    }

    [Fact]
    public async Task A_write_sees_the_callers_context()
    {
        var caller = new AsyncLocal<string> { Value = "the caller" };

        Assert.Equal("the caller", await Db.TransactAsync(_ => Task.FromResult(caller.Value), Stop));
    }

    [Fact]
    public async Task Commits_are_synced_to_the_disk_through_the_log()
    {
        Assert.Equal(2, await Db.TransactAsync(s => s.FindAsync<long>("PRAGMA synchronous"), Stop));
        Assert.Equal("wal", await Db.TransactAsync(s => s.FindAsync<string>("PRAGMA journal_mode"), Stop));
        Assert.Equal(1, await Db.TransactAsync(s => s.FindAsync<long>("PRAGMA foreign_keys"), Stop));
    }

    [Fact]
    public async Task Reading_cannot_write() =>
        await Assert.ThrowsAsync<StorageException>(() => Db.ReadAsync(s => s.ExecuteAsync("DELETE FROM item"), Stop));

    [Fact]
    public async Task Closing_waits_for_what_was_accepted()
    {
        var writes = Enumerable.Range(0, 500).Select(i => AddAsync(Id(i), i)).ToList();

        await Db.DisposeAsync();

        await Task.WhenAll(writes);
        Assert.Equal(500, await CountAsync(OpenAnother()));
    }

    protected override IDatabase Open() => new SqliteEngine(_folder.Path).Open("images");

    protected override Task<IAsyncDisposable> BreakAsync()
    {
        var away = _folder.Path + "-away";
        Directory.Move(_folder.Path, away);
        return Task.FromResult<IAsyncDisposable>(new Undo(() => Directory.Move(away, _folder.Path)));
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Dispose();
    }
}
