using System.Data.Common;
using Stagedoor.Http;
using Stagedoor.Serve;
using Stagedoor.Storage;
using Stagedoor.Storage.Sqlite;

namespace Stagedoor.Backup;

/// <summary>Copies of the files, one after the other: each is of one moment, and what a file refers to is copied after it.</summary>
internal sealed class SqliteSnapshot(OpenedInstallation installation) : IDatabaseSnapshot
{
    private readonly List<string> _files = [];
    private string _folder = "";

    public string Engine => "sqlite";

    public async Task<IReadOnlyList<TakenDatabase>> TakeAsync(IReadOnlyList<ModuleDatabase> databases, string folder, CancellationToken cancellationToken)
    {
        _folder = folder;
        var taken = new List<TakenDatabase>();

        // All others speak of accounts and users, which the gateway's database holds: it is copied last, so that none of them is missing in it.
        foreach (var database in databases.OrderBy(static d => d.Name is InstallationCheck.Gateway))
        {
            await using var db = new Db(installation.Engine.Open(database.Name));
            if (!await db.ExistsAsync(cancellationToken))
            {
                continue;
            }

            // Which partitions there are stands in the module's own file.
            await using var held = database.Partitions is null ? null : await db.LockAsync(Partitions.Lock, cancellationToken);
            await CopyAsync(db.Location, $"{database.Name}.db", cancellationToken);
            taken.Add(new(database, null));
            foreach (var partition in database.Partitions is null ? [] : await installation.Engine.Partitions.ListAsync(database.Name, cancellationToken))
            {
                Directory.CreateDirectory(Path.Combine(folder, database.Name));
                await CopyAsync(
                    Path.Combine(installation.Data.Root, database.Name, $"{partition.Name}.db"), $"{database.Name}/{partition.Name}.db", cancellationToken);
                taken.Add(new(database, partition.Name));
            }
        }

        return taken;
    }

    public Task<T> ReadAsync<T>(string module, Func<DbConnection, Task<T>> work, CancellationToken cancellationToken) =>
        SqliteCopy.ReadAsync(Path.Combine(_folder, $"{module}.db"), work);

    public Task<IReadOnlyList<string>> WriteAsync(string folder, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<string>>(_files);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task CopyAsync(string source, string name, CancellationToken cancellationToken)
    {
        var target = Path.Combine(_folder, name);
        await Task.Run(() => SqliteCopy.Make(source, target), cancellationToken);
        if (await Task.Run(() => SqliteCopy.FindDamage(target), cancellationToken) is [var damage, ..])
        {
            throw new StartupException($"{source} is damaged ({damage}), so it was not backed up. Restore it from the last good backup.");
        }

        _files.Add(name);
    }
}
