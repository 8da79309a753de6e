using Microsoft.Extensions.Logging;
using Stagedoor.Background;
using Stagedoor.Storage;

namespace Stagedoor.Images.Repositories;

/// <summary>Counts pulls in memory and adds them to the repositories now and then; a crash loses the last few seconds of the count.</summary>
internal sealed partial class DownloadCounter(RepositoryStore repositories, TimeProvider clock, ILogger<DownloadCounter> logger)
    : UpkeepService(clock, logger)
{
    private readonly ILogger _logger = logger;
    private readonly Tally _pulls = new();

    protected override TimeSpan Period => TimeSpan.FromSeconds(5);

    /// <summary>For how many repositories there is a counter.</summary>
    public int Counted => _pulls.Counted;

    public void Count(long repositoryId) => _pulls.Add(repositoryId, 1);

    /// <summary>Writes what has been counted.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        var pending = _pulls.Take();
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
                _pulls.Return(pending);
            }
        }
    }

    protected override Task RunOnceAsync(CancellationToken stoppingToken) => FlushAsync(stoppingToken);

    protected override Task FinishAsync(CancellationToken cancellationToken) => FlushAsync(cancellationToken);

    [LoggerMessage(LogLevel.Warning, "Download counts of {Repositories} repositories could not be written; they are kept for the next time")]
    private partial void LogNotWritten(Exception exception, int repositories);
}
