using Microsoft.Data.Sqlite;

namespace Stagedoor.Storage.Sqlite;

/// <summary>A transaction that waits for its turn in the writer.</summary>
internal abstract class SqliteWrite(CancellationToken cancellationToken)
{
    internal CancellationToken CancellationToken { get; } = cancellationToken;

    /// <summary>Runs the statements; the outcome is kept until the commit.</summary>
    internal abstract Task RunAsync(SqliteConnection connection, SqliteTransaction transaction);

    /// <summary>The commit went through: the caller hears the outcome.</summary>
    internal abstract void Complete();

    internal abstract void Fail(Exception exception);

    internal abstract void Cancel();
}

/// <inheritdoc cref="SqliteWrite"/>
internal sealed class SqliteWrite<T>(
    Func<System.Data.Common.DbConnection, System.Data.Common.DbTransaction, Task<T>> work, CancellationToken cancellationToken)
    : SqliteWrite(cancellationToken)
{
    private readonly TaskCompletionSource<T> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T _outcome = default!;

    internal Task<T> Completion => _completion.Task;

    internal override async Task RunAsync(SqliteConnection connection, SqliteTransaction transaction) =>
        _outcome = await work(connection, transaction);

    internal override void Complete() => _completion.TrySetResult(_outcome);

    internal override void Fail(Exception exception) => _completion.TrySetException(exception);

    internal override void Cancel() => _completion.TrySetCanceled(CancellationToken);
}
