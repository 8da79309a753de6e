using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Stagedoor.Gateway.Iam.Tokens;
using Stagedoor.Storage;

namespace Stagedoor.Gateway.Iam;

/// <summary>What the directory does beside requests: writes down when keys were used, drops secrets from memory, forgets what has expired.</summary>
internal sealed partial class IdentityUpkeep(
    Identities identities, RevocationStore revocations, LoginFailureStore failures, TimeProvider clock, ILogger<IdentityUpkeep> logger)
    : BackgroundService
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(10);

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await TryAsync(() => identities.FlushUsesAsync(cancellationToken));
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(s_interval, clock);
        for (var round = 0; await NextAsync(timer, stoppingToken); round++)
        {
            identities.Sweep();
            await TryAsync(() => identities.FlushUsesAsync(stoppingToken));
            if (round % 60 == 0)
            {
                await TryAsync(() => revocations.ForgetExpiredAsync(stoppingToken));
                await TryAsync(() => failures.ForgetExpiredAsync(stoppingToken));
            }
        }
    }

    private static async Task<bool> NextAsync(PeriodicTimer timer, CancellationToken stoppingToken)
    {
        try
        {
            return await timer.WaitForNextTickAsync(stoppingToken);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private async Task TryAsync(Func<Task> step)
    {
        try
        {
            await step();
        }
        catch (StorageException e)
        {
            LogPostponed(e);
        }
        catch (OperationCanceledException)
        {
            // The host stops.
        }
    }

    [LoggerMessage(LogLevel.Warning, "Upkeep of the directory is postponed: the database does not answer")]
    private partial void LogPostponed(Exception exception);
}
