using System.Data.Common;
using Npgsql;

namespace Stagedoor.Storage.PostgreSql;

/// <summary>All schemas of a database as they were at one moment, which <c>pg_dump</c> can be told to read too, as long as this is not disposed.</summary>
public sealed class PostgreSqlSnapshot : IAsyncDisposable
{
    // It is open for as long as the dump takes, and does nothing meanwhile.
    private const string Unhurried = "-c idle_in_transaction_session_timeout=0 -c statement_timeout=0 -c lock_timeout=0";
    private readonly NpgsqlDataSource _source;
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;

    private PostgreSqlSnapshot(NpgsqlDataSource source, NpgsqlConnection connection, NpgsqlTransaction transaction, string id) =>
        (_source, _connection, _transaction, Id) = (source, connection, transaction, id);

    /// <summary>What <c>pg_dump --snapshot</c> knows it by.</summary>
    public string Id { get; }

    /// <summary>Begins it: everything that was committed before is in it.</summary>
    /// <exception cref="StorageException">The server cannot be reached, or refuses.</exception>
    public static async Task<PostgreSqlSnapshot> BeginAsync(string connectionString, CancellationToken cancellationToken)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, CommandTimeout = 0, KeepAlive = 10, Enlist = false };
        settings.Options = $"{settings.Options} {Unhurried}".TrimStart();
#pragma warning disable CA2000 // They are disposed with the snapshot, or below.
        var source = NpgsqlDataSource.Create(settings);
        NpgsqlConnection? connection = null;
        try
        {
            connection = await source.OpenConnectionAsync(cancellationToken);
#pragma warning restore CA2000
            var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellationToken);
            await using var export = new NpgsqlCommand("SELECT pg_export_snapshot()", connection, transaction);
            return new(source, connection, transaction, (string)(await export.ExecuteScalarAsync(cancellationToken))!);
        }
        catch (Exception e)
        {
            if (connection is not null)
            {
                await connection.DisposeAsync();
            }

            await source.DisposeAsync();
            throw PostgreSqlFaults.Translate(e, $"{settings.Host}:{settings.Port}/{settings.Database ?? settings.Username}") ?? e;
        }
    }

    /// <summary>The schemas there are.</summary>
    public async Task<IReadOnlyList<string>> ListSchemasAsync(CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT nspname::text FROM pg_namespace ORDER BY nspname", _connection, _transaction);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var schemas = new List<string>();
        while (await reader.ReadAsync(cancellationToken))
        {
            schemas.Add(reader.GetString(0));
        }

        return schemas;
    }

    /// <summary>Reads of a schema.</summary>
    public async Task<T> ReadAsync<T>(string schema, Func<DbConnection, Task<T>> work, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        await using var enter = new NpgsqlCommand("SELECT set_config('search_path', quote_ident($1), true)", _connection, _transaction);
        enter.Parameters.Add(new NpgsqlParameter<string> { TypedValue = schema });
        await enter.ExecuteNonQueryAsync(cancellationToken);
        return await work(_connection);
    }

    public async ValueTask DisposeAsync()
    {
        await _transaction.DisposeAsync();
        await _connection.DisposeAsync();
        await _source.DisposeAsync();
    }
}
