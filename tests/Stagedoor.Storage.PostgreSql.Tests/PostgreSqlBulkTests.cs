using Stagedoor.Storage.Contracts.Databases;

namespace Stagedoor.Storage.PostgreSql.Tests;

public sealed class PostgreSqlBulkTests : BulkContract
{
    public override ValueTask InitializeAsync()
    {
        _ = PostgreSqlServer.ConnectionString;
        return base.InitializeAsync();
    }

    protected override Task<DatabaseFixture> CreateAsync() => Task.FromResult<DatabaseFixture>(new PostgreSqlFixture());
}
