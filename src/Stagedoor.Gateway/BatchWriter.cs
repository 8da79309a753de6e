using Microsoft.Extensions.Logging;
using Stagedoor.Background;

namespace Stagedoor.Gateway;

/// <summary>Writes what is handed in, also when the process stops. What arrives while one transaction runs shares the next, and what nobody waits for lingers, so that many share one commit.</summary>
/// <param name="handover">Where it is handed in.</param>
/// <param name="linger">How long it waits for others.</param>
/// <param name="clock">Measures the pauses.</param>
/// <param name="logger">Hears of rounds that failed.</param>
internal abstract class BatchWriter<T>(Handover<T> handover, TimeSpan linger, TimeProvider clock, ILogger logger) : UpkeepService(clock, logger)
{
    private const int MaxBatch = 256;

    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);

    // What was taken and is not written yet; it outlives a round that failed.
    private readonly List<T> _batch = new(MaxBatch);

    protected override TimeSpan Period => TimeSpan.Zero;

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        handover.Complete();
        await base.StopAsync(cancellationToken);
    }

    /// <summary>Whether somebody waits for it.</summary>
    protected abstract bool IsUrgent(T item);

    /// <summary>Writes a batch; false when it cannot be written now and waits. What it changes in the batch is there when it is tried again.</summary>
    protected abstract Task<bool> TryWriteAsync(List<T> batch);

    /// <summary>So many cannot be written before the process stops.</summary>
    protected virtual void NoteLost(int count)
    {
    }

    protected override async Task RunOnceAsync(CancellationToken stoppingToken)
    {
        // Not the stopping token: what was handed in is written before the process ends.
        while (_batch.Count > 0 || await handover.Reader.WaitToReadAsync(CancellationToken.None))
        {
            Gather();
            if (_batch.Count < MaxBatch && !_batch.Exists(IsUrgent))
            {
                await handover.LingerAsync(linger);
                Gather();
            }

            while (!await TryWriteAsync(_batch))
            {
                if (stoppingToken.IsCancellationRequested)
                {
                    return;
                }

                await Task.Delay(s_pause, Clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            _batch.Clear();
        }

        // Nothing more is taken, and the process is about to stop.
        await Task.Delay(Timeout.InfiniteTimeSpan, Clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    // A loop that had not begun when it was told to stop never begins, and one that the database failed stops early.
    protected override async Task FinishAsync(CancellationToken cancellationToken)
    {
        while (ExecuteTask is null or { IsCompleted: true } && (_batch.Count > 0 || handover.Reader.Count > 0))
        {
            Gather();
            if (!await TryWriteAsync(_batch))
            {
                NoteLost(_batch.Count + handover.Reader.Count);
                return;
            }

            _batch.Clear();
        }
    }

    private void Gather()
    {
        while (_batch.Count < MaxBatch && handover.Reader.TryRead(out var item))
        {
            _batch.Add(item);
        }
    }
}
