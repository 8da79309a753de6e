using Microsoft.Extensions.Logging;
using Stagedoor.Background;
using Stagedoor.Images.Oci.Tokens;

namespace Stagedoor.Images.Repositories;

/// <summary>Gives back the memory of what was remembered for a moment that is over.</summary>
internal sealed class CacheUpkeep(RegistryCache registry, IdentityCache identities, TimeProvider clock, ILogger<CacheUpkeep> logger) : UpkeepService(clock, logger)
{
    protected override TimeSpan Period => TimeSpan.FromSeconds(5);

    protected override Task RunOnceAsync(CancellationToken stoppingToken)
    {
        registry.Sweep();
        identities.Sweep();
        return Task.CompletedTask;
    }
}
