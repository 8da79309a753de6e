using Stagedoor.Storage;
using Stagedoor.Storage.PostgreSql;

namespace Stagedoor.Backup;

/// <summary>Schemas of a server, which <c>pg_restore</c> makes, all of them or none.</summary>
internal sealed class PostgreSqlRestore(OpenedInstallation installation) : IDatabaseRestore
{
    private bool _isThere;
    private bool _isAgain;

    public async Task RequireEmptyAsync(BackupAbout about, bool isAgain, CancellationToken cancellationToken)
    {
        _isAgain = isAgain;
        foreach (var name in about.Databases.Where(static d => d.Partition is null).Select(static d => d.Name))
        {
            await using var db = new Db(installation.Engine.Open(name));
            if (!await db.ExistsAsync(cancellationToken))
            {
                continue;
            }

            // From a restore that was cut after it, or by hand.
            var mark = await Installations.FindAsync(db, cancellationToken);
            _isThere = string.Equals(mark?.Id, about.Installation, StringComparison.Ordinal)
                ? true
                : throw new StartupException($"{db.Location} has a schema {name} already. Restore into a database without schemas of stagedoor.");
        }
    }

    public Task PlaceAsync(BackupAbout about, string folder, CancellationToken cancellationToken)
    {
        var dump = Path.Combine(folder, IDatabaseRestore.DumpName);
        var connectionString = installation.Storage.PostgreSql!;
        var database = PostgreSqlPrograms.DatabaseOf(connectionString);
        string[] arguments = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", $"--dbname={database}"];
        return _isThere ? (_isAgain || !File.Exists(dump) ? Task.CompletedTask : throw new StartupException(
                $"The database {database} holds this installation already. Restore into a database without schemas of stagedoor."))
            : !File.Exists(dump) ? throw new StartupException(
                $"The backup was made without its database. Restore that first, with pg_restore {string.Join(' ', arguments)} {IDatabaseRestore.DumpName}, and run this again.")
            : PostgreSqlDump.RunAsync(
                "pg_restore", [.. arguments, dump], connectionString, "Install PostgreSQL's client programs, and run this again.", cancellationToken);
    }
}
