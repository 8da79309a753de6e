using Microsoft.Extensions.Logging.Abstractions;
using Stagedoor.Storage.Contracts.Databases;
using Xunit;

namespace Stagedoor.Storage.Sqlite.Tests;

public sealed class SqlitePartitionTests : PartitionContract
{
    private string Folder => Path.Combine(((SqliteFixture)Fixture).Folder, Fixture.ModuleName);

    [Fact]
    public async Task What_a_crash_left_of_a_drop_is_no_partition_and_is_removed_with_the_next_one()
    {
        Directory.CreateDirectory(Folder);
        foreach (var rest in (string[])["a.db.dropped", "a.db-wal", "a.db-shm", "b.db-wal"])
        {
            await File.WriteAllTextAsync(Path.Combine(Folder, rest), "what is left", Cancellation);
        }

        Assert.Empty(await Days.ListAsync(Cancellation));
        await using (var made = await Days.MakeAsync("b", Cancellation))
        {
            Assert.Equal(0, await made.FindAsync<long>("SELECT COUNT(*) FROM span", null, Cancellation));
        }

        Assert.Equal(["b.db", "b.db.migrations.lock"], Directory.GetFiles(Folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_read_that_has_begun_goes_on_over_what_was_dropped()
    {
        await using var made = await Days.MakeAsync("a", Cancellation);
        await made.BulkInsertAsync(new("span", new BulkColumn("id", BulkType.Number)), [.. Enumerable.Range(0, 500).Select(static i => new object?[] { (long)i })], Cancellation);
        await using var engine = new SqliteEngine(((SqliteFixture)Fixture).Folder, NullLogger.Instance).Partitions.Open(new(Fixture.ModuleName, "a"), Durability.Full);

        var rows = await engine.ReadAsync(
            async connection =>
            {
                await using var command = connection.CreateCommand();
                command.CommandText = "SELECT id FROM span";
                await using var reader = await command.ExecuteReaderAsync(Cancellation);
                await reader.ReadAsync(Cancellation);
                Assert.True(await Days.DropAsync("a", Cancellation));
                await using var again = await Days.MakeAsync("a", Cancellation);
                await again.ExecuteAsync("INSERT INTO span (id) VALUES (1)", null, Cancellation);
                var count = 1;
                while (await reader.ReadAsync(Cancellation))
                {
                    count++;
                }

                return count;
            },
            Cancellation);

        Assert.Equal(500, rows);
        await using var after = (await Days.FindAsync("a", Cancellation))!;
        Assert.Equal(1, await after.FindAsync<long>("SELECT COUNT(*) FROM span", null, Cancellation));
    }

    [Fact]
    public async Task A_folder_that_is_away_is_not_taken_for_a_drop()
    {
        await using var made = await Days.MakeAsync("a", Cancellation);
        await Fixture.BreakAsync();

        var fault = await Assert.ThrowsAsync<StorageException>(() => made.CheckAsync(Cancellation));

        await Fixture.MendAsync();
        Assert.Equal(StorageFault.Unavailable, fault.Fault);
        await made.CheckAsync(Cancellation);
    }

    protected override Task<IReadOnlyList<string>> LeftAsync() =>
        Task.FromResult<IReadOnlyList<string>>([.. Directory.EnumerateFiles(Folder).Concat(OpenFiles())]);

    protected override Task<DatabaseFixture> CreateAsync() => Task.FromResult<DatabaseFixture>(new SqliteFixture());

    // A file that somebody has open keeps its room although it has no name any more.
    private IEnumerable<string> OpenFiles() => !OperatingSystem.IsLinux() ? [] : Directory.EnumerateFiles("/proc/self/fd")
        .Select(static link => new FileInfo(link).LinkTarget)
        .OfType<string>()
        .Where(target => target.StartsWith(Folder + Path.DirectorySeparatorChar, StringComparison.Ordinal));
}
