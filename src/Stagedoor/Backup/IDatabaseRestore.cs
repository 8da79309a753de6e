namespace Stagedoor.Backup;

/// <summary>How the databases of a backup come to their place.</summary>
internal interface IDatabaseRestore
{
    /// <summary>What the databases of a server are called in a backup: one file for all of them.</summary>
    const string DumpName = "postgresql.dump";

    /// <summary>Refuses a place where something is.</summary>
    /// <param name="about">What is to be restored.</param>
    /// <param name="isAgain">A restore of the same backup was begun before: what it has brought may be there.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="StartupException">There is another installation.</exception>
    Task RequireEmptyAsync(BackupAbout about, bool isAgain, CancellationToken cancellationToken);

    /// <summary>Takes the files, which have proved to be as they were written, to their place. Done again it does the same.</summary>
    Task PlaceAsync(BackupAbout about, string folder, CancellationToken cancellationToken);
}

/// <summary>Database files, which are moved into the data directory.</summary>
/// <param name="root">The data directory.</param>
internal sealed class SqliteRestore(string root) : IDatabaseRestore
{
    // The folder was looked at by who asks.
    public Task RequireEmptyAsync(BackupAbout about, bool isAgain, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task PlaceAsync(BackupAbout about, string folder, CancellationToken cancellationToken)
    {
        foreach (var database in about.Databases)
        {
            var target = Path.Combine(root, database.FileName);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Move(Path.Combine(folder, database.FileName), target, overwrite: true);
        }

        return Task.CompletedTask;
    }
}
