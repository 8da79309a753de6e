using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Stagedoor.Storage.Contracts.Databases;

namespace Stagedoor.Storage.PostgreSql.Tests;

/// <summary>A schema of the test's own. Breaking it ends every connection to it.</summary>
internal sealed class PostgreSqlFixture : DatabaseFixture
{
    private readonly List<PostgreSqlEngine> _engines = [];

    public override string ModuleName { get; } = $"t{Guid.NewGuid():N}"[..29];

    public override Task BreakAsync() => PostgreSqlServer.ExecuteAsync(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE application_name = $1 AND pid <> pg_backend_pid()", ModuleName);

    public override Task MendAsync() => Task.CompletedTask;

    public override IDatabaseEngine OpenEngine()
    {
        var settings = new NpgsqlConnectionStringBuilder(PostgreSqlServer.ConnectionString) { ApplicationName = ModuleName };
        var engine = new PostgreSqlEngine(settings.ToString(), NullLogger.Instance);
        _engines.Add(engine);
        return engine;
    }

    internal IDatabase OpenDatabase() => OpenEngine().Open(ModuleName);

    protected override async ValueTask CleanUpAsync()
    {
        foreach (var engine in _engines)
        {
            await engine.DisposeAsync();
        }

        await PostgreSqlServer.ExecuteAsync(
            $"""
            DO $do$ DECLARE name text; BEGIN
              FOR name IN SELECT nspname FROM pg_namespace WHERE nspname = '{ModuleName}' OR starts_with(nspname::text, '{ModuleName}$') LOOP
                EXECUTE format('DROP SCHEMA %I CASCADE', name);
              END LOOP;
            END $do$
            """);
    }
}
