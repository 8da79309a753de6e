using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Stagedoor.Background;
using Stagedoor.Tracing.ErrorCodes;
using Stagedoor.Tracing.Ingest;

namespace Stagedoor.Tracing.Measures;

/// <summary>
/// Writes every few seconds what spans have said since, and before each question about it. While the database does not answer, it waits in memory. What was counted since
/// the last time is lost with the process; the spans themselves are not.
/// </summary>
internal sealed class MeasureWriter(TraceModel model, MeasureStore store, RedMetrics metrics, SeenCodes seen, CodeStore codes, IOptions<TracingOptions> options, TimeProvider clock, ILogger<MeasureWriter> logger)
    : UpkeepService(clock, logger)
{
    private static readonly TimeSpan s_cleaning = TimeSpan.FromMinutes(10);

    private readonly SemaphoreSlim _turn = new(1, 1);
    private DateTimeOffset _nextCleaning;
    private bool _isDisposed;

    protected override TimeSpan Period => TimeSpan.FromSeconds(5);

    /// <summary>Writes what there is. Who gives up waiting does not undo what was begun.</summary>
    public async Task WriteAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            await WriteMeasuresAsync();
            await WriteCodesAsync();
        }
        finally
        {
            _turn.Release();
        }
    }

    public override void Dispose()
    {
        _isDisposed = true;
        _turn.Dispose();
        base.Dispose();
    }

    private async Task WriteMeasuresAsync()
    {
        var taken = model.Take(Clock.GetUtcNow());
        if (taken.Count == 0)
        {
            return;
        }

        var isWritten = false;
        try
        {
            await store.AddAsync(taken, CancellationToken.None);
            isWritten = true;
            metrics.Count(taken);
        }
        finally
        {
            if (!isWritten)
            {
                foreach (var (project, minute, measures) in taken)
                {
                    model.GiveBack(project, minute, measures);
                }
            }
        }
    }

    private async Task WriteCodesAsync()
    {
        var (versions, found) = seen.Take();
        if (versions.Count + found.Count == 0)
        {
            return;
        }

        var isWritten = false;
        try
        {
            await codes.AddAsync(versions, found, CancellationToken.None);
            isWritten = true;
        }
        finally
        {
            if (!isWritten)
            {
                seen.GiveBack(versions, found);
            }
        }
    }

    protected override async Task RunOnceAsync(CancellationToken stoppingToken)
    {
        await WriteAsync(stoppingToken);
        var now = Clock.GetUtcNow();
        if (now >= _nextCleaning)
        {
            var oldest = now.AddDays(-options.Value.RetentionDays);
            await store.DeleteBeforeAsync(oldest.ToUnixTimeSeconds() / 60, stoppingToken);
            await codes.DeleteBeforeAsync(oldest.ToUnixTimeMilliseconds(), stoppingToken);
            _nextCleaning = now + s_cleaning;
        }
    }

    // After a start that failed the host is disposed of before it is stopped; nothing was counted then.
    protected override Task FinishAsync(CancellationToken cancellationToken) => _isDisposed ? Task.CompletedTask : WriteAsync(cancellationToken);
}
