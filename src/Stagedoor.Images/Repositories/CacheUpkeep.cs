using Microsoft.Extensions.Logging;
using Stagedoor.Background;
using Stagedoor.Images.Oci.Tokens;
using Stagedoor.Images.Tags;

namespace Stagedoor.Images.Repositories;

/// <summary>Gives back the memory of what was remembered for a moment that is over.</summary>
internal sealed class CacheUpkeep(
    RegistryCache registry, IdentityCache identities, TagPageCache tags, TimeProvider clock, ILogger<CacheUpkeep> logger) : UpkeepService(clock, logger)
{
    protected override TimeSpan Period => TimeSpan.FromSeconds(5);

    protected override Task RunOnceAsync(CancellationToken stoppingToken)
    {
        registry.Sweep();
        identities.Sweep();
        tags.Sweep();
        return Task.CompletedTask;
    }
}
