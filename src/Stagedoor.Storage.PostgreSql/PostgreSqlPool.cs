using Npgsql;

namespace Stagedoor.Storage.PostgreSql;

/// <summary>The connections of one module in one durability. Its partitions use them too: a pool for each would be more than a server has.</summary>
internal sealed class PostgreSqlPool : IAsyncDisposable
{
    private const int KeepAliveSeconds = 10;
    private const int KeepAliveIntervalSeconds = 2;

    // A process that is frozen in a transaction (SIGSTOP, a paused machine) holds its rows for as long, and nobody else can end it: the server does.
    // No transaction of ours waits for anything but its own statements, and one that was ended runs again. The wait for a row is the longer of
    // the two, so that who waits for such a process gets the row instead of a fault.
    private const string Bounds = "-c idle_in_transaction_session_timeout=5s -c lock_timeout=10s";

    // The same half minute as at our end, after which the server lets go what a peer holds that is gone without a word or takes nothing any more.
    private const string KeepAlive = "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=9 -c tcp_user_timeout=30s";

    internal PostgreSqlPool(string connectionString, string name, Durability durability)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString) { SearchPath = $"\"{name}\"" };
        Location = $"{settings.Host}:{settings.Port}/{settings.Database ?? settings.Username}";

        // A peer that is gone without a word is found out in half a minute; the system's own default is two hours.
        settings.TcpKeepAlive = true;
        settings.TcpKeepAliveTime = KeepAliveSeconds;
        settings.TcpKeepAliveInterval = KeepAliveIntervalSeconds;

        // As options of the connection, which a reconnect and the reset of the pool bring back. Of two the server takes the later: what the operator
        // has set stands behind the bounds, and before what may not be otherwise. The driver looks at the variable only when there are no options.
        var own = $"{Bounds} {KeepAlive} {settings.Options ?? Environment.GetEnvironmentVariable("PGOPTIONS")}".TrimEnd();
        settings.Options = durability is Durability.Normal ? own + " -c synchronous_commit=off" : own;
        Pooled = NpgsqlDataSource.Create(settings);

        // Waiting for a lock must not take the connection from the pool that its holder needs to get done. It may take hours.
        settings.Options += " -c lock_timeout=0";
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
