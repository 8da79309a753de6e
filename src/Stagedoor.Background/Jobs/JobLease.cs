namespace Stagedoor.Background.Jobs;

/// <summary>One owner's hold on one job: renews it, and cancels the work when it is lost, may be lost, or shall end.</summary>
internal sealed class JobLease : IDisposable
{
    private readonly JobStore _store;
    private readonly Job _job;
    private readonly TimeSpan _length;
    private readonly TimeProvider _clock;
    private readonly CancellationTokenSource _work;
    private readonly CancellationTokenSource _ended = new();

    // Set when somebody wants a renewal before its time.
    private readonly SemaphoreSlim _hurry = new(0, 1);

    // Renewals are told in their order, or an older answer would count for a newer one.
    private readonly SemaphoreSlim _turn = new(1, 1);
    private long _since;
    private volatile bool _isLost;
    private volatile bool _isCancelRequested;

    /// <param name="store">Where the job is.</param>
    /// <param name="job">The job as it was claimed.</param>
    /// <param name="length">How long a renewal holds.</param>
    /// <param name="clock">Measures it.</param>
    /// <param name="since">When the claim was asked for: the database counts from a later moment.</param>
    /// <param name="stopping">The process stops.</param>
    internal JobLease(JobStore store, Job job, TimeSpan length, TimeProvider clock, long since, CancellationToken stopping)
    {
        (_store, _job, _length, _clock, _since) = (store, job, length, clock, since);
        _work = CancellationTokenSource.CreateLinkedTokenSource(stopping);
    }

    /// <summary>Ends the work.</summary>
    internal CancellationToken Token => _work.Token;

    internal bool IsLost => _isLost;

    internal bool IsCancelRequested => _isCancelRequested;

    public void Dispose()
    {
        _work.Dispose();
        _ended.Dispose();
        _hurry.Dispose();
        _turn.Dispose();
    }

    /// <summary>Renews until the work has ended. Never throws.</summary>
    internal async Task RenewAsync()
    {
        while (!_isLost)
        {
            await PauseAsync(_length / 3);
            if (_ended.IsCancellationRequested)
            {
                return;
            }

            try
            {
                await RenewOnceAsync(null, _ended.Token);
            }
#pragma warning disable CA1031 // Whatever it was, somebody has to go on looking whether the lease is over.
            catch (Exception)
#pragma warning restore CA1031
            {
                // The next one may come through; without any the job is another's when the lease is over.
            }

            if (_clock.GetElapsedTime(Volatile.Read(ref _since)) >= _length)
            {
                _isLost = true;
                await _work.CancelAsync();
            }
        }
    }

    /// <summary>Has it renewed now instead of at its time.</summary>
    internal void Hurry()
    {
        try
        {
            _hurry.Release();
        }
        catch (Exception e) when (e is SemaphoreFullException or ObjectDisposedException)
        {
            // It was asked for already, or the work has ended.
        }
    }

    internal Task ReportAsync(string progress, CancellationToken cancellationToken) => RenewOnceAsync(progress, cancellationToken);

    /// <summary>The work has ended: nothing is renewed any more.</summary>
    internal Task EndAsync() => _ended.CancelAsync();

    private async Task PauseAsync(TimeSpan pause)
    {
        using var time = new CancellationTokenSource(pause, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(_ended.Token, time.Token);
        await _hurry.WaitAsync(either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task RenewOnceAsync(string? progress, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            var asked = _clock.GetTimestamp();

            // Not longer than a lease: by then the answer does not matter.
            using var late = new CancellationTokenSource(_length, _clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
            var hold = await _store.RenewAsync(_job, _length, progress, either.Token);
            Volatile.Write(ref _since, asked);
            (_isLost, _isCancelRequested) = (_isLost || hold is JobHold.Lost, _isCancelRequested || hold is JobHold.CancelRequested);
        }
        finally
        {
            _turn.Release();
        }

        if (_isLost || _isCancelRequested)
        {
            await _work.CancelAsync();
        }
    }
}
