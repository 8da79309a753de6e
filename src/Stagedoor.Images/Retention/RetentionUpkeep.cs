using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Stagedoor.Background;

namespace Stagedoor.Images.Retention;

/// <summary>Has rules executed every now and then. Each replica asks; a rule that another one has begun with is not due any more.</summary>
internal sealed class RetentionUpkeep(RetentionStore store, TimeProvider clock, IOptions<ImagesOptions> options, ILogger<RetentionUpkeep> logger)
    : UpkeepService(clock, logger)
{
    private const int Most = 500;

    protected override TimeSpan Period => TimeSpan.FromMinutes(1);

    protected override async Task RunOnceAsync(CancellationToken stoppingToken)
    {
        var settings = options.Value.Retention;
        if (settings.Enabled)
        {
            await store.AskForDueAsync(TimeSpan.FromMinutes(settings.IntervalMinutes), Most, stoppingToken);
        }

        await store.ForgetAsync(TimeSpan.FromDays(settings.HistoryDays), stoppingToken);
    }
}
