using System.Globalization;
using System.Security.Cryptography;
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

    /// <summary>Why a test is skipped that needs a server.</summary>
    public const string Missing = "Set STAGEDOOR_POSTGRESQL to a connection string (./test starts a server).";

    public static bool IsAvailable => Server is not null;

    public string ConnectionString { get; }

    private static string? Server => Environment.GetEnvironmentVariable("STAGEDOOR_POSTGRESQL") is { Length: > 0 } server ? server : null;

    public static async Task<OwnDatabase> CreateAsync()
    {
        Assert.SkipUnless(IsAvailable, Missing);
        var database = new OwnDatabase(Server!, "stagedoor_" + Guid.NewGuid().ToString("n"));
        await database.RunAsync($"CREATE DATABASE {database._name}");
        return database;
    }

    /// <summary>The settings of a replica that keeps its metadata here.</summary>
    public IEnumerable<(string Key, string Value)> Settings =>
    [
        ("Storage:Database", "postgresql"),
        ("Storage:PostgreSql", ConnectionString),
        ("Gateway:MasterKey", Convert.ToBase64String(SHA256.HashData("replicas"u8))),
    ];

    /// <summary>The values of a query, the first of each row as text.</summary>
    public async Task<IReadOnlyList<string>> QueryAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync();
        var values = new List<string>();
        while (await reader.ReadAsync())
        {
            values.Add(Convert.ToString(reader.GetValue(0), CultureInfo.InvariantCulture) ?? "");
        }

        return values;
    }

    /// <summary>Answers whether a statement in this database waits for another transaction.</summary>
    /// <param name="withLocks">Whether those count as well that wait for a lock of the whole installation.</param>
    public async Task<bool> HasWaitersAsync(bool withLocks = false)
    {
        const string Waiters = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        return await QueryAsync(withLocks ? Waiters : $"{Waiters} AND wait_event <> 'advisory'") is not ["0"];
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
