using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Stagedoor.Background;
using Stagedoor.Errors;
using Stagedoor.Storage;

namespace Stagedoor.Images.Collection;

/// <summary>Runs the collector in the background.</summary>
internal sealed partial class CollectorUpkeep(
    Collector collector, TimeProvider clock, IOptions<ImagesOptions> options, ILogger<CollectorUpkeep> logger)
    : UpkeepService(clock, logger)
{
    private readonly ILogger _logger = logger;

    protected override TimeSpan Period => TimeSpan.FromMinutes(options.Value.Collector.IntervalMinutes);

    // Soon after a start, so that a server that restarts often collects too; not at once, since a start has better things to do.
    protected override TimeSpan FirstPause => TimeSpan.FromSeconds(20);

    protected override async Task RunOnceAsync(CancellationToken stoppingToken)
    {
        if (!options.Value.Collector.Enabled)
        {
            return;
        }

        try
        {
            var collected = await collector.CollectAsync(stoppingToken);
            if (collected.Blobs + collected.Tags > 0)
            {
                LogCollected(collected.Tags, collected.Blobs, collected.Bytes);
            }
        }
        catch (StorageException e)
        {
            LogNotCollected(e, ImagesCodes.DeleteStoredLayerFailed.Code);
        }
    }

    [LoggerMessage(LogLevel.Information, "Collected {Tags} tags and {Blobs} blobs of {Bytes} bytes")]
    private partial void LogCollected(int tags, int blobs, long bytes);

    [LoggerMessage(LogLevel.Error, "{Code}: the collection stopped; what it had removed stays removed")]
    private partial void LogNotCollected(Exception exception, string code);
}
