using Microsoft.Extensions.Logging;
using Stagedoor.Background;
using Stagedoor.Iam.Credentials;
using Stagedoor.Iam.Tokens;
using Stagedoor.Storage;

namespace Stagedoor.Iam;

/// <summary>What the directory does beside requests: writes down when keys were used, drops secrets from memory, forgets what has expired.</summary>
internal sealed partial class IdentityUpkeep(
    Identities identities, RevocationStore revocations, LoginFailureStore failures, TemporaryKeys keys, TimeProvider clock, ILogger<IdentityUpkeep> logger)
    : UpkeepService(clock, logger)
{
    // Expired rows take room, nothing else; it is enough to look every ten minutes.
    private const int RoundsBetweenForgetting = 60;
    private readonly ILogger _logger = logger;
    private int _round;

    protected override TimeSpan Period => TimeSpan.FromSeconds(10);

    protected override async Task RunOnceAsync(CancellationToken stoppingToken)
    {
        identities.Sweep();
        await TryAsync(() => identities.FlushUsesAsync(stoppingToken));
        if (_round++ % RoundsBetweenForgetting == 0)
        {
            await TryAsync(() => revocations.ForgetExpiredAsync(stoppingToken));
            await TryAsync(() => failures.ForgetExpiredAsync(stoppingToken));
            await TryAsync(() => keys.ForgetExpiredAsync(stoppingToken));
        }
    }

    protected override Task FinishAsync(CancellationToken cancellationToken) => TryAsync(() => identities.FlushUsesAsync(cancellationToken));

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
    }

    [LoggerMessage(LogLevel.Warning, "Upkeep of the directory is postponed: the database does not answer")]
    private partial void LogPostponed(Exception exception);
}
