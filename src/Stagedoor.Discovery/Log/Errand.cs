namespace Stagedoor.Discovery.Log;

/// <summary>Waits until what others did is seen, and then does something that stores nothing.</summary>
internal sealed class Errand(Action work) : WriteCommand([])
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Done => _done.Task;

    public override void Decide(Draft draft) => work();

    public override void Complete() => _done.TrySetResult();

    public override void Fail(Exception fault) => _done.TrySetException(fault);
}
