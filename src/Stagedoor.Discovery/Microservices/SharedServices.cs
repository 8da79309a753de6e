using Microsoft.Extensions.Options;
using Stagedoor.Discovery.Memory;
using Stagedoor.Http.Tenants;

namespace Stagedoor.Discovery.Microservices;

/// <summary>Microservices of <c>default/default</c>, application <c>default</c>, that every tenant finds; among them the engine's own.</summary>
internal sealed class SharedServices(IOptions<DiscoveryOptions> options)
{
    /// <summary>The name under which the engine registers itself.</summary>
    public const string Engine = "SERVICECENTER";

    /// <summary>The name under which clients look for the dashboard.</summary>
    public const string Dashboard = "CseMonitoring";

    private const string Application = "default";
    private readonly HashSet<string> _names = new([Engine, Dashboard, .. options.Value.SharedServices], StringComparer.Ordinal);

    /// <summary>Whether a name or alias that someone looks for is a shared one.</summary>
    public bool IsShared(string appId, string name) => string.Equals(appId, Application, StringComparison.Ordinal) && _names.Contains(name);

    public bool IsShared(ServiceNode service) =>
        string.Equals(service.Tenant.Key, Tenant.Default.Key, StringComparison.Ordinal)
        && (IsShared(service.Key.AppId, service.Key.Name) || (service.Body.Alias is { } alias && IsShared(service.Key.AppId, alias)));

    /// <summary>Whether it is the engine's own, which nobody deletes.</summary>
    public static bool IsOwn(ServiceNode service) =>
        string.Equals(service.Tenant.Key, Tenant.Default.Key, StringComparison.Ordinal)
        && service.Key is { AppId: Application, Name: Engine or Dashboard };
}
