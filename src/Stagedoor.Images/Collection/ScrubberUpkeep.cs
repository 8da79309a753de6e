using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Stagedoor.Background;

namespace Stagedoor.Images.Collection;

/// <summary>Runs the scrubber in the background, a blob at a time.</summary>
internal sealed partial class ScrubberUpkeep(Scrubber scrubber, TimeProvider clock, IOptions<ImagesOptions> options, ILogger<ScrubberUpkeep> logger)
    : UpkeepService(clock, logger)
{
    private static readonly TimeSpan s_idle = TimeSpan.FromMinutes(10);
    private readonly ILogger _logger = logger;
    private bool _isIdle;

    // Between two blobs, so that checking a large store leaves the disk to those who pull.
    protected override TimeSpan Period => _isIdle ? s_idle : TimeSpan.FromSeconds(2);

    protected override TimeSpan FirstPause => TimeSpan.Zero;

    protected override async Task RunOnceAsync(CancellationToken stoppingToken)
    {
        _isIdle = true;
        if (options.Value.Scrubber.Enabled && await scrubber.ScrubOneAsync(stoppingToken) is var (digest, isIntact))
        {
            _isIdle = false;
            if (!isIntact)
            {
                LogCorrupt(digest);
            }
        }
    }

    [LoggerMessage(LogLevel.Error, "The stored bytes of {Digest} are not those of its digest; it is not served until it is pushed again")]
    private partial void LogCorrupt(Digest digest);
}
