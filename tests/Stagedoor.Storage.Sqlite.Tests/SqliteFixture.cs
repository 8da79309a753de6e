using Microsoft.Extensions.Logging.Abstractions;
using Stagedoor.Storage.Contracts.Databases;

namespace Stagedoor.Storage.Sqlite.Tests;

/// <summary>A folder with one database file. Breaking it moves the folder away.</summary>
internal sealed class SqliteFixture : DatabaseFixture
{
    private readonly string _root = Directory.CreateTempSubdirectory("stagedoor-test-").FullName;

    internal SqliteFixture() => Directory.CreateDirectory(Folder);

    internal string Folder => Path.Combine(_root, "data");

    internal string Away => Path.Combine(_root, "away");

    internal string File => Path.Combine(Folder, "module.db");

    public override string ModuleName => "module";

    public override IDatabaseEngine OpenEngine() => new SqliteEngine(Folder, NullLogger.Instance);

    public override Task BreakAsync()
    {
        Directory.Move(Folder, Away);
        return Task.CompletedTask;
    }

    public override Task MendAsync()
    {
        Directory.Move(Away, Folder);
        return Task.CompletedTask;
    }

    protected override ValueTask CleanUpAsync()
    {
        Directory.Delete(_root, recursive: true);
        return ValueTask.CompletedTask;
    }
}
