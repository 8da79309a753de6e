using System.Data.Common;
using Dapper;

namespace Stagedoor.Storage;

/// <summary>Statements on one connection, inside one transaction when there is one.</summary>
/// <param name="database">The database that the connection is of.</param>
/// <param name="connection">The open connection.</param>
/// <param name="transaction">The transaction; null for reads.</param>
/// <param name="cancellationToken">Ends a statement that runs.</param>
public sealed class DbSession(IDatabase database, DbConnection connection, DbTransaction? transaction, CancellationToken cancellationToken)
{
    private List<Action>? _afterCommit;
    private string? _begun;

    /// <summary>The statement that was begun last, by its name; null while none was. Made when somebody asks, which is after a fault.</summary>
    internal string? Statement => IsDone && transaction is not null ? StatementName.Commit : _begun is null ? null : StatementName.Of(_begun);

    /// <summary>Whether the work has ended, so that what fails is the commit.</summary>
    internal bool IsDone { private get; set; }

    /// <summary>Hears of its statements; null when nobody wants to.</summary>
    internal IStorageSteps? Steps { get; init; }

    /// <summary>The number of the step that they are below.</summary>
    internal int Within { get; init; }

    /// <summary>
    /// Has something done as soon as the transaction is committed, and never when it is undone. After a crash, or where the answer to the commit was lost,
    /// it is not done either: only what would be found out later without it belongs here.
    /// </summary>
    /// <param name="action">Short, and does not throw.</param>
    /// <exception cref="InvalidOperationException">There is no transaction.</exception>
    public void AfterCommit(Action action)
    {
        if (transaction is null)
        {
            throw new InvalidOperationException("Nothing is committed outside of a transaction.");
        }

        (_afterCommit ??= []).Add(action);
    }

    internal void TellCommitted() => _afterCommit?.ForEach(static action => action());

    /// <summary>Runs a statement and answers how many rows it changed.</summary>
    public Task<int> ExecuteAsync(string sql, object? arguments = null) => Steps is { } steps
        ? NotedAsync(steps, steps.Now(), sql, connection.ExecuteAsync(Command(sql, arguments)), static rows => rows)
        : connection.ExecuteAsync(Command(sql, arguments));

    /// <summary>Runs statements that take as long as they take, such as a change of a table with many rows.</summary>
    internal Task<int> ExecuteUnhurriedAsync(string sql) =>
        connection.ExecuteAsync(new CommandDefinition(sql, null, transaction, commandTimeout: 0, cancellationToken: cancellationToken));

    /// <summary>The rows of a query, read to the end.</summary>
    public async Task<IReadOnlyList<T>> QueryAsync<T>(string sql, object? arguments = null) => Steps is { } steps
        ? await NotedAsync(steps, steps.Now(), sql, AskAsync<T>(sql, arguments), static rows => rows.Count)
        : await AskAsync<T>(sql, arguments);

    /// <summary>The only row of a query, or the default when there is none.</summary>
    public Task<T?> FindAsync<T>(string sql, object? arguments = null) => Steps is { } steps
        ? NotedAsync(steps, steps.Now(), sql, connection.QuerySingleOrDefaultAsync<T>(Command(sql, arguments)), static _ => -1)
        : connection.QuerySingleOrDefaultAsync<T>(Command(sql, arguments));

    /// <summary>Writes many rows at once, all of them or none, and answers how many; only inside a transaction.</summary>
    /// <exception cref="ArgumentException">A row does not fit the table.</exception>
    /// <exception cref="StorageException">A text cannot be stored, or the database refused a row.</exception>
    /// <exception cref="InvalidOperationException">There is no transaction.</exception>
    public async Task<int> BulkInsertAsync(BulkTable table, IReadOnlyList<object?[]> rows)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(rows);
        table.Check(rows);
        if (rows.Count > 0)
        {
            _begun = $"INSERT INTO {table.Name}";
            var begun = Steps?.Now() ?? 0;
            var work = database.BulkInsertAsync(
                connection, transaction ?? throw new InvalidOperationException("Rows are written in a transaction."), table, rows, cancellationToken);
            await (Steps is { } steps ? NotedAsync(steps, begun, _begun, CountAsync(work, rows.Count), static written => written) : work);
        }

        return rows.Count;
    }

    /// <inheritdoc cref="IDatabase.NotifyAsync"/>
    public Task NotifyAsync(string message) => database.NotifyAsync(connection, message, cancellationToken);

    private static async Task<int> CountAsync(Task work, int rows)
    {
        await work;
        return rows;
    }

    private async Task<IReadOnlyList<T>> AskAsync<T>(string sql, object? arguments) => (await connection.QueryAsync<T>(Command(sql, arguments))).AsList();

    private async Task<T> NotedAsync<T>(IStorageSteps steps, long started, string sql, Task<T> work, Func<T, long> rows)
    {
        var step = new StorageStep(StorageWork.Statement, sql, database.Watch?.Module, database.Engine, started, Within: Within);
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

    private bool Note(IStorageSteps steps, in StorageStep step, Exception fault)
    {
        steps.Note(step, database.Translate(fault) ?? fault);
        return false;
    }

    private CommandDefinition Command(string sql, object? arguments)
    {
        _begun = sql;
        return new(sql, arguments, transaction, cancellationToken: cancellationToken);
    }
}
