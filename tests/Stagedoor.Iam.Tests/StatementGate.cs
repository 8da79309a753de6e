using Npgsql;
using Stagedoor.Testing;

namespace Stagedoor.Iam.Tests;

/// <summary>Holds everybody who writes to a table of the directory in the middle of the transaction, until a test opens it.</summary>
internal sealed class StatementGate : IAsyncDisposable
{
    private const long Key = 4711;

    private readonly NpgsqlConnection _connection;

    private StatementGate(NpgsqlConnection connection) => _connection = connection;

    /// <summary>Closes the gate behind the first write to a table.</summary>
    public static async Task<StatementGate> CloseAsync(string connectionString, string table)
    {
        var gate = new StatementGate(new(connectionString));
        await gate._connection.OpenAsync();
        await gate.RunAsync($"""
            CREATE OR REPLACE FUNCTION gateway.wait_at_gate() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN PERFORM pg_advisory_xact_lock_shared({Key}); RETURN NULL; END $$;
            CREATE OR REPLACE TRIGGER gate AFTER INSERT OR UPDATE OR DELETE ON gateway.{table} FOR EACH ROW EXECUTE FUNCTION gateway.wait_at_gate();
            SELECT pg_advisory_lock({Key});
            """);
        return gate;
    }

    /// <summary>Waits until so many stand before the gate, or behind one who does.</summary>
    public Task HoldsAsync(int count) => Eventually.TrueAsync(
        $"{count} transactions wait", TimeSpan.FromSeconds(20), async () =>
        {
            await using var command = new NpgsqlCommand(
                "SELECT COUNT(DISTINCT pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()", _connection);
            return (long)(await command.ExecuteScalarAsync())! >= count;
        });

    public Task OpenAsync() => RunAsync($"SELECT pg_advisory_unlock({Key})");

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private async Task RunAsync(string sql)
    {
        await using var command = new NpgsqlCommand(sql, _connection);
        await command.ExecuteNonQueryAsync();
    }
}
