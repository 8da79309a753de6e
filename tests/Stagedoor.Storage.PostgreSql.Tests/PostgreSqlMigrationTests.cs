using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Stagedoor.Storage.Contracts.Databases;
using Xunit;

namespace Stagedoor.Storage.PostgreSql.Tests;

public sealed class PostgreSqlMigrationTests : MigrationContract
{
    public override ValueTask InitializeAsync()
    {
        _ = PostgreSqlServer.ConnectionString;
        return base.InitializeAsync();
    }

    [Fact]
    public async Task A_migration_may_take_longer_than_other_statements()
    {
        var settings = new NpgsqlConnectionStringBuilder(PostgreSqlServer.ConnectionString) { CommandTimeout = 1 };
        await using var engine = new PostgreSqlEngine(settings.ToString(), NullLogger.Instance);
        await using var db = new Db(engine.Open(Fixture.ModuleName));

        await RunAsync(db, ("0001_slow.sql", "CREATE TABLE slow AS SELECT 1 AS id FROM pg_sleep(2)"));

        Assert.Equal(1, await db.FindAsync<long>("SELECT COUNT(*) FROM slow", null, Cancellation));
        var fault = await Assert.ThrowsAsync<StorageException>(() => db.FindAsync<string>("SELECT 'late' FROM pg_sleep(10)", null, Cancellation));
        Assert.IsType<TimeoutException>(fault.GetBaseException());
    }

    protected override Task<DatabaseFixture> CreateAsync() => Task.FromResult<DatabaseFixture>(new PostgreSqlFixture());
}
