using Stagedoor.Discovery.Memory;

namespace Stagedoor.Discovery.Health;

/// <summary>How many microservices and instances are registered, of all tenants together.</summary>
internal sealed class RegistryCensus(Registry registry) : ICensus
{
    public string Service => "discovery";

    public Task<IReadOnlyList<Headcount>> CountAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<Headcount>>(
        [new("microservices", registry.Tenants.Sum(static t => t.Services.Count)), new("instances", registry.Tenants.Sum(static t => t.Instances))]);
}
