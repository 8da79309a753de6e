using System.Data.Common;

namespace Stagedoor.Storage;

/// <summary>One module's tables in one engine: a SQLite file or a PostgreSQL schema.</summary>
/// <remarks>
/// Engines throw what their driver throws; <see cref="Db"/> turns it into a <see cref="StorageException"/> with <see cref="Translate"/>.
/// </remarks>
public interface IDatabase : IAsyncDisposable
{
    /// <summary>The engine's name as file names and dialect questions spell it: <c>sqlite</c> or <c>postgresql</c>.</summary>
    string Engine { get; }

    /// <summary>Where it is, without secrets, for messages.</summary>
    string Location { get; }

    /// <summary>
    /// An expression of SQL for the time in Unix milliseconds by the database's own clock: the one clock that all replicas have in common. An
    /// engine that one process has to itself goes by that process's clock.
    /// </summary>
    string Now { get; }

    /// <summary>Who wants to know what is done here; null when nobody does.</summary>
    DatabaseWatch? Watch => null;

    /// <summary>Whether there is anything: false for a database that was never written to, or was emptied. Makes nothing.</summary>
    Task<bool> ExistsAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Looks whether what is stored is as it was written, which takes as long as reading all of it: a sentence for each damage, none when all is
    /// well or the engine looks after that by itself.
    /// </summary>
    Task<IReadOnlyList<string>> FindDamageAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Runs reads on one connection. Reads see everything that was acknowledged before they began. The work may run a second time, from its
    /// beginning and on another connection, when the first one turns out to be dead: it changes nothing outside, and keeps nothing of the first run.
    /// </summary>
    Task<T> ReadAsync<T>(Func<DbConnection, Task<T>> work, CancellationToken cancellationToken);

    /// <summary>
    /// Runs <paramref name="work"/> in a transaction. When the task completes the changes are durable; when it throws nothing of it is kept.
    /// The work may run more than once as long as no commit was sent (conflicts with other transactions and dead connections are overcome
    /// so), and must use only the connection it is given. Once a commit was sent it does not run again, whatever becomes of the answer.
    /// </summary>
    Task<T> WriteAsync<T>(Func<DbConnection, DbTransaction, Task<T>> work, CancellationToken cancellationToken);

    /// <summary>Writes rows that were checked (<see cref="BulkTable"/>) in the transaction, by the fastest way that the engine has: all of them or none.</summary>
    Task BulkInsertAsync(
        DbConnection connection, DbTransaction transaction, BulkTable table, IReadOnlyList<object?[]> rows, CancellationToken cancellationToken);

    /// <summary>Holds an installation-wide lock until disposed; waits for another holder, also one in another process.</summary>
    Task<IAsyncDisposable> LockAsync(string name, CancellationToken cancellationToken);

    /// <summary>
    /// Sends a short text to everyone who listens to this database in any process; inside a transaction when it commits. Does nothing on an
    /// engine that only one process uses.
    /// </summary>
    /// <param name="connection">The connection at hand.</param>
    /// <param name="message">At most 7,999 bytes of UTF-8.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task NotifyAsync(DbConnection connection, string message, CancellationToken cancellationToken);

    /// <summary>Hears what is sent, until cancelled. Throws when the connection breaks; what is sent until someone listens again is not heard.</summary>
    /// <param name="listening">Called once nothing that is sent from now on is missed.</param>
    /// <param name="heard">Called with each text, one after the other; it must not block.</param>
    /// <param name="cancellationToken">Ends it.</param>
    Task ListenAsync(Action listening, Action<string> heard, CancellationToken cancellationToken);

    /// <summary>The storage fault behind an engine's exception; null when it is none.</summary>
    StorageException? Translate(Exception exception);
}

/// <summary>Who wants to know what a database does.</summary>
/// <param name="Watch">Who.</param>
/// <param name="Module">The module whose database it is.</param>
public sealed record DatabaseWatch(IStorageWatch Watch, string Module);
