using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Stagedoor.Storage.PostgreSql;

/// <summary>A PostgreSQL schema per module in one database. Everyone who opens a module here shares its connections.</summary>
public sealed partial class PostgreSqlEngine : IDatabaseEngine, IAsyncDisposable
{
    // A server allows 100 connections unless told otherwise, and each module has a pool of its own.
    private const int DefaultPoolSize = 16;

    private readonly IReadOnlyDictionary<string, int> _poolSizes;
    private readonly bool _isPoolSized;
    private readonly string _connectionString;
    private readonly ILogger _logger;
    private readonly TimeProvider _clock;
    private readonly ConcurrentDictionary<(string Name, Durability Durability), Lazy<PostgreSqlPool>> _pools = new();

    /// <param name="connectionString">An Npgsql connection string that names a host and a database.</param>
    /// <param name="logger">Hears of conflicts and broken connections that were overcome.</param>
    /// <param name="poolSizes">The most connections of modules that take other than 16, unless the connection string says it for all.</param>
    /// <param name="clock">Measures pauses; null for the system's.</param>
    /// <exception cref="ArgumentException">It is no connection string, or names no host.</exception>
    public PostgreSqlEngine(string connectionString, ILogger logger, IReadOnlyDictionary<string, int>? poolSizes = null, TimeProvider? clock = null)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        if (string.IsNullOrEmpty(settings.Host) || settings.Host.Contains('=', StringComparison.Ordinal))
        {
            // Parts with blanks between them, as other drivers take them, all become the host, whose name is in every message: the password too.
            throw new ArgumentException("The connection string names no host.", nameof(connectionString));
        }

        _poolSizes = poolSizes ?? new Dictionary<string, int>(StringComparer.Ordinal);
        _isPoolSized = settings.ShouldSerialize("Maximum Pool Size");
        settings.ApplicationName ??= "stagedoor";
        settings.Enlist = false;
        (_connectionString, _logger, _clock) = (settings.ToString(), logger, clock ?? TimeProvider.System);
        Partitions = new PostgreSqlPartitions(Pool, logger, _clock);
    }

    public IPartitionEngine Partitions { get; }

    /// <exception cref="ArgumentException">The name cannot name a schema.</exception>
    public IDatabase Open(string moduleName, Durability durability = Durability.Full)
    {
        if (!SchemaName().IsMatch(moduleName))
        {
            throw new ArgumentException($"'{moduleName}' cannot name a schema.", nameof(moduleName));
        }

        return new PostgreSqlDatabase(new(Pool(moduleName, durability), moduleName), _logger, _clock);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var pool in _pools.Values)
        {
            await pool.Value.DisposeAsync();
        }
    }

    private PostgreSqlPool Pool(string moduleName, Durability durability) =>
        _pools.GetOrAdd((moduleName, durability), key => new(() => new(WithPool(key.Name), key.Name, key.Durability))).Value;

    private string WithPool(string moduleName)
    {
        var settings = new NpgsqlConnectionStringBuilder(_connectionString);
        if (!_isPoolSized)
        {
            settings.MaxPoolSize = Math.Max(_poolSizes.GetValueOrDefault(moduleName, DefaultPoolSize), settings.MinPoolSize);
        }

        return settings.ToString();
    }

    // 63 bytes are what PostgreSQL keeps of a name.
    [GeneratedRegex("^[a-z][a-z0-9_]{0,62}$", RegexOptions.NonBacktracking)]
    private static partial Regex SchemaName();
}
