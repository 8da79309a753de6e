using Stagedoor.Storage.Contracts.Databases;

namespace Stagedoor.Storage.Sqlite.Tests;

public sealed class SqliteBulkTests : BulkContract
{
    protected override Task<DatabaseFixture> CreateAsync() => Task.FromResult<DatabaseFixture>(new SqliteFixture());
}
