using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Stagedoor.Background;
using Stagedoor.Images.Manifests;
using Stagedoor.Storage;

namespace Stagedoor.Images.Repositories;

/// <summary>Counts pulls in memory and adds them to the repositories now and then; a crash loses the last few seconds of the count.</summary>
internal sealed partial class DownloadCounter(RepositoryStore repositories, TimeProvider clock, ILogger<DownloadCounter> logger)
    : UpkeepService(clock, logger)
{
    // So far below nothing that no number of pulls leads out of it.
    private const long Ended = long.MinValue / 2;

    private readonly ILogger _logger = logger;
    private readonly ConcurrentDictionary<long, StrongCounter> _pulls = new();

    protected override TimeSpan Period => TimeSpan.FromSeconds(5);

    /// <summary>For how many repositories there is a counter.</summary>
    public int Counted => _pulls.Count;

    public void Count(long repositoryId) => Add(repositoryId, 1);

    /// <summary>Writes what has been counted.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        var pending = new List<KeyValuePair<long, long>>();
        foreach (var (id, counter) in _pulls)
        {
            if (Take(counter) is > 0 and var count)
            {
                pending.Add(new(id, count));
            }
            else if (Interlocked.CompareExchange(ref counter.Value, Ended, 0) == 0)
            {
                // Nobody has pulled since the last time, and the repository may be gone.
                _pulls.TryRemove(new(id, counter));
            }
        }

        if (pending.Count == 0)
        {
            return;
        }

        var isWritten = false;
        try
        {
            await repositories.AddDownloadsAsync(pending, cancellationToken);
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

    private static long Take(StrongCounter counter)
    {
        long count;
        do
        {
            count = Volatile.Read(ref counter.Value);
        }
        while (count > 0 && Interlocked.CompareExchange(ref counter.Value, 0, count) != count);

        return count;
    }

    private void Add(long repositoryId, long count)
    {
        StrongCounter counter;
        do
        {
            // Taken away this very moment: its successor counts.
            if (!_pulls.TryGetValue(repositoryId, out counter!))
            {
                counter = _pulls.GetOrAdd(repositoryId, static _ => new());
            }
        }
        while (Interlocked.Add(ref counter.Value, count) < 0);
    }

    protected override Task RunOnceAsync(CancellationToken stoppingToken) => FlushAsync(stoppingToken);

    protected override Task FinishAsync(CancellationToken cancellationToken) => FlushAsync(cancellationToken);

    [LoggerMessage(LogLevel.Warning, "Download counts of {Repositories} repositories could not be written; they are kept for the next time")]
    private partial void LogNotWritten(Exception exception, int repositories);
}
