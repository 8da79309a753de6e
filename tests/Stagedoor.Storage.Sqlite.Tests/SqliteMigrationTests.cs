using Stagedoor.Storage.Contracts;

namespace Stagedoor.Storage.Sqlite.Tests;

public sealed class SqliteMigrationTests : MigrationContract
{
    private readonly OwnFolder _folder = new();

    protected override IDatabase Open() => new SqliteEngine(_folder.Path).Open("images");

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Dispose();
    }
}
