using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace Stagedoor.Storage.Sqlite;

/// <summary>A transaction that waits for its turn in the writer.</summary>
internal abstract class SqliteWrite
{
    private const int Waiting = 0;
    private const int Started = 1;
    private const int Cancelled = 2;
    private int _state;

    /// <summary>The caller has heard how it ended.</summary>
    internal abstract bool IsAnswered { get; }

    /// <summary>Takes it from the queue; false when the caller has given up.</summary>
    internal bool TryStart() => Interlocked.CompareExchange(ref _state, Started, Waiting) == Waiting;

    /// <summary>Answers the caller at once, unless it runs already: then the work itself watches the token.</summary>
    internal void CancelWaiting()
    {
        if (Interlocked.CompareExchange(ref _state, Cancelled, Waiting) == Waiting)
        {
            Cancel();
        }
    }

    /// <summary>Runs the statements; the outcome is kept until the commit.</summary>
    internal abstract Task RunAsync(SqliteConnection connection, SqliteTransaction transaction);

    /// <summary>The commit went through: the caller hears the outcome.</summary>
    internal abstract void Complete();

    internal abstract void Fail(Exception exception);

    protected abstract void Cancel();
}

/// <inheritdoc cref="SqliteWrite"/>
internal sealed class SqliteWrite<T>(
    Func<DbConnection, DbTransaction, Task<T>> work, NestedWrites nested, CancellationToken cancellationToken) : SqliteWrite
{
    // The work belongs to the caller: its activity and its marks go with it to the writer.
    private readonly ExecutionContext? _context = ExecutionContext.Capture();
    private readonly TaskCompletionSource<T> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T _outcome = default!;

    internal override bool IsAnswered => _completion.Task.IsCompleted;

    internal Task<T> Completion => _completion.Task;

    internal override async Task RunAsync(SqliteConnection connection, SqliteTransaction transaction)
    {
        Task<T>? running = null;
        void Begin(object? state) => running = nested.RunAsync(() => work(connection, transaction));
        if (_context is null)
        {
            Begin(null);
        }
        else
        {
            ExecutionContext.Run(_context, Begin, null);
        }

        _outcome = await running!;
    }

    internal override void Complete() => _completion.TrySetResult(_outcome);

    internal override void Fail(Exception exception)
    {
        if (exception is OperationCanceledException cancelled)
        {
            _completion.TrySetCanceled(cancelled.CancellationToken);
        }
        else
        {
            _completion.TrySetException(exception);
        }
    }

    protected override void Cancel() => _completion.TrySetCanceled(cancellationToken);
}
