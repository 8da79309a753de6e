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
    private readonly ILogger _logger = logger;
    private readonly ConcurrentDictionary<long, StrongCounter> _pulls = new();

    protected override TimeSpan Period => TimeSpan.FromSeconds(5);

    public void Count(long repositoryId)
    {
        if (!_pulls.TryGetValue(repositoryId, out var counter))
        {
            counter = _pulls.GetOrAdd(repositoryId, static _ => new());
        }

        Interlocked.Increment(ref counter.Value);
    }

    /// <summary>Writes what has been counted.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        var pending = new List<KeyValuePair<long, long>>();
        foreach (var (id, counter) in _pulls)
        {
            if (Interlocked.Exchange(ref counter.Value, 0) is > 0 and var count)
            {
                pending.Add(new(id, count));
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
                pending.ForEach(p => Interlocked.Add(ref _pulls[p.Key].Value, p.Value));
            }
        }
    }

    protected override Task RunOnceAsync(CancellationToken stoppingToken) => FlushAsync(stoppingToken);

    protected override Task FinishAsync(CancellationToken cancellationToken) => FlushAsync(cancellationToken);

    [LoggerMessage(LogLevel.Warning, "Download counts of {Repositories} repositories could not be written; they are kept for the next time")]
    private partial void LogNotWritten(Exception exception, int repositories);
}
