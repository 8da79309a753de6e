using Microsoft.Extensions.Options;
using Stagedoor.Discovery.Memory;
using Stagedoor.Http.Tenants;

namespace Stagedoor.Discovery.Schemas;

/// <summary>Knows whose contracts may not change any more.</summary>
internal sealed class SchemaLocks(IOptions<DiscoveryOptions> options)
{
    private const string Production = "production";

    public bool Covers(Tenant tenant, ServiceNode service) => ModeOf(tenant) switch
    {
        SchemaLock.Production => service.Key.Environment is Production,
        SchemaLock.Strict => service.Key.Environment is Production or "",
        _ => false,
    };

    private SchemaLock ModeOf(Tenant tenant) => options.Value.SchemaLocks.TryGetValue(tenant.Key, out var own) ? own : options.Value.SchemaLock;
}
