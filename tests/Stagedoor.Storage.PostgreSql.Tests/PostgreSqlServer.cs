using Npgsql;
using Xunit;

namespace Stagedoor.Storage.PostgreSql.Tests;

/// <summary>The server that the environment names.</summary>
internal static class PostgreSqlServer
{
    /// <summary>How to reach it. Skips the test when there is none.</summary>
    internal static string ConnectionString
    {
        get
        {
            var value = Environment.GetEnvironmentVariable("STAGEDOOR_POSTGRESQL");
            Assert.SkipWhen(
                string.IsNullOrEmpty(value),
                "Set STAGEDOOR_POSTGRESQL to a connection string of a PostgreSQL server that the tests may make schemas in; "
                + "'eng/postgres.sh start' prints one.");
            return value!;
        }
    }

    /// <summary>Runs a statement beside the engine.</summary>
    internal static async Task ExecuteAsync(string sql, params string[] arguments)
    {
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(ConnectionString) { Pooling = false });
        await using var command = source.CreateCommand(sql);
        foreach (var argument in arguments)
        {
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = argument });
        }

        await command.ExecuteNonQueryAsync();
    }
}
