using Microsoft.Extensions.Logging;
using Stagedoor.Background;

namespace Stagedoor.Images.Triggers.Webhooks;

/// <summary>Forgets old deliveries.</summary>
internal sealed class WebhookUpkeep(WebhookStore webhooks, TimeProvider clock, ILogger<WebhookUpkeep> logger) : UpkeepService(clock, logger)
{
    protected override TimeSpan Period => TimeSpan.FromHours(1);

    protected override Task RunOnceAsync(CancellationToken stoppingToken) => webhooks.TidyAsync(stoppingToken);
}
