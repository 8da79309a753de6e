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
    // A collection looks at everything that is stored. However much that is, it takes a small share of the time.
    private const int Share = 20;

    private static readonly TimeSpan s_longestPause = TimeSpan.FromHours(24);
    private readonly ILogger _logger = logger;
    private TimeSpan _lasted;

    protected override TimeSpan Period => TimeSpan.FromTicks(Math.Max(
        TimeSpan.FromMinutes(options.Value.Collector.IntervalMinutes).Ticks, Math.Min(_lasted.Ticks * Share, s_longestPause.Ticks)));

    // Soon after a start, so that a server that restarts often collects too; not at once, since a start has better things to do.
    protected override TimeSpan FirstPause => TimeSpan.FromSeconds(20);

    protected override async Task RunOnceAsync(CancellationToken stoppingToken)
    {
        if (!options.Value.Collector.Enabled)
        {
            return;
        }

        var began = Clock.GetTimestamp();
        try
        {
            var collected = await collector.CollectAsync(stoppingToken);
            if (collected.Blobs + collected.Released + collected.Retired + collected.Aside + collected.Expired > 0)
            {
                LogCollected(collected.Released, collected.Retired, collected.Blobs, collected.Bytes, collected.Aside, collected.Expired);
            }

            if (collected is { Objection: { } objection, IsNews: true })
            {
                LogHeld(objection);
            }
        }
        catch (StorageException e)
        {
            LogNotCollected(e, ImagesCodes.DeleteStoredLayerFailed.Code);
        }
        finally
        {
            _lasted = Clock.GetElapsedTime(began);
        }
    }

    [LoggerMessage(LogLevel.Information, "Collected {Tags} tags, {Manifests} manifests and {Blobs} blobs of {Bytes} bytes; {Aside} objects without a row set aside, {Expired} removed that were")]
    private partial void LogCollected(int tags, int manifests, int blobs, long bytes, int aside, int expired);

    [LoggerMessage(LogLevel.Error, "Nothing is collected: {Objection}")]
    private partial void LogHeld(string objection);

    [LoggerMessage(LogLevel.Error, "{Code}: the collection stopped; what it had removed stays removed")]
    private partial void LogNotCollected(Exception exception, string code);
}
