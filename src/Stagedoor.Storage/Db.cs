using System.Data;
using System.Data.Common;
using System.Globalization;
using Dapper;

namespace Stagedoor.Storage;

/// <summary>A module's database as its stores use it. Every engine fault leaves here as a <see cref="StorageException"/>.</summary>
public class Db(IDatabase database) : IAsyncDisposable
{
    static Db() => DefaultTypeMap.MatchNamesWithUnderscores = true;

    /// <summary>The engine's name, for the statements that must differ.</summary>
    public string Engine => database.Engine;

    /// <summary>Whether other processes may write to it too: what one remembers of it, another may have changed.</summary>
    public bool IsShared => Engine is "postgresql";

    /// <summary>Where the data is, without secrets.</summary>
    public string Location => database.Location;

    /// <inheritdoc cref="IDatabase.Now"/>
    public string Now => database.Now;

    /// <summary>What a query ends with that holds its rows until the transaction ends. SQLite has one writer at a time, so that everything is held.</summary>
    public string ForUpdate => Engine is "postgresql" ? " FOR UPDATE" : "";

    /// <summary>The same for who changes no key of the rows: <see cref="ForKeyShare"/> goes on meanwhile.</summary>
    public string ForNoKeyUpdate => Engine is "postgresql" ? " FOR NO KEY UPDATE" : "";

    /// <summary>What a query ends with that wants its rows to be there until the transaction ends.</summary>
    public string ForKeyShare => Engine is "postgresql" ? " FOR KEY SHARE" : "";

    /// <summary>
    /// What the first statement of a transaction begins with that waits so long at most for what other transactions hold; all that follow in it do too.
    /// SQLite has one writer at a time, who has waited by then.
    /// </summary>
    public string WaitAtMost(TimeSpan patience) => Engine is "postgresql" ? string.Create(
        CultureInfo.InvariantCulture, $"SET LOCAL lock_timeout = {(long)patience.TotalMilliseconds}; ") : "";

    /// <summary>The condition that a column is one of the values of an array parameter, which the engines spell differently.</summary>
    public string In(string column, string parameter) => Engine is "postgresql" ? $"{column} = ANY(@{parameter})" : $"{column} IN @{parameter}";

    /// <inheritdoc cref="IDatabase.ExistsAsync"/>
    public Task<bool> ExistsAsync(CancellationToken cancellationToken) => TranslatedAsync(database.ExistsAsync(cancellationToken));

    /// <summary>
    /// The earlier of this process's time and the database's, by which what is old is removed: a clock that runs ahead makes nothing older.
    /// </summary>
    public async Task<DateTimeOffset> ReadEarlierClockAsync(TimeProvider clock, CancellationToken cancellationToken)
    {
        var (here, there) = (clock.GetUtcNow(), DateTimeOffset.FromUnixTimeMilliseconds(await ReadClockAsync(cancellationToken)));
        return here < there ? here : there;
    }

    /// <inheritdoc cref="IDatabase.FindDamageAsync"/>
    public Task<IReadOnlyList<string>> FindDamageAsync(CancellationToken cancellationToken) =>
        TranslatedAsync(database.FindDamageAsync(cancellationToken));

    /// <summary>What the database's clock shows, in Unix milliseconds.</summary>
    public Task<long> ReadClockAsync(CancellationToken cancellationToken) => FindAsync<long>($"SELECT {Now}", null, cancellationToken);

    /// <inheritdoc cref="DbSession.ExecuteAsync"/>
    public Task<int> ExecuteAsync(string sql, object? arguments, CancellationToken cancellationToken) =>
        Steps is { } steps
            ? NotedAsync(steps, steps.Now(), sql, TransactAsync(session => session.ExecuteAsync(sql, arguments), null, cancellationToken), static rows => rows)
            : TransactAsync(session => session.ExecuteAsync(sql, arguments), null, cancellationToken);

    /// <inheritdoc cref="DbSession.QueryAsync"/>
    public Task<IReadOnlyList<T>> QueryAsync<T>(string sql, object? arguments, CancellationToken cancellationToken) =>
        Steps is { } steps
            ? NotedAsync(steps, steps.Now(), sql, ReadAsync(session => session.QueryAsync<T>(sql, arguments), null, 0, cancellationToken), static rows => rows.Count)
            : ReadAsync(session => session.QueryAsync<T>(sql, arguments), null, 0, cancellationToken);

