using Stagedoor.Discovery.Log;
using Stagedoor.Discovery.Microservices;
using Stagedoor.Discovery.Model;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Tenants;
using Stagedoor.Storage;

namespace Stagedoor.Discovery.Memory;

/// <summary>
/// Looks things up for handlers. What memory does not know another replica may have registered a moment ago; so before something is said to
/// be missing the database is asked, once for all who wait; when it does not answer, that is the fault, and nothing is said to be missing.
/// </summary>
internal sealed class RegistryReader(Registry registry, RegistryWriter writer, EntryStore store, EntryKinds kinds)
{
    /// <summary>The microservice.</summary>
    /// <exception cref="ApiException">It does not exist, or its record is damaged.</exception>
    /// <exception cref="StorageException">Memory does not hold it, and the database does not answer.</exception>
    public async ValueTask<ServiceNode> RequireServiceAsync(Tenant tenant, string serviceId, string what = "service") =>
        await FindServiceAsync(tenant, serviceId) ?? throw Missing(tenant, serviceId, what);

    /// <summary>The microservice as far as memory goes, for decisions about a write: by then memory is complete.</summary>
    public ServiceNode? FindKnown(Tenant tenant, string serviceId) => registry.FindService(tenant, serviceId);

    /// <summary>The microservice; null when it does not exist.</summary>
    /// <exception cref="StorageException">Memory does not hold it, and the database does not answer.</exception>
    public async ValueTask<ServiceNode?> FindServiceAsync(Tenant tenant, string serviceId)
    {
        if (registry.FindService(tenant, serviceId) is { } known)
        {
            return known;
        }

        await writer.RequireCurrentAsync();
        return registry.FindService(tenant, serviceId);
    }

    /// <summary>The instance; null when it or its microservice does not exist.</summary>
    /// <exception cref="StorageException">Memory does not hold it, and the database does not answer.</exception>
    public async ValueTask<InstanceNode?> FindInstanceAsync(Tenant tenant, string serviceId, string instanceId)
    {
        if (registry.FindInstance(tenant, serviceId, instanceId) is { } known)
        {
            return known;
        }

        await writer.RequireCurrentAsync();
        return registry.FindInstance(tenant, serviceId, instanceId);
    }

    /// <summary>The provider of this name or alias; null when nothing is registered under it.</summary>
    /// <exception cref="StorageException">Memory does not hold it, and the database does not answer.</exception>
    public async ValueTask<Provider?> FindProviderAsync(string tenant, ProviderName name)
    {
        if (registry.FindTenant(tenant)?.FindProvider(name) is { } known)
        {
            return known;
        }

        await writer.RequireCurrentAsync();
        return registry.FindTenant(tenant)?.FindProvider(name);
    }

    /// <summary>Takes over what other replicas did, before something is listed.</summary>
    /// <returns>Why memory may lack something; null when it does not.</returns>
    public Task<StorageException?> CatchUpAsync() => writer.CatchUpAsync();

    /// <summary>Takes over what other replicas did, before something that memory does not hold is said to be missing.</summary>
    /// <exception cref="StorageException">The database does not answer, so nobody knows.</exception>
    public Task RequireCurrentAsync() => writer.RequireCurrentAsync();

    /// <summary>The tenant's microservices, by application, name and version.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="shared">Knows which are shared.</param>
    /// <param name="withShared">Also those that every tenant finds; else not even in the tenant that they live in.</param>
    public IReadOnlyList<ServiceNode> ServicesOf(Tenant tenant, SharedServices shared, bool withShared)
    {
        var own = (registry.FindTenant(tenant.Key)?.Services.Values ?? []).Where(s => !shared.IsShared(s));
        var all = withShared ? own.Concat((registry.FindTenant(Tenant.Default.Key)?.Services.Values ?? []).Where(shared.IsShared)) : own;
        return
        [
            .. all.OrderBy(static s => s.Key.Environment, StringComparer.Ordinal).ThenBy(static s => s.Key.AppId, StringComparer.Ordinal)
                .ThenBy(static s => s.Key.Name, StringComparer.Ordinal).ThenBy(static s => s.Version).ThenBy(static s => s.Id, StringComparer.Ordinal),
        ];
    }

    /// <summary>All instances of the tenant.</summary>
    public IEnumerable<InstanceNode> InstancesOf(Tenant tenant) =>
        registry.FindTenant(tenant.Key)?.Services.Values.SelectMany(static s => s.Instances.Values) ?? [];

    /// <summary>Makes sure that what is read next is what the database holds.</summary>
    /// <exception cref="StorageException">The database does not answer.</exception>
    public async Task ReadThroughAsync(CancellationToken cancellationToken)
    {
        writer.RequireDatabase();
        var head = await writer.WithPatienceAsync(async token => (await store.ReadSinceAsync(long.MaxValue, token)).Head, cancellationToken);
        if (head.Revision > writer.Applied)
        {
            await writer.RequireCurrentAsync();
        }
    }

    /// <summary>The error for a microservice that is not there, or cannot be read.</summary>
    public ApiException Missing(Tenant tenant, string serviceId, string what = "service") => kinds.IsDamaged(EntryNames.Service, tenant.Key, serviceId)
        ? new(DiscoveryCodes.Internal, $"the stored record of service[{serviceId}] cannot be decoded")
        : DiscoveryError.MicroserviceNotFound($"{what}[{serviceId}] not found");

    /// <summary>The error for an instance that is not there, or cannot be read.</summary>
    public ApiException MissingInstance(Tenant tenant, string serviceId, string instanceId) =>
        kinds.IsDamaged(EntryNames.Instance, tenant.Key, EntryNames.Join(serviceId, instanceId))
            ? new(DiscoveryCodes.Internal, $"the stored record of instance[{serviceId}/{instanceId}] cannot be decoded")
            : DiscoveryError.InstanceNotFound(serviceId, instanceId);

    /// <summary>The error for a contract that is not there, or cannot be read.</summary>
    public ApiException MissingContract(Tenant tenant, string serviceId, string schemaId) =>
        kinds.IsDamaged(EntryNames.Contract, tenant.Key, EntryNames.Join(serviceId, schemaId))
            ? new(DiscoveryCodes.Internal, $"the stored record of schema[{serviceId}/{schemaId}] cannot be decoded")
            : DiscoveryError.SchemaNotFound(serviceId, schemaId);
}
