namespace Stagedoor.Storage.Contracts;

/// <summary>Puts right what a test has broken, once.</summary>
public sealed class Undo(Func<Task> mend) : IAsyncDisposable
{
    private bool _done;

    public Undo(Action mend)
        : this(() =>
        {
            mend();
            return Task.CompletedTask;
        })
    {
    }

    public async ValueTask DisposeAsync()
    {
        if (!_done)
        {
            _done = true;
            await mend();
        }
    }
}
