using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Stagedoor.Background;
using Stagedoor.Images.Manifests;
using Stagedoor.Storage;

namespace Stagedoor.Images.Overview;

/// <summary>Counts the bytes that were sent of each account's images, in memory, and writes them down now and then; a crash loses the last few seconds.</summary>
internal sealed partial class TrafficCounter(OverviewStore store, TimeProvider clock, ILogger<TrafficCounter> logger) : UpkeepService(clock, logger)
{
    private readonly ILogger _logger = logger;

    // One for each account, and accounts stay.
    private readonly ConcurrentDictionary<string, StrongCounter> _sent = new(StringComparer.Ordinal);

    protected override TimeSpan Period => TimeSpan.FromSeconds(10);

    /// <summary>Adds what was sent of an image of the account's.</summary>
    public void Add(string domainId, long bytes) => Interlocked.Add(ref _sent.GetOrAdd(domainId, static _ => new()).Value, bytes);

    /// <summary>Writes what has been counted.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        var pending = new List<KeyValuePair<string, long>>();
        foreach (var (domainId, counter) in _sent)
        {
            if (Interlocked.Exchange(ref counter.Value, 0) is > 0 and var bytes)
            {
                pending.Add(new(domainId, bytes));
            }
        }

        if (pending.Count == 0)
        {
            return;
        }

        var isWritten = false;
        try
        {
            await store.AddTrafficAsync(pending, OverviewStore.DayOf(Clock.GetUtcNow()), cancellationToken);
            isWritten = true;
        }
        catch (StorageException e)
        {
            LogNotWritten(e, pending.Count);
        }
        finally
        {
            if (!isWritten)
            {
                pending.ForEach(p => Add(p.Key, p.Value));
            }
        }
    }

    protected override Task RunOnceAsync(CancellationToken stoppingToken) => FlushAsync(stoppingToken);

    protected override Task FinishAsync(CancellationToken cancellationToken) => FlushAsync(cancellationToken);

    [LoggerMessage(LogLevel.Warning, "The traffic of {Accounts} accounts could not be written; it is kept for the next time")]
    private partial void LogNotWritten(Exception exception, int accounts);
}
