using Stagedoor.Discovery.Memory;
using Stagedoor.Http.Tenants;

namespace Stagedoor.Discovery.Finding;

/// <summary>Tells other modules where microservices of the default tenant are.</summary>
internal sealed class ServiceAddresses(RegistryReader reader) : IServiceAddresses
{
    public async ValueTask<string?> FindAddressAsync(string application, string service, CancellationToken cancellationToken)
    {
        var provider = await reader.FindProviderAsync(Tenant.Default.Key, new("", application, service));
        return provider?.Services.Values
            .OrderByDescending(static s => s.Version)
            .SelectMany(static s => s.Instances.Values)
            .Where(static i => string.Equals(i.Body.Status, "UP", StringComparison.Ordinal))
            .OrderBy(static i => i.Id, StringComparer.Ordinal)
            .SelectMany(static i => i.Body.Endpoints ?? [])
            .Select(static e => Uri.TryCreate(e, UriKind.Absolute, out var uri) && uri.Authority.Length > 0 ? uri.Authority : null)
            .FirstOrDefault(static a => a is not null);
    }
}
