using System.Data.Common;

namespace Stagedoor.Storage.Sqlite;

/// <summary>A transaction that waits for its turn in the writer.</summary>
internal abstract class PendingWrite
{
    // Spans, log scopes and the like are the caller's, although the statements run on the writer's thread.
    private readonly ExecutionContext? _context = ExecutionContext.Capture();

    /// <summary>Claims it for a batch; false when its caller has given up.</summary>
    internal abstract bool TryStart();

    /// <summary>Runs the statements as the caller would. The outcome is told by <see cref="Complete"/> after the commit.</summary>
    internal Task RunAsync(DbConnection connection, DbTransaction transaction)
    {
        if (_context is null)
        {
            return WorkAsync(connection, transaction);
        }

        var running = Task.CompletedTask;
        ExecutionContext.Run(_context, _ => running = WorkAsync(connection, transaction), null);
        return running;
    }

    internal abstract void Complete();

    internal abstract void Fail(Exception exception);

    protected abstract Task WorkAsync(DbConnection connection, DbTransaction transaction);
}

/// <inheritdoc cref="PendingWrite"/>
internal sealed class PendingWrite<T> : PendingWrite
{
    private readonly Func<DbConnection, DbTransaction, Task<T>> _work;
    private readonly TaskCompletionSource<T> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenRegistration _cancellation;
    private int _taken;
    private T _outcome = default!;

    internal PendingWrite(Func<DbConnection, DbTransaction, Task<T>> work, CancellationToken cancellationToken)
    {
        _work = work;
        _cancellation = cancellationToken.UnsafeRegister(static (write, token) => ((PendingWrite<T>)write!).Cancel(token), this);
    }

    internal Task<T> Completion => _completion.Task;

    internal override bool TryStart()
    {
        _cancellation.Unregister();
        return Interlocked.Exchange(ref _taken, 1) == 0;
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

    protected override async Task WorkAsync(DbConnection connection, DbTransaction transaction) =>
        _outcome = await _work(connection, transaction);

    // Only while it waits. Once it runs, its own statements watch the token, and what is committed is committed.
    private void Cancel(CancellationToken token)
    {
        if (Interlocked.Exchange(ref _taken, 1) == 0)
        {
            _completion.TrySetCanceled(token);
        }
    }
}