    /// <inheritdoc cref="DbSession.FindAsync"/>
    public Task<T?> FindAsync<T>(string sql, object? arguments, CancellationToken cancellationToken) =>
        Steps is { } steps
            ? NotedAsync(steps, steps.Now(), sql, ReadAsync(session => session.FindAsync<T>(sql, arguments), null, 0, cancellationToken), static _ => -1)
            : ReadAsync(session => session.FindAsync<T>(sql, arguments), null, 0, cancellationToken);

    /// <summary>Runs several reads on one connection; they may run a second time (<see cref="IDatabase.ReadAsync"/>).</summary>
    public Task<T> ReadAsync<T>(Func<DbSession, Task<T>> work, CancellationToken cancellationToken)
    {
        if (Steps is not { } steps)
        {
            return ReadAsync(work, null, 0, cancellationToken);
        }

        var number = steps.Number();
        return NotedAsync(steps, steps.Now(), StorageWork.Reads, "read", number, ReadAsync(work, steps, number, cancellationToken), static _ => -1);
    }

    /// <summary>
    /// Runs several reads that see the database as it was at one moment, whatever is committed meanwhile; tables that are dropped are gone all the same.
    /// They may run a second time (<see cref="IDatabase.ReadAsync"/>).
    /// </summary>
    public Task<T> ReadMomentAsync<T>(Func<DbSession, Task<T>> work, CancellationToken cancellationToken)
    {
        if (Steps is not { } steps)
        {
            return ReadMomentAsync(work, null, 0, cancellationToken);
        }

        var number = steps.Number();
        return NotedAsync(steps, steps.Now(), StorageWork.Reads, "read", number, ReadMomentAsync(work, steps, number, cancellationToken), static _ => -1);
    }

    /// <summary>
    /// Runs <paramref name="work"/> in a transaction: durable when the task completes, undone when it throws. It may run again
    /// until the commit is sent (<see cref="IDatabase.WriteAsync"/>), so it changes nothing but the database, and it uses only the session it is given.
    /// </summary>
    public Task<T> TransactAsync<T>(Func<DbSession, Task<T>> work, CancellationToken cancellationToken) =>
        Steps is { } steps
            ? NotedAsync(steps, work, cancellationToken)
            : TransactAsync(work, null, cancellationToken);

    /// <inheritdoc cref="DbSession.BulkInsertAsync"/>
    public Task<int> BulkInsertAsync(BulkTable table, IReadOnlyList<object?[]> rows, CancellationToken cancellationToken) =>
        TransactAsync(session => session.BulkInsertAsync(table, rows), cancellationToken);

    /// <inheritdoc cref="IDatabase.LockAsync"/>
    public Task<IAsyncDisposable> LockAsync(string name, CancellationToken cancellationToken) =>
        TranslatedAsync(database.LockAsync(name, cancellationToken));

    /// <summary>Sends a short text to everyone who listens in any process (<see cref="IDatabase.NotifyAsync"/>).</summary>
    public Task NotifyAsync(string message, CancellationToken cancellationToken) => ReadAsync(
        async session =>
        {
            await session.NotifyAsync(message);
            return true;
        },
        cancellationToken);

    /// <inheritdoc cref="IDatabase.ListenAsync"/>
    public async Task ListenAsync(Action listening, Action<string> heard, CancellationToken cancellationToken)
    {
        try
        {
            await database.ListenAsync(listening, heard, cancellationToken);
        }
        catch (Exception e) when (database.Translate(e) is not null)
        {
            throw database.Translate(e)!;
        }
    }

    /// <summary>Answers when the database can be read.</summary>
    /// <exception cref="StorageException">It cannot.</exception>
    public Task CheckAsync(CancellationToken cancellationToken) => FindAsync<long>("SELECT 1", null, cancellationToken);

