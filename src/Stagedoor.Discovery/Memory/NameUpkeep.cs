using Microsoft.Extensions.Logging;
using Stagedoor.Background;
using Stagedoor.Discovery.Leasing;
using Stagedoor.Discovery.Log;

namespace Stagedoor.Discovery.Memory;

/// <summary>Forgets the names of tenants and providers that nothing is registered under any more, so that no caller can fill the memory with them.</summary>
internal sealed class NameUpkeep(RegistryWriter writer, Leases leases, TimeProvider clock, ILogger<NameUpkeep> logger) : UpkeepService(clock, logger)
{
    protected override TimeSpan Period => TimeSpan.FromSeconds(30);

    protected override Task RunOnceAsync(CancellationToken stoppingToken) => writer.TidyAsync(leases.Now);
}
