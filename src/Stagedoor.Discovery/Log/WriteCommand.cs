namespace Stagedoor.Discovery.Log;

/// <summary>A write that waits for its commit.</summary>
internal abstract class WriteCommand(Scope[] scopes)
{
    public Scope[] Scopes { get; } = scopes;

    /// <summary>Decides what to change; what it throws is its answer.</summary>
    public abstract void Decide(Draft draft);

    /// <summary>Answers the caller.</summary>
    public abstract void Complete();

    /// <summary>Tells the caller that it could not be stored.</summary>
    public abstract void Fail(Exception fault);
}

/// <summary>A write with its answer.</summary>
internal sealed class WriteCommand<T>(Scope[] scopes, Func<Draft, T> decide) : WriteCommand(scopes)
{
    private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T _answer = default!;
    private Exception? _refusal;

    public Task<T> Done => _done.Task;

    public override void Decide(Draft draft)
    {
        _refusal = null;
        try
        {
            _answer = decide(draft);
        }
#pragma warning disable CA1031 // Whatever it is, it belongs to this caller and not to the others of the commit.
        catch (Exception e)
#pragma warning restore CA1031
        {
            draft.Rows.Clear();
            draft.New.Clear();
            _refusal = e;
        }
    }

    public override void Complete()
    {
        if (_refusal is null)
        {
            _done.TrySetResult(_answer);
        }
        else
        {
            _done.TrySetException(_refusal);
        }
    }

    public override void Fail(Exception fault) => _done.TrySetException(fault);
}