    /// <summary>Answers when the database can be written: something was, durably, and nothing is left of it.</summary>
    /// <exception cref="StorageException">It cannot.</exception>
    public Task CheckWritableAsync(CancellationToken cancellationToken) => TransactAsync(
        static async session =>
        {
            await session.ExecuteAsync("CREATE TABLE write_check (id BIGINT PRIMARY KEY)");
            await session.ExecuteAsync("INSERT INTO write_check (id) VALUES (1)");
            return await session.ExecuteAsync("DROP TABLE write_check");
        },
        cancellationToken);

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await database.DisposeAsync();
    }

    private static async Task RunAsync(DbConnection connection, string sql)
    {
        await using var command = connection.CreateCommand();
#pragma warning disable CA2100 // It is one of ours.
        command.CommandText = sql;
#pragma warning restore CA2100
        await command.ExecuteNonQueryAsync(CancellationToken.None);
    }

    private IStorageSteps? Steps => database.Watch?.Watch.Current;

    private async Task<T> ReadAsync<T>(Func<DbSession, Task<T>> work, IStorageSteps? steps, int within, CancellationToken cancellationToken)
    {
        DbSession? session = null;
        try
        {
            return await database.ReadAsync(
                connection => work(session = new(database, connection, null, cancellationToken) { Steps = steps, Within = within }), cancellationToken);
        }
        catch (Exception e) when (database.Translate(e) is not null)
        {
            throw Translate(e, session)!;
        }
    }

    private async Task<T> ReadMomentAsync<T>(Func<DbSession, Task<T>> work, IStorageSteps? steps, int within, CancellationToken cancellationToken)
    {
        DbSession? session = null;
        try
        {
            return await database.ReadAsync(
                async connection =>
                {
                    await RunAsync(connection, Engine is "postgresql" ? "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY" : "BEGIN");
                    try
                    {
                        return await work(session = new(database, connection, null, cancellationToken) { Steps = steps, Within = within });
                    }
                    finally
                    {
                        // Where it cannot be ended the connection is dead, and what it died of is the fault.
                        if (connection.State is ConnectionState.Open)
                        {
                            await RunAsync(connection, "ROLLBACK");
                        }
                    }
                },
                cancellationToken);
        }
        catch (Exception e) when (database.Translate(e) is not null)
        {
            throw Translate(e, session)!;
        }
    }

    private async Task<T> TransactAsync<T>(Func<DbSession, Task<T>> work, (IStorageSteps Steps, int Within)? told, CancellationToken cancellationToken)
    {
        // Of several runs the last one is committed.
        DbSession? session = null;
        try
        {
            var answer = await database.WriteAsync(
                async (connection, transaction) =>
                {
                    session = new(database, connection, transaction, cancellationToken) { Steps = told?.Steps, Within = told?.Within ?? 0 };
                    var done = await work(session);
                    session.IsDone = true;
                    return done;
                },
                cancellationToken);
            session?.TellCommitted();
            return answer;
        }
        catch (Exception e) when (database.Translate(e) is not null)
        {
            throw Translate(e, session)!;
        }
    }

    private StorageException? Translate(Exception e, DbSession? session)
    {
        var fault = database.Translate(e);
        if (fault is not null)
        {
            fault.Statement ??= session?.Statement;
        }

        return fault;
    }

    private Task<T> NotedAsync<T>(IStorageSteps steps, Func<DbSession, Task<T>> work, CancellationToken cancellationToken)
    {
        var number = steps.Number();
        return NotedAsync(steps, steps.Now(), StorageWork.Transaction, "transaction", number, TransactAsync(work, (steps, number), cancellationToken), static _ => -1);
    }

    private Task<T> NotedAsync<T>(IStorageSteps steps, long started, string sql, Task<T> work, Func<T, long> rows) =>
        NotedAsync(steps, started, StorageWork.Statement, sql, 0, work, rows);

    private async Task<T> NotedAsync<T>(IStorageSteps steps, long started, StorageWork kind, string name, int number, Task<T> work, Func<T, long> rows)
    {
        var step = new StorageStep(kind, name, database.Watch?.Module, Engine, started, Number: number);
        try
        {
            var answer = await work;
            steps.Note(step with { Amount = rows(answer) }, null);
            return answer;
        }
        catch (Exception e) when (Note(steps, in step, e))
        {
            throw;
        }
    }

    private static bool Note(IStorageSteps steps, in StorageStep step, Exception fault)
    {
        steps.Note(step, fault);
        return false;
    }

    private async Task<T> TranslatedAsync<T>(Task<T> work)
    {
        try
        {
            return await work;
        }
        catch (Exception e) when (database.Translate(e) is not null)
        {
            throw database.Translate(e)!;
        }
    }
}
