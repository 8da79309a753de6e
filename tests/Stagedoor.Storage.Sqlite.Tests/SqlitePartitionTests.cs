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

    [Theory]
    [InlineData("pages", "a.db")]
    [InlineData("head", "a.db")]
    [InlineData("garbage", "a.db")]
    [InlineData("cut", "a.db")]
    [InlineData("emptied", "is empty")]
    public async Task A_damaged_file_is_told_of_and_the_others_are_well(string damage, string told)
    {
        foreach (var day in (string[])["a", "b"])
        {
            await using var made = await Days.MakeAsync(day, Cancellation);
            await made.BulkInsertAsync(new("span", new BulkColumn("id", BulkType.Number)), [.. Enumerable.Range(0, 5_000).Select(static i => new object?[] { (long)i })], Cancellation);
        }

        var file = Path.Combine(Folder, "a.db");
        var bytes = await File.ReadAllBytesAsync(file, Cancellation);
        switch (damage)
        {
            case "pages":
                bytes.AsSpan(8192, bytes.Length - 8192).Fill(0xff);
                break;
            case "cut":
                bytes = bytes[..(bytes.Length / 2 / 4096 * 4096)];
                break;
            case "emptied":
                bytes = [];
                break;
            default:
                bytes.AsSpan(0, damage is "head" ? 100 : bytes.Length).Fill(0x5a);
                break;
        }

        await File.WriteAllBytesAsync(file, bytes, Cancellation);

        var report = await ExamineAsync();

        Assert.Equal(2, report.Count);
        Assert.NotEmpty(report.Problems);
        Assert.All(report.Problems, p => Assert.StartsWith($"The partition {Fixture.ModuleName}/a", p, StringComparison.Ordinal));
        Assert.Contains(report.Problems, p => p.Contains(told, StringComparison.Ordinal));
        await using var good = await Days.FindAsync("b", Cancellation);
        Assert.Equal(5_000, await good!.FindAsync<long>("SELECT COUNT(*) FROM span", null, Cancellation));
        Assert.True(await Days.DropAsync("a", Cancellation));
        Assert.Empty((await ExamineAsync()).Problems);
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
