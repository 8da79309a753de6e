namespace Stagedoor.Http.Tenants;

/// <summary>
/// Something that stays open: a watch, a heartbeat connection, a stream of events, a call that waits. It may do so as long as its caller may
/// come in, which is looked at again every second: with what the directory says at most a second old, nothing outlives its credential by more
/// than two.
/// </summary>
public sealed class KeptAdmission : IAsyncDisposable
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _ended = new();
    private readonly CancellationTokenSource _closed;
    private readonly Task _watch;

    /// <summary>Begins to look.</summary>
    /// <param name="mayStay">Asks whether the caller may still come in; null when it needs no credential.</param>
    /// <param name="clock">Measures the pauses.</param>
    /// <param name="aborted">The request is over.</param>
    public KeptAdmission(Func<ValueTask<bool>>? mayStay, TimeProvider clock, CancellationToken aborted)
    {
        _closed = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        _watch = mayStay is null ? Task.CompletedTask : WatchAsync(mayStay, clock);
    }

    /// <summary>The caller may come in no more.</summary>
    public CancellationToken Ended => _ended.Token;

    public bool HasEnded => _ended.IsCancellationRequested;

    public async ValueTask DisposeAsync()
    {
        await _closed.CancelAsync();
        try
        {
            await _watch;
        }
        finally
        {
            _closed.Dispose();
            _ended.Dispose();
        }
    }

    private async Task WatchAsync(Func<ValueTask<bool>> mayStay, TimeProvider clock)
    {
        while (true)
        {
            await Task.Delay(s_interval, clock, _closed.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (_closed.IsCancellationRequested)
            {
                return;
            }

            var stays = false;
            try
            {
                stays = await mayStay();
            }
            finally
            {
                // Also when nobody can tell, for whatever reason: a door that nobody watches is shut.
                if (!stays)
                {
                    await _ended.CancelAsync();
                }
            }

            if (!stays)
            {
                return;
            }
        }
    }
}
