using System.Data.Common;

namespace Stagedoor.Storage;

/// <summary>An engine whose writes are noted, so that readiness hears of the first that fails, and what it does for whoever records that.</summary>
/// <param name="engine">The engine.</param>
/// <param name="health">Hears of the writes.</param>
/// <param name="watch">Hears of everything; null when nobody wants to.</param>
public sealed class WatchedEngine(IDatabaseEngine engine, DatabaseHealth health, IStorageWatch? watch = null) : IDatabaseEngine, IAsyncDisposable
{
    // What goes wrong with a partition is the module's fault too.
    public IPartitionEngine Partitions => new WatchedPartitions(engine.Partitions, health, watch);

    public IDatabase Open(string moduleName, Durability durability = Durability.Full) =>
        new Watched(engine.Open(moduleName, durability), moduleName, health, watch);

    public ValueTask DisposeAsync() => engine is IAsyncDisposable disposable ? disposable.DisposeAsync() : ValueTask.CompletedTask;

    private sealed class WatchedPartitions(IPartitionEngine partitions, DatabaseHealth health, IStorageWatch? watch) : IPartitionEngine
    {
        public IDatabase Open(PartitionName partition, Durability durability) =>
            new Watched(partitions.Open(partition, durability), partition.Module, health, watch);

        public Task MakeAsync(PartitionName partition, CancellationToken cancellationToken) => partitions.MakeAsync(partition, cancellationToken);

        public Task<IReadOnlyList<PartitionName>> ListAsync(string moduleName, CancellationToken cancellationToken) =>
            partitions.ListAsync(moduleName, cancellationToken);

        public Task<bool> DropAsync(PartitionName partition, CancellationToken cancellationToken) => partitions.DropAsync(partition, cancellationToken);
    }

    private sealed class Watched(IDatabase database, string moduleName, DatabaseHealth health, IStorageWatch? watch) : IDatabase
    {
        public string Engine => database.Engine;

        public string Location => database.Location;

        public string Now => database.Now;

        public DatabaseWatch? Watch { get; } = watch is null ? null : new(watch, moduleName);

        public Task<bool> ExistsAsync(CancellationToken cancellationToken) => database.ExistsAsync(cancellationToken);

        public Task<IReadOnlyList<string>> FindDamageAsync(CancellationToken cancellationToken) => database.FindDamageAsync(cancellationToken);

        public Task<T> ReadAsync<T>(Func<DbConnection, Task<T>> work, CancellationToken cancellationToken) => database.ReadAsync(work, cancellationToken);

        public async Task<T> WriteAsync<T>(Func<DbConnection, DbTransaction, Task<T>> work, CancellationToken cancellationToken)
        {
            try
            {
                var answer = await database.WriteAsync(work, cancellationToken);
                health.NoteWritten(moduleName);
                return answer;
            }
            catch (Exception e) when (Note(e))
            {
                throw;
            }
        }

        public Task BulkInsertAsync(
            DbConnection connection, DbTransaction transaction, BulkTable table, IReadOnlyList<object?[]> rows, CancellationToken cancellationToken) =>
            database.BulkInsertAsync(connection, transaction, table, rows, cancellationToken);

        public Task<IAsyncDisposable> LockAsync(string name, CancellationToken cancellationToken) => database.LockAsync(name, cancellationToken);

        public Task NotifyAsync(DbConnection connection, string message, CancellationToken cancellationToken) =>
            database.NotifyAsync(connection, message, cancellationToken);

        public Task ListenAsync(Action listening, Action<string> heard, CancellationToken cancellationToken) =>
            database.ListenAsync(listening, heard, cancellationToken);

        public StorageException? Translate(Exception exception) => database.Translate(exception);

        public ValueTask DisposeAsync() => database.DisposeAsync();

        private bool Note(Exception exception)
        {
            health.NoteFault(moduleName, exception as StorageException ?? database.Translate(exception));
            return false;
        }
    }
}
