using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace Stagedoor.Storage.PostgreSql;

/// <summary>The connections of one module. The schema is made when the first one is opened.</summary>
internal sealed class PostgreSqlSchema : IAsyncDisposable
{
    private const int KeepAliveSeconds = 10;
    private const int KeepAliveIntervalSeconds = 2;
    private readonly string _name;
    private readonly NpgsqlDataSource _pool;
    private readonly NpgsqlDataSource _unpooled;
    private volatile bool _isMade;

    internal PostgreSqlSchema(string connectionString, string name, Durability durability)
    {
        _name = name;
        var settings = new NpgsqlConnectionStringBuilder(connectionString) { SearchPath = $"\"{name}\"" };
        Location = $"{settings.Host}:{settings.Port}/{settings.Database ?? settings.Username}";

        // A peer that is gone without a word is found out in half a minute; the system's own default is two hours.
        settings.TcpKeepAlive = true;
        settings.TcpKeepAliveTime = KeepAliveSeconds;
        settings.TcpKeepAliveInterval = KeepAliveIntervalSeconds;
        if (durability is Durability.Normal)
        {
            // Behind what the operator has set, whose last word this is: of two the server takes the later.
            settings.Options = $"{settings.Options} -c synchronous_commit=off".TrimStart();
        }

        _pool = NpgsqlDataSource.Create(settings);

        // Waiting for a lock must not take the connection from the pool that its holder needs to get done.
        settings.Pooling = false;
        settings.CommandTimeout = 0;
        _unpooled = NpgsqlDataSource.Create(settings);
    }

    /// <summary>The server and the database, without credentials.</summary>
    internal string Location { get; }

    internal async Task<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        var connection = await _pool.OpenConnectionAsync(cancellationToken);
        try
        {
            if (!_isMade)
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
        await using var connection = await _pool.OpenConnectionAsync(cancellationToken);
        return await ExistsAsync(connection, cancellationToken);
    }

    /// <summary>A session that holds the lock until it is disposed.</summary>
    internal async Task<NpgsqlConnection> LockAsync(string name, CancellationToken cancellationToken)
    {
        var connection = await _unpooled.OpenConnectionAsync(cancellationToken);
        try
        {
            await using var command = new NpgsqlCommand("SELECT pg_advisory_lock($1)", connection);
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = LockKey($"{_name}/{name}") });
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
    internal string Channel => $"stagedoor_{_name}";

    /// <summary>Hears notifications on a connection of its own until it breaks or the wait is cancelled.</summary>
    internal async Task ListenAsync(Action listening, Action<string> heard, CancellationToken cancellationToken)
    {
        await using var connection = await _unpooled.OpenConnectionAsync(cancellationToken);
        connection.Notification += (_, e) => heard(e.Payload);
#pragma warning disable CA2100 // The name is lower-case letters, digits and underscores; the engine has checked it.
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
    internal void Clear() => _pool.Clear();

    public async ValueTask DisposeAsync()
    {
        await _pool.DisposeAsync();
        await _unpooled.DisposeAsync();
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
        hold.Parameters.Add(new NpgsqlParameter<long> { TypedValue = LockKey(_name) });
        await hold.ExecuteNonQueryAsync(cancellationToken);
        if (!await ExistsAsync(connection, cancellationToken))
        {
#pragma warning disable CA2100 // The name is lower-case letters, digits and underscores; the engine has checked it.
            await using var make = new NpgsqlCommand($"CREATE SCHEMA \"{_name}\"", connection, transaction);
#pragma warning restore CA2100
            await make.ExecuteNonQueryAsync(cancellationToken);
        }

        await transaction.CommitAsync(CancellationToken.None);
    }

    private async Task<bool> ExistsAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT 1 FROM pg_namespace WHERE nspname = $1", connection);
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = _name });
        return await command.ExecuteScalarAsync(cancellationToken) is not null;
    }

    private static long LockKey(string name) =>
        BinaryPrimitives.ReadInt64BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes("stagedoor/" + name)));
}
