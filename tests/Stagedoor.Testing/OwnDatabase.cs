using Npgsql;
using Xunit;

namespace Stagedoor.Testing;

/// <summary>A database of one test's own on the server that <c>STAGEDOOR_POSTGRESQL</c> names.</summary>
public sealed class OwnDatabase : IAsyncDisposable
{
    private readonly string _server;
    private readonly string _name;

    private OwnDatabase(string server, string name)
    {
        (_server, _name) = (server, name);
        ConnectionString = new NpgsqlConnectionStringBuilder(server) { Database = name }.ToString();
    }

    public string ConnectionString { get; }

    public static async Task<OwnDatabase> CreateAsync()
    {
        var server = Environment.GetEnvironmentVariable("STAGEDOOR_POSTGRESQL");
        Assert.SkipWhen(server is null, "Set STAGEDOOR_POSTGRESQL to a connection string (./test starts a server).");
        var database = new OwnDatabase(server, "stagedoor_" + Guid.NewGuid().ToString("n"));
        await database.RunAsync($"CREATE DATABASE {database._name}");
        return database;
    }

    public async ValueTask DisposeAsync() => await RunAsync($"DROP DATABASE {_name} WITH (FORCE)");

    private async Task RunAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(_server);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
