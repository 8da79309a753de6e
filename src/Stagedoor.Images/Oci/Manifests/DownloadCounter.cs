using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Stagedoor.Storage;

namespace Stagedoor.Images.Oci.Manifests;

/// <summary>Counts pulls in memory and adds them to the repositories now and then; a crash loses the last few seconds of the count.</summary>
internal sealed partial class DownloadCounter(RepositoryStore repositories, TimeProvider clock, ILogger<DownloadCounter> logger) : BackgroundService
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(5);
    private readonly ConcurrentDictionary<long, StrongCounter> _pulls = new();

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

        try
        {
            await repositories.AddDownloadsAsync(pending, cancellationToken);
        }
        catch (StorageException e)
        {
            LogNotWritten(e, pending.Count);
            foreach (var (id, count) in pending)
            {
                Interlocked.Add(ref _pulls[id].Value, count);
            }
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_interval, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await FlushAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            await FlushAsync(CancellationToken.None);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Download counts of {Repositories} repositories could not be written; they are kept for the next time")]
    private partial void LogNotWritten(Exception exception, int repositories);
}
