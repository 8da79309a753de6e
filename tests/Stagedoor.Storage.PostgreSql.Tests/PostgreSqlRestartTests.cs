using System.Diagnostics;
using Microsoft.Extensions.Logging.Abstractions;
using Stagedoor.Storage.Contracts.Databases;
using Xunit;

namespace Stagedoor.Storage.PostgreSql.Tests;

/// <summary>A server of the test's own goes away and comes back.</summary>
public sealed class PostgreSqlRestartTests
{
    private static readonly string s_name = $"postgres-restart-{Environment.ProcessId}";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task After_a_restart_of_the_server_the_same_instance_goes_on()
    {
        _ = PostgreSqlServer.ConnectionString;
        Assert.SkipUnless(OperatingSystem.IsLinux(), "eng/postgres.sh is for Linux.");
        try
        {
            await using var engine = new PostgreSqlEngine(await StartAsync(), NullLogger.Instance);
            await using var db = new Db(engine.Open("module"));
            await db.ExecuteAsync("CREATE TABLE item (id TEXT PRIMARY KEY)", null, Cancellation);
            await AddAsync(db, "before");

            await ScriptAsync("halt");
            var write = await Assert.ThrowsAsync<StorageException>(() => AddAsync(db, "lost"));
            var read = await Assert.ThrowsAsync<StorageException>(() => db.CheckAsync(Cancellation));
            var hold = await Assert.ThrowsAsync<StorageException>(() => db.LockAsync("upkeep", Cancellation));
            await StartAsync();

            Assert.All([write, read, hold], e => Assert.Equal(StorageFault.Unavailable, e.Fault));
            await AddAsync(db, "after");
            Assert.Equal(["after", "before"], await db.QueryAsync<string>("SELECT id FROM item ORDER BY id", null, Cancellation));
        }
        finally
        {
            await ScriptAsync("stop");
        }
    }

    private static Task<int> AddAsync(Db db, string id) => db.ExecuteAsync("INSERT INTO item (id) VALUES (@id)", new { id }, Cancellation);

    private static async Task<string> StartAsync()
    {
        var line = (await ScriptAsync("start")).Trim();
        return line[(line.IndexOf('=', StringComparison.Ordinal) + 1)..];
    }

    private static async Task<string> ScriptAsync(string verb)
    {
        var script = Path.Combine(Root(new(AppContext.BaseDirectory)), "eng", "postgres.sh");
        using var process = Process.Start(new ProcessStartInfo(script, [verb])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            Environment = { ["STAGEDOOR_POSTGRES_NAME"] = s_name },
        })!;
        var output = process.StandardOutput.ReadToEndAsync(Cancellation);
        await process.WaitForExitAsync(Cancellation).WithinAMinuteAsync($"eng/postgres.sh {verb}");
        Assert.Equal(0, process.ExitCode);
        return await output;
    }

    private static string Root(DirectoryInfo folder) =>
        File.Exists(Path.Combine(folder.FullName, "Stagedoor.slnx")) ? folder.FullName : Root(folder.Parent!);
}
