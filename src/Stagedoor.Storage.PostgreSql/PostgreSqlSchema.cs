using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace Stagedoor.Storage.PostgreSql;

/// <summary>One schema. A module's own is made when its first connection is opened; a partition's only when it is asked for.</summary>
internal sealed class PostgreSqlSchema(PostgreSqlPool pool, string name, bool isPartition = false)
{
    private const string WatchClient = "SET client_connection_check_interval = '2s'";
    private const string DropPatience = "SET lock_timeout = '30s'";
    private volatile bool _isMade;

    /// <summary>The server and the database, without credentials.</summary>
    internal string Location => pool.Location;

    internal bool IsPartition => isPartition;

    internal async Task<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        var connection = await pool.Pooled.OpenConnectionAsync(cancellationToken);
        try
        {
            if (isPartition)
            {
                await EnterAsync(connection, cancellationToken);
            }
            else if (!_isMade)
            {
                await MakeAsync(connection, cancellationToken);
                _isMade = true;
            }

            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Whether the schema was made; makes nothing.</summary>
    internal async Task<bool> ExistsAsync(CancellationToken cancellationToken)
    {
        await using var connection = await pool.Pooled.OpenConnectionAsync(cancellationToken);
        return await ExistsAsync(connection, cancellationToken);
    }

    /// <summary>Makes the schema unless it is there.</summary>
    internal async Task MakeAsync(CancellationToken cancellationToken)
    {
        await using var connection = await pool.Pooled.OpenConnectionAsync(cancellationToken);
        await MakeAsync(connection, cancellationToken);
    }

    /// <summary>Removes the schema and what is in it, when nobody is at work in it any more; false when there is none.</summary>
    internal async Task<bool> DropAsync(CancellationToken cancellationToken)
    {
        await using var connection = await pool.Pooled.OpenConnectionAsync(cancellationToken);
        if (!await ExistsAsync(connection, cancellationToken))
        {
            return false;
        }

#pragma warning disable CA2100 // The name is lower-case letters, digits, underscores, hyphens and one dollar sign; it was checked.
        await using var drop = new NpgsqlCommand($"{DropPatience}; DROP SCHEMA IF EXISTS \"{name}\" CASCADE", connection);
#pragma warning restore CA2100
        await drop.ExecuteNonQueryAsync(cancellationToken);
        return true;
    }

    /// <summary>A session that holds the lock until it is disposed.</summary>
    internal async Task<NpgsqlConnection> LockAsync(string lockName, CancellationToken cancellationToken)
    {
        var connection = await pool.Unpooled.OpenConnectionAsync(cancellationToken);
        try
        {
            await WatchClientAsync(connection, cancellationToken);
            await using var command = new NpgsqlCommand("SELECT pg_advisory_lock($1)", connection);
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = LockKey($"{name}/{lockName}") });
            await command.ExecuteNonQueryAsync(cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>What the notifications of this schema are called.</summary>
    internal string Channel => $"stagedoor_{name}";

    /// <summary>Hears notifications on a connection of its own until it breaks or the wait is cancelled.</summary>
    internal async Task ListenAsync(Action listening, Action<string> heard, CancellationToken cancellationToken)
    {
        await using var connection = await pool.Unpooled.OpenConnectionAsync(cancellationToken);
        connection.Notification += (_, e) => heard(e.Payload);
#pragma warning disable CA2100 // The name is lower-case letters, digits, underscores, hyphens and one dollar sign; it was checked.
        await using var listen = new NpgsqlCommand($"LISTEN \"{Channel}\"", connection);
#pragma warning restore CA2100
        await listen.ExecuteNonQueryAsync(cancellationToken);
        listening();
        while (true)
        {
            await connection.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Lets the idle connections go: after one was found dead the others are suspects.</summary>
    internal void Clear() => pool.Pooled.Clear();

    internal StorageException Gone(Exception? inner) =>
        new(StorageSource.Database, StorageFault.Gone, $"{Location}: {name} was dropped, or was never made.", inner);

    // The pool gives the connection its own path again when it is handed back.
    private async Task EnterAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "SELECT set_config('search_path', quote_ident(nspname), false) FROM pg_namespace WHERE nspname = $1", connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name });
        if (await command.ExecuteScalarAsync(cancellationToken) is null)
        {
            throw Gone(null);
        }
    }

    // The wait has no bound: without this a process that is gone would leave its session waiting, and every start one more.
    private static async Task WatchClientAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            await using var command = new NpgsqlCommand(WatchClient, connection);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.UndefinedObject or PostgresErrorCodes.InvalidParameterValue)
        {
            // A server before version 14, or one whose system cannot tell.
        }
    }

    // Asked first, because making a schema needs a right that the account may not have where the schema was made for it.
    private async Task MakeAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (await ExistsAsync(connection, cancellationToken))
        {
            return;
        }

        // IF NOT EXISTS is no help when two make it at the same moment.
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var hold = new NpgsqlCommand("SELECT pg_advisory_xact_lock($1)", connection, transaction);
        hold.Parameters.Add(new NpgsqlParameter<long> { TypedValue = LockKey(name) });
        await hold.ExecuteNonQueryAsync(cancellationToken);
        if (!await ExistsAsync(connection, cancellationToken))
        {
#pragma warning disable CA2100 // The name is lower-case letters, digits, underscores, hyphens and one dollar sign; it was checked.
            await using var make = new NpgsqlCommand($"CREATE SCHEMA \"{name}\"", connection, transaction);
#pragma warning restore CA2100
            await make.ExecuteNonQueryAsync(cancellationToken);
        }

        await transaction.CommitAsync(CancellationToken.None);
    }

    private async Task<bool> ExistsAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT 1 FROM pg_namespace WHERE nspname = $1", connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = name });
        return await command.ExecuteScalarAsync(cancellationToken) is not null;
    }

    private static long LockKey(string lockName) =>
        BinaryPrimitives.ReadInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes("stagedoor/" + lockName)));
}
