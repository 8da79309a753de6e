using System.Globalization;
using System.Reflection;

namespace Stagedoor.Storage;

/// <summary>Brings a module's tables to the newest state: numbered files, forward only, under a lock, so that replicas may start together.</summary>
public static class MigrationRunner
{
    // For tables that others use meanwhile, all of whom wait behind it. The work itself has no bound.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    // All of the program has one.
    private static string Version =>
        typeof(MigrationRunner).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0.0.0";

    /// <summary>Applies the migrations embedded in <paramref name="assembly"/> that the database has not seen.</summary>
    /// <returns>How many were applied.</returns>
    /// <exception cref="StorageException">The database failed, or it is newer than this program.</exception>
    public static async Task<int> RunAsync(Db db, Assembly assembly, TimeProvider clock, CancellationToken cancellationToken)
    {
        await using var held = await db.LockAsync("migrations", cancellationToken);
        await db.ExecuteAsync(
            "CREATE TABLE IF NOT EXISTS schema_migration (version BIGINT PRIMARY KEY, name TEXT NOT NULL, applied_at BIGINT NOT NULL)",
            null,
            cancellationToken);
        var applied = await db.QueryAsync<long>("SELECT version FROM schema_migration", null, cancellationToken);
        var migrations = Migrations(assembly, db.Engine);
        if (FindUnknown(applied, migrations) is { } unknown)
        {
            throw new StorageException(StorageSource.Database, StorageFault.Failed, Newer(db, unknown, migrations));
        }

        var count = 0;
        foreach (var (version, name, sql) in migrations.Where(m => !applied.Contains(m.Version)))
        {
            var at = clock.GetUtcNow().ToUnixTimeMilliseconds();
            await db.TransactAsync(
                async session =>
                {
                    await session.ExecuteUnhurriedAsync(db.WaitAtMost(s_patience) + sql);
                    return await session.ExecuteAsync(
                        "INSERT INTO schema_migration (version, name, applied_at) VALUES (@version, @name, @at)", new { version, name, at });
                },
                cancellationToken);
            count++;
        }

        return count;
    }

    /// <summary>Whether a newer program has written the database, which this one refuses; looks only.</summary>
    public static async Task<string?> FindProblemAsync(Db db, Assembly assembly, CancellationToken cancellationToken)
    {
        if (!(await Installations.ExamineAsync(db, "schema_migration", cancellationToken)).IsMade)
        {
            return null;
        }

        var applied = await db.QueryAsync<long>("SELECT version FROM schema_migration", null, cancellationToken);
        var migrations = Migrations(assembly, db.Engine);
        return FindUnknown(applied, migrations) is { } unknown ? Newer(db, unknown, migrations) : null;
    }

    /// <summary>The newest migration that the program knows; 0 when there is none.</summary>
    public static long FindNewest(Assembly assembly, string engine) => NewestOf(Migrations(assembly, engine));

    // One that this program does not know was brought by another, wherever it stands: without it nobody knows what the tables mean.
    private static long? FindUnknown(IReadOnlyList<long> applied, List<(long Version, string Name, string Sql)> migrations) =>
        applied.Except(migrations.Select(static m => m.Version)).Cast<long?>().Max();

    private static long NewestOf(List<(long Version, string Name, string Sql)> migrations) => migrations.Count == 0 ? 0 : migrations[^1].Version;

    private static string Newer(Db db, long schema, List<(long Version, string Name, string Sql)> migrations) =>
        $"{db.Location} was written by a newer version of stagedoor (schema {schema}) than this one, {Version} (schema {NewestOf(migrations)}). "
        + "Start that version, or restore a backup.";

    // `0002_x.sqlite.sql` stands in for `0002_x.sql` on that engine.
    private static List<(long Version, string Name, string Sql)> Migrations(Assembly assembly, string engine)
    {
        var names = assembly.GetManifestResourceNames().Where(n => n.EndsWith(".sql", StringComparison.Ordinal)).ToHashSet(StringComparer.Ordinal);
        return [.. names
            .Where(n => n.Count(c => c == '.') == 1)
            .Order(StringComparer.Ordinal)
            .Select(n =>
            {
                var own = $"{n[..^4]}.{engine}.sql";
                var version = long.Parse(n.AsSpan(0, n.IndexOf('_', StringComparison.Ordinal)), CultureInfo.InvariantCulture);
                using var reader = new StreamReader(assembly.GetManifestResourceStream(names.Contains(own) ? own : n)!);
                return (version, n, reader.ReadToEnd());
            })];
    }
}
