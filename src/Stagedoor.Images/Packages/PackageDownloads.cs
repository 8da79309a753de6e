using Microsoft.Extensions.Logging;
using Stagedoor.Background;
using Stagedoor.Images.Repositories;
using Stagedoor.Storage;

namespace Stagedoor.Images.Packages;

/// <summary>Counts downloads in memory and adds them to the packages now and then; a crash loses the last few seconds of the count.</summary>
internal sealed partial class PackageDownloads(PackageStore packages, TimeProvider clock, ILogger<PackageDownloads> logger) : UpkeepService(clock, logger)
{
    private readonly ILogger _logger = logger;
    private readonly Tally _downloads = new();

    protected override TimeSpan Period => TimeSpan.FromSeconds(5);

    public void Count(long packageId) => _downloads.Add(packageId, 1);

    /// <summary>Writes what has been counted.</summary>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        var pending = _downloads.Take();
        if (pending.Count == 0)
        {
            return;
        }

        var isWritten = false;
        try
        {
            await packages.AddDownloadsAsync(pending, cancellationToken);
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
                _downloads.Return(pending);
            }
        }
    }

    protected override Task RunOnceAsync(CancellationToken stoppingToken) => FlushAsync(stoppingToken);

    protected override Task FinishAsync(CancellationToken cancellationToken) => FlushAsync(cancellationToken);

    [LoggerMessage(LogLevel.Warning, "Download counts of {Packages} packages could not be written; they are kept for the next time")]
    private partial void LogNotWritten(Exception exception, int packages);
}
