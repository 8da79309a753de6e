using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Stagedoor.Errors;
using Stagedoor.Storage;

namespace Stagedoor.Images.Collection;

/// <summary>Runs the collector and the scrubber in the background.</summary>
internal sealed partial class Upkeep(
    Collector collector, Scrubber scrubber, TimeProvider clock, IOptions<ImagesOptions> options, ILogger<Upkeep> logger) : BackgroundService
{
    // Between two blobs, so that checking a large store leaves the disk to those who pull.
    private static readonly TimeSpan s_scrubPause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_firstCollection = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan s_scrubIdle = TimeSpan.FromMinutes(10);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(
        options.Value.Collector.Enabled ? CollectAsync(stoppingToken) : Task.CompletedTask,
        options.Value.Scrubber.Enabled ? ScrubAsync(stoppingToken) : Task.CompletedTask);

    private async Task CollectAsync(CancellationToken stoppingToken)
    {
        // Soon after a start, so that a server that restarts often collects too; not at once, since a start has better things to do.
        await Task.Delay(s_firstCollection, clock, stoppingToken);
        using var timer = new PeriodicTimer(TimeSpan.FromMinutes(options.Value.Collector.IntervalMinutes), clock);
        do
        {
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
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task ScrubAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var pause = s_scrubIdle;
            try
            {
                if (await scrubber.ScrubOneAsync(stoppingToken) is var (digest, isIntact))
                {
                    pause = s_scrubPause;
                    if (!isIntact)
                    {
                        LogCorrupt(digest);
                    }
                }
            }
            catch (StorageException e)
            {
                LogNotScrubbed(e);
            }

            await Task.Delay(pause, clock, stoppingToken);
        }
    }

    [LoggerMessage(LogLevel.Information, "Collected {Tags} tags and {Blobs} blobs of {Bytes} bytes")]
    private partial void LogCollected(int tags, int blobs, long bytes);

    [LoggerMessage(LogLevel.Error, "{Code}: the collection stopped; what it had removed stays removed")]
    private partial void LogNotCollected(Exception exception, string code);

    [LoggerMessage(LogLevel.Error, "The stored bytes of {Digest} are not those of its digest; it is not served until it is pushed again")]
    private partial void LogCorrupt(Digest digest);

    [LoggerMessage(LogLevel.Warning, "A stored blob could not be checked")]
    private partial void LogNotScrubbed(Exception exception);
}
