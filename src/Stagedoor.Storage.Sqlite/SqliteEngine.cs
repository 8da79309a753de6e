using Microsoft.Extensions.Logging;

namespace Stagedoor.Storage.Sqlite;

/// <summary>A SQLite file per module in one folder.</summary>
/// <param name="folder">The folder; made when the first database is used.</param>
/// <param name="logger">Hears of faults that the writer recovers from.</param>
public sealed class SqliteEngine(string folder, ILogger? logger = null) : IDatabaseEngine
{
    public IDatabase Open(string moduleName) => new SqliteDatabase(Path.Combine(folder, moduleName + ".db"), logger);
}
