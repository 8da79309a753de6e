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

/// <summary>An engine whose databases are wrapped.</summary>
/// <param name="inner">The real one.</param>
/// <param name="wrap">Wraps the database of a module, or leaves it as it is.</param>
public sealed class PassingEngine(IDatabaseEngine inner, Func<string, IDatabase, IDatabase> wrap) : IDatabaseEngine, IAsyncDisposable
{
    public IPartitionEngine Partitions => inner.Partitions;

    /// <summary>Puts the wrapping between a host and its databases.</summary>
    public static void Install(IServiceCollection services, Func<string, IDatabase, IDatabase> wrap)
    {
        var engine = services.Last(static s => s.ServiceType == typeof(IDatabaseEngine));
        services.Remove(engine);
        services.AddSingleton<IDatabaseEngine>(provider => new PassingEngine((IDatabaseEngine)engine.ImplementationFactory!(provider), wrap));
    }

    public IDatabase Open(string moduleName, Durability durability = Durability.Full) => wrap(moduleName, inner.Open(moduleName, durability));

    public ValueTask DisposeAsync() => inner is IAsyncDisposable disposable ? disposable.DisposeAsync() : ValueTask.CompletedTask;
}
