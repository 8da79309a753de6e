using Npgsql;

namespace Stagedoor.Storage.PostgreSql;

/// <summary>The connections of one module in one durability. Its partitions use them too: a pool for each would be more than a server has.</summary>
internal sealed class PostgreSqlPool : IAsyncDisposable
{
    private const int KeepAliveSeconds = 10;
    private const int KeepAliveIntervalSeconds = 2;

    internal PostgreSqlPool(string connectionString, string name, Durability durability)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString) { SearchPath = $"\"{name}\"" };
        Location = $"{settings.Host}:{settings.Port}/{settings.Database ?? settings.Username}";

        // A peer that is gone without a word is found out in half a minute; the system's own default is two hours.
        settings.TcpKeepAlive = true;
        settings.TcpKeepAliveTime = KeepAliveSeconds;
        settings.TcpKeepAliveInterval = KeepAliveIntervalSeconds;
        if (durability is Durability.Normal)
        {
            // Behind what the operator has set: of two the server takes the later.
            settings.Options = $"{settings.Options} -c synchronous_commit=off".TrimStart();
        }

        Pooled = NpgsqlDataSource.Create(settings);

        // Waiting for a lock must not take the connection from the pool that its holder needs to get done.
        settings.Pooling = false;
        settings.CommandTimeout = 0;
        Unpooled = NpgsqlDataSource.Create(settings);
    }

    /// <summary>The server and the database, without credentials.</summary>
    internal string Location { get; }

    internal NpgsqlDataSource Pooled { get; }

    internal NpgsqlDataSource Unpooled { get; }

    public async ValueTask DisposeAsync()
    {
        await Pooled.DisposeAsync();
        await Unpooled.DisposeAsync();
    }
}
