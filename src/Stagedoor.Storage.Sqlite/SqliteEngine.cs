using Microsoft.Extensions.Logging;

namespace Stagedoor.Storage.Sqlite;

/// <summary>A SQLite file per module in one folder.</summary>
/// <param name="folder">The folder; it exists.</param>
/// <param name="logger">Hears of faults that the writer recovers from.</param>
public sealed class SqliteEngine(string folder, ILogger logger) : IDatabaseEngine
{
    public IDatabase Open(string moduleName) => new SqliteDatabase(Path.Combine(folder, moduleName + ".db"), logger);
}
