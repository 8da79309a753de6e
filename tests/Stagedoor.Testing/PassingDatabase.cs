using System.Data.Common;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Storage;

namespace Stagedoor.Testing;

/// <summary>A database that passes everything on. Doubles that wait or fail somewhere derive from it.</summary>
/// <param name="inner">The real one.</param>
public class PassingDatabase(IDatabase inner) : IDatabase
{
    public string Engine => inner.Engine;

    public string Location => inner.Location;

    public string Now => inner.Now;

    public DatabaseWatch? Watch => inner.Watch;

    public virtual Task<bool> ExistsAsync(CancellationToken cancellationToken) => inner.ExistsAsync(cancellationToken);

    public virtual Task<IReadOnlyList<string>> FindDamageAsync(CancellationToken cancellationToken) => inner.FindDamageAsync(cancellationToken);

    public virtual Task<T> ReadAsync<T>(Func<DbConnection, Task<T>> work, CancellationToken cancellationToken) => inner.ReadAsync(work, cancellationToken);

    public virtual Task<T> WriteAsync<T>(Func<DbConnection, DbTransaction, Task<T>> work, CancellationToken cancellationToken) =>
        inner.WriteAsync(work, cancellationToken);

    public virtual Task BulkInsertAsync(
        DbConnection connection, DbTransaction transaction, BulkTable table, IReadOnlyList<object?[]> rows, CancellationToken cancellationToken) =>
        inner.BulkInsertAsync(connection, transaction, table, rows, cancellationToken);

    public virtual Task<IAsyncDisposable> LockAsync(string name, CancellationToken cancellationToken) => inner.LockAsync(name, cancellationToken);

    public virtual Task NotifyAsync(DbConnection connection, string message, CancellationToken cancellationToken) =>
        inner.NotifyAsync(connection, message, cancellationToken);

    public virtual Task ListenAsync(Action listening, Action<string> heard, CancellationToken cancellationToken) =>
        inner.ListenAsync(listening, heard, cancellationToken);

    public StorageException? Translate(Exception exception) => inner.Translate(exception);

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return inner.DisposeAsync();
    }
}

/// <summary>Partitions that pass everything on. Doubles that wait or fail somewhere derive from it.</summary>
/// <param name="inner">The real ones.</param>
public class PassingPartitions(IPartitionEngine inner) : IPartitionEngine
{
    public virtual IDatabase Open(PartitionName partition, Durability durability) => inner.Open(partition, durability);

    public virtual Task MakeAsync(PartitionName partition, CancellationToken cancellationToken) => inner.MakeAsync(partition, cancellationToken);

    public virtual Task<IReadOnlyList<PartitionName>> ListAsync(string moduleName, CancellationToken cancellationToken) =>
        inner.ListAsync(moduleName, cancellationToken);

    public virtual Task<bool> DropAsync(PartitionName partition, CancellationToken cancellationToken) => inner.DropAsync(partition, cancellationToken);
}

/// <summary>An engine whose databases are wrapped, those of partitions among them.</summary>
/// <param name="inner">The real one.</param>
/// <param name="wrap">Wraps the database of a module, or of a partition, which is called <c>module$name</c>; or leaves it as it is.</param>
/// <param name="wrapPartitions">Wraps what makes and drops partitions; null leaves it as it is.</param>
public sealed class PassingEngine(
    IDatabaseEngine inner, Func<string, IDatabase, IDatabase> wrap, Func<IPartitionEngine, IPartitionEngine>? wrapPartitions = null)
    : IDatabaseEngine, IAsyncDisposable
{
    public IPartitionEngine Partitions { get; } = new Wrapped(wrapPartitions?.Invoke(inner.Partitions) ?? inner.Partitions, wrap);

    /// <summary>Puts the wrapping between a host and its databases.</summary>
    public static void Install(
        IServiceCollection services, Func<string, IDatabase, IDatabase> wrap, Func<IPartitionEngine, IPartitionEngine>? wrapPartitions = null)
    {
        var engine = services.Last(static s => s.ServiceType == typeof(IDatabaseEngine));
        services.Remove(engine);
        services.AddSingleton<IDatabaseEngine>(
            provider => new PassingEngine((IDatabaseEngine)engine.ImplementationFactory!(provider), wrap, wrapPartitions));
    }

    /// <summary>Whether a name that the wrapping is given is that of the module, or of one of its partitions.</summary>
    public static bool IsOf(string module, string name) =>
        name.StartsWith(module, StringComparison.Ordinal) && (name.Length == module.Length || name[module.Length] == '$');

    public IDatabase Open(string moduleName, Durability durability = Durability.Full) => wrap(moduleName, inner.Open(moduleName, durability));

    public ValueTask DisposeAsync() => inner is IAsyncDisposable disposable ? disposable.DisposeAsync() : ValueTask.CompletedTask;

    private sealed class Wrapped(IPartitionEngine inner, Func<string, IDatabase, IDatabase> wrap) : PassingPartitions(inner)
    {
        public override IDatabase Open(PartitionName partition, Durability durability) => wrap(partition.ToString(), base.Open(partition, durability));
    }
}
