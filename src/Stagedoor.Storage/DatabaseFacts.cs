using System.Data.Common;
using Dapper;

namespace Stagedoor.Storage;

/// <summary>What is to be known of a module's database that is read as it was at one moment: a copy, or inside a transaction.</summary>
/// <param name="Schema">The newest migration that was applied to it; null when none was.</param>
/// <param name="Mark">The installation that it belongs to; null when it bears no mark.</param>
public sealed record DatabaseFacts(long? Schema, InstallationMark? Mark)
{
    // What the collector was about to remove when a crash ended it is needed by nobody.
    private const string Blobs = "SELECT digest, size FROM blobs WHERE removing = 0 ORDER BY digest";

    /// <summary>Reads them on a connection whose search path is the module's schema.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="engine">What it is of: <c>sqlite</c> or <c>postgresql</c>.</param>
    public static async Task<DatabaseFacts> ReadAsync(DbConnection connection, string engine) => new(
        await HasTableAsync(connection, engine, "schema_migration") ? await connection.QuerySingleAsync<long?>("SELECT MAX(version) FROM schema_migration") : null,
        await HasTableAsync(connection, engine, "installation")
            ? await connection.QuerySingleOrDefaultAsync<InstallationMark>("SELECT id, epoch FROM installation WHERE slot = 1")
            : null);

    /// <summary>The blobs that its rows speak of, with their sizes, in the order of their digests.</summary>
    public static async Task<IReadOnlyList<(string Digest, long Size)>> ListBlobsAsync(DbConnection connection) =>
        (await connection.QueryAsync<(string, long)>(Blobs)).AsList();

    private static async Task<bool> HasTableAsync(DbConnection connection, string engine, string name) => await connection.ExecuteScalarAsync<long>(
        engine is "sqlite"
            ? "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = @name"
            : "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = @name",
        new { name }) > 0;
}
