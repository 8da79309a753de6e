using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Stagedoor.Storage.Contracts.Databases;

namespace Stagedoor.Storage.PostgreSql.Tests;

/// <summary>A schema of the test's own. Breaking it ends every connection to it.</summary>
internal sealed class PostgreSqlFixture : DatabaseFixture
{
    private readonly List<PostgreSqlEngine> _engines = [];

    public override string Module { get; } = $"test_{Guid.NewGuid():N}";

    public override Task BreakAsync() => PostgreSqlServer.ExecuteAsync(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = $1 AND pid <> pg_backend_pid()", Module);

    public override Task MendAsync() => Task.CompletedTask;

    public override IDatabaseEngine OpenEngine()
    {
        var settings = new NpgsqlConnectionStringBuilder(PostgreSqlServer.ConnectionString) { ApplicationName = Module };
        var engine = new PostgreSqlEngine(settings.ToString(), NullLogger.Instance);
        _engines.Add(engine);
        return engine;
    }

    internal IDatabase OpenDatabase() => OpenEngine().Open(Module);

    protected override async ValueTask CleanUpAsync()
    {
        foreach (var engine in _engines)
        {
            await engine.DisposeAsync();
        }

        await PostgreSqlServer.ExecuteAsync($"DROP SCHEMA IF EXISTS \"{Module}\" CASCADE");
    }
}
