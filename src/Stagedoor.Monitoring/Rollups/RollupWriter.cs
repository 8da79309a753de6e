using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Stagedoor.Background;
using Stagedoor.Monitoring.Reports;
using Stagedoor.Monitoring.Series;
using Stagedoor.Storage;

namespace Stagedoor.Monitoring.Rollups;

/// <summary>
/// Writes each minute to the database when it is over, and at the end of the process what there is of the last one. While the database does not
/// answer, minutes wait in memory, the oldest of them no longer than there is room.
/// </summary>
internal sealed partial class RollupWriter : UpkeepService
{
    /// <summary>The most rows that wait for a database that does not answer.</summary>
    public const int MaxWaiting = 100_000;

    // Other writes of the module wait for a transaction to end.
    private const int MaxBatch = 2_000;
    private static readonly TimeSpan s_cleaning = TimeSpan.FromMinutes(10);
    private readonly MetricStore _metrics;
    private readonly RollupStore _store;
    private readonly ILogger<RollupWriter> _logger;
    private readonly int _days;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Queue<RollupRow> _waiting = new();
    private long _nextMinute;
    private DateTimeOffset _nextCleaning;
    private bool _isFailing;

    public RollupWriter(MetricStore metrics, RollupStore store, IOptions<MetricsOptions> options, TimeProvider clock, ILogger<RollupWriter> logger)
        : base(clock, logger)
    {
        (_metrics, _store, _logger) = (metrics, store, logger);
        _days = options.Value.RollupDays;
        _nextMinute = MinuteOf(metrics.StartedAt);
    }

    /// <summary>How many rows wait for the database.</summary>
    public int Waiting => _waiting.Count;

    protected override TimeSpan Period => TimeSpan.FromSeconds(10);

    protected override async Task FinishAsync(CancellationToken cancellationToken)
    {
        try
        {
            await RollUpAsync(isLast: true, cancellationToken);
        }
        finally
        {
            if (_waiting.Count > 0)
            {
                LogLost(_waiting.Count);
            }
        }
    }

    public override void Dispose()
    {
        _turn.Dispose();
        base.Dispose();
    }

    /// <summary>Writes what is complete, and removes what is old.</summary>
    /// <param name="isLast">Nothing comes after it: the minute that has begun is written too.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task RollUpAsync(bool isLast, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            Collect(isLast);
            _metrics.DropOld();
            await WriteAsync(cancellationToken);
        }
        finally
        {
            _turn.Release();
        }
    }

    protected override Task RunOnceAsync(CancellationToken stoppingToken) => RollUpAsync(isLast: false, stoppingToken);

    private static long MinuteOf(long time) => time - (time % RollupRow.Milliseconds);

    private void Collect(bool isLast)
    {
        var now = _metrics.Now;
        var end = isLast ? now + 1 : MinuteOf(now);
        if (_days > 0)
        {
            // Minutes that the memory does not have any more are passed over.
            _nextMinute = Math.Max(_nextMinute, MinuteOf(now - (long)_metrics.Retention.TotalMilliseconds) - RollupRow.Milliseconds);
            for (; _nextMinute < end; _nextMinute += RollupRow.Milliseconds)
            {
                foreach (var instance in _metrics.All())
                {
                    Enqueue(RollupRow.Of(instance, InterfaceKind.Provider, _nextMinute));
                    Enqueue(RollupRow.Of(instance, InterfaceKind.Consumer, _nextMinute));
                }
            }
        }
    }

    private void Enqueue(RollupRow? row)
    {
        if (row is null)
        {
            return;
        }

        _waiting.Enqueue(row);
        if (_waiting.Count > MaxWaiting)
        {
            _waiting.Dequeue();
        }
    }

    private async Task WriteAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (_waiting.Count > 0)
            {
                var batch = _waiting.Take(MaxBatch).ToList();
                await _store.AddAsync(batch, cancellationToken);
                for (var i = 0; i < batch.Count; i++)
                {
                    _waiting.Dequeue();
                }
            }

            if (Clock.GetUtcNow() is var now && now >= _nextCleaning)
            {
                var earlier = await _store.ReadEarlierClockAsync(Clock, cancellationToken);
                await _store.DeleteBeforeAsync(earlier.AddDays(-_days).ToUnixTimeMilliseconds(), cancellationToken);
                _nextCleaning = now + s_cleaning;
            }

            if (_isFailing)
            {
                LogMended();
            }

            _isFailing = false;
        }
        catch (StorageException fault)
        {
            if (!_isFailing)
            {
                LogFault(fault);
            }

            _isFailing = true;
        }
    }

    [LoggerMessage(LogLevel.Error, "Metrics cannot be rolled up into the database and wait in memory")]
    private partial void LogFault(Exception exception);

    [LoggerMessage(LogLevel.Information, "Metrics are rolled up again")]
    private partial void LogMended();

    [LoggerMessage(LogLevel.Warning, "The process stops and {Count} rolled-up minutes are lost")]
    private partial void LogLost(int count);
}
