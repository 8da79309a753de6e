using Stagedoor.Discovery.Memory;
using Stagedoor.Discovery.Microservices;

namespace Stagedoor.Discovery.Relations;

/// <summary>The microservices on the other ends of a microservice's edges, in the order of their keys.</summary>
internal sealed class RelatedServices(Dependencies dependencies, SharedServices shared)
{
    /// <summary>What it depends on.</summary>
    /// <param name="service">The microservice.</param>
    /// <param name="sameDomain">Without shared ones.</param>
    /// <param name="noSelf">Without itself.</param>
    public IReadOnlyList<ServiceNode> ProvidersOf(ServiceNode service, bool sameDomain, bool noSelf) =>
        Choose(service.Edges.Keys.SelectMany(dependencies.ProvidersOf), service, sameDomain, noSelf);

    /// <summary>What depends on it. Consumers of a shared microservice in other tenants are not shown.</summary>
    /// <param name="service">The microservice.</param>
    /// <param name="sameDomain">Without shared ones.</param>
    /// <param name="noSelf">Without itself.</param>
    public IReadOnlyList<ServiceNode> ConsumersOf(ServiceNode service, bool sameDomain, bool noSelf) =>
        Choose(Dependencies.ConsumersOf(service).Where(c => ReferenceEquals(c.Tenant, service.Tenant)), service, sameDomain, noSelf);

    private IReadOnlyList<ServiceNode> Choose(IEnumerable<ServiceNode> found, ServiceNode service, bool sameDomain, bool noSelf) =>
    [
        .. found.Distinct().Where(s => !(sameDomain && shared.IsShared(s)) && !(noSelf && ReferenceEquals(s, service)))
            .OrderBy(static s => s.Key.AppId, StringComparer.Ordinal).ThenBy(static s => s.Key.Name, StringComparer.Ordinal)
            .ThenBy(static s => s.Version).ThenBy(static s => s.Id, StringComparer.Ordinal),
    ];
}
