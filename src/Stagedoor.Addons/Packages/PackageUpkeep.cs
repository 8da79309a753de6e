using Microsoft.Extensions.Logging;
using Stagedoor.Background;

namespace Stagedoor.Addons.Packages;

/// <summary>Removes packages that a server has stored and not recorded before it died.</summary>
internal sealed partial class PackageUpkeep(PackageStore packages, TimeProvider clock, ILogger<PackageUpkeep> logger) : UpkeepService(clock, logger)
{
    protected override TimeSpan Period => TimeSpan.FromHours(1);

    protected override async Task RunOnceAsync(CancellationToken stoppingToken)
    {
        if (await packages.RemoveUnrecordedAsync(stoppingToken) is > 0 and var count)
        {
            LogRemoved(count);
        }
    }

    [LoggerMessage(LogLevel.Information, "{Count} packages were removed that had been stored and never recorded")]
    private partial void LogRemoved(int count);
}
