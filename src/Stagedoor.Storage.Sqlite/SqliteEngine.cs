using Microsoft.Extensions.Logging;

namespace Stagedoor.Storage.Sqlite;

/// <summary>A SQLite file per module in one folder.</summary>
/// <param name="folder">The folder; it exists.</param>
/// <param name="logger">Hears of faults that the writer recovers from.</param>
/// <param name="clock">The databases' clock.</param>
public sealed class SqliteEngine(string folder, ILogger logger, TimeProvider clock) : IDatabaseEngine
{
    public SqliteEngine(string folder, ILogger logger)
        : this(folder, logger, TimeProvider.System)
    {
    }

    public IPartitionEngine Partitions { get; } = new SqlitePartitions(folder, logger, clock);

    public IDatabase Open(string moduleName, Durability durability = Durability.Full) =>
        new SqliteDatabase(Path.Combine(folder, moduleName + ".db"), logger, clock, durability);
}
