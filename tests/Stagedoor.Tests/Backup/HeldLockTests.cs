using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Stagedoor.Backup;
using Stagedoor.Storage.PostgreSql;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Tests.Backup;

/// <summary>The locks of a backup are those of sessions, which a server can end.</summary>
public sealed class HeldLockTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_lock_that_went_with_its_session_is_missed()
    {
        await using var database = await OwnDatabase.CreateAsync();
        await using var engine = new PostgreSqlEngine(database.ConnectionString, NullLogger.Instance);
        await using var held = new HeldLocks();
        await held.AddAsync(engine.Open("images"), "collector", static () => { }, Cancellation);
        await held.RequireAsync(Cancellation);

        await using (var source = NpgsqlDataSource.Create(database.ConnectionString))
        await using (var end = source.CreateCommand("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"))
        {
            await end.ExecuteNonQueryAsync(Cancellation);
        }

        var missed = await Assert.ThrowsAsync<StartupException>(() => held.RequireAsync(Cancellation));
        Assert.Contains("make this one again", missed.Message, StringComparison.Ordinal);
    }
}
