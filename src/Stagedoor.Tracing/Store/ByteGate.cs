namespace Stagedoor.Tracing.Store;

/// <summary>Lets in as many bytes as there is room for, in turn; one that is larger than all the room when it is empty. For any number of threads.</summary>
/// <param name="capacity">The room.</param>
internal sealed class ByteGate(long capacity)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<(TaskCompletionSource Entered, long Bytes)> _queue = new();
    private long _taken;

    public long Taken => Volatile.Read(ref _taken);

    public Task EnterAsync(long bytes, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_queue.Count == 0 && Fits(bytes))
            {
                _taken += bytes;
                return Task.CompletedTask;
            }

            var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var node = _queue.AddLast((entered, bytes));
            return WaitAsync(node, cancellationToken);
        }
    }

    public void Leave(long bytes)
    {
        lock (_gate)
        {
            _taken -= bytes;
            Admit();
        }
    }

    private bool Fits(long bytes) => _taken == 0 || _taken + bytes <= capacity;

    private void Admit()
    {
        while (_queue.First is { } first && Fits(first.Value.Bytes))
        {
            _queue.RemoveFirst();
            _taken += first.Value.Bytes;
            first.Value.Entered.SetResult();
        }
    }

    private async Task WaitAsync(LinkedListNode<(TaskCompletionSource Entered, long Bytes)> node, CancellationToken cancellationToken)
    {
        try
        {
            await node.Value.Entered.Task.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            lock (_gate)
            {
                if (node.List is not null)
                {
                    _queue.Remove(node);
                }
                else
                {
                    _taken -= node.Value.Bytes;
                }

                Admit();
            }

            throw;
        }
    }
}
