using Stagedoor.Discovery.Log;
using Stagedoor.Discovery.Log.Entries;
using Stagedoor.Discovery.Memory;
using Stagedoor.Discovery.Model;
using Stagedoor.Discovery.Quotas;
using Stagedoor.Discovery.Relations;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Tenants;

namespace Stagedoor.Discovery.Microservices;

/// <summary>Registers and deletes microservices: the same key twice is the same microservice, and after a deletion it gets the id that it had.</summary>
internal sealed class MicroserviceWriter(Registry registry, RegistryReader reader, RegistryWriter writer, Quota quota, TimeProvider clock)
{
    /// <summary>Registers it, unless it is registered.</summary>
    /// <returns>Its id, and whether it was registered before.</returns>
    /// <exception cref="ApiException">It is not well-formed, contradicts what is registered, or is one too many.</exception>
    public async Task<(string Id, bool WasKnown)> RegisterAsync(Tenant tenant, Microservice sent, CancellationToken cancellationToken)
    {
        var service = MicroserviceRules.Complete(sent, Texts.Now(clock));
        MicroserviceRules.Check(service);

        // Another replica may have deleted it a moment ago.
        await writer.CatchUpAsync();
        if (Find(tenant, service) is { } known)
        {
            return (known, true);
        }

        await quota.AskAsync(QuotaResource.Service, tenant, null, CountOf(tenant), 1, cancellationToken);
        return (await AddAsync(tenant, service, isCounted: true), false);
    }

    /// <summary>Registers one of the engine's own, which no quota counts.</summary>
    public Task<string> RegisterOwnAsync(Microservice sent) =>
        AddAsync(Tenant.Default, MicroserviceRules.Complete(sent, Texts.Now(clock)), isCounted: false);

    /// <summary>Deletes one with all that belongs to it.</summary>
    /// <returns>Null, or why it stays.</returns>
    public Task<ApiException?> RemoveAsync(Tenant tenant, string serviceId, bool isForced) => writer.WriteAsync(
        [Scope.Service(tenant.Key, serviceId)],
        draft =>
        {
            if (reader.FindKnown(tenant, serviceId) is not { } service)
            {
                return reader.Missing(tenant, serviceId);
            }

            if ((SharedServices.IsOwn(service) ? DiscoveryError.Invalid("serviceId", "the engine's own services stay") : isForced ? null : Refuse(service)) is { } refusal)
            {
                return refusal;
            }

            Delete(draft, service);
            return null;
        });

    private Task<string> AddAsync(Tenant tenant, Microservice service, bool isCounted)
    {
        var id = IdOf(tenant.Key, service);
        List<Scope> scopes = [Scope.Service(tenant.Key, id), Scope.Identity(tenant.Key, $"{service.Key}")];
        if (service.AliasKey is { } alias)
        {
            scopes.Add(Scope.Identity(tenant.Key, $"{alias}"));
        }

        return writer.WriteAsync<string>([.. scopes], draft =>
        {
            if (Find(tenant, service) is { } known)
            {
                return known;
            }

            if (isCounted)
            {
                quota.Check(QuotaResource.Service, CountOf(tenant) + draft.Pending(EntryNames.Service, tenant.Key), 1);
                quota.Check(QuotaResource.Schema, 0, service.Schemas?.Count ?? 0);
            }

            draft.Put(EntryNames.Service, tenant.Key, id, service with { ServiceId = id }, DiscoveryJson.Wire.Microservice, isNew: true);
            return id;
        });
    }

    private static string IdOf(string tenant, Microservice service) => service.ServiceId ?? ServiceIds.Of(tenant, service.Key);

    private int CountOf(Tenant tenant) => registry.FindTenant(tenant.Key)?.Services.Count ?? 0;

    private string? Find(Tenant tenant, Microservice service) =>
        registry.FindTenant(tenant.Key) is { } state ? Find(state, service) : null;

    /// <summary>The id under which it is registered; null when it is not.</summary>
    /// <remarks>
    /// Also asked beside the thread that writes. What that one is just taking in stands under its id first, then under its key, then under its alias; this
    /// looks under the key first, so what it finds under the others may be the same microservice, sent twice at once.
    /// </remarks>
    /// <exception cref="ApiException">It contradicts what is registered.</exception>
    internal static string? Find(TenantState state, Microservice service)
    {
        if (state.ByKey.TryGetValue(service.Key, out var owner))
        {
            return Same(owner, service);
        }

        // Also an id that follows from the key may be another's: somebody chose it.
        var id = IdOf(state.Key, service);
        if (state.Services.TryGetValue(id, out var other))
        {
            return other.Key == service.Key ? Same(other, service) : throw Exists($"the id {id} belongs to {other.Key}");
        }

        return service.AliasKey is not { } alias || !state.ByAlias.TryGetValue(alias, out var namesake) ? null
            : namesake.Key == service.Key ? Same(namesake, service)
            : throw Exists($"the alias {service.Alias} belongs to service[{namesake.Id}], {namesake.Key}");
    }

    private static string Same(ServiceNode known, Microservice service) =>
        service.ServiceId is { } wanted && !string.Equals(wanted, known.Id, StringComparison.Ordinal)
            ? throw Exists($"service[{known.Id}] has the key {service.Key}")
            : known.Id;

    private static ApiException Exists(string detail) => new(DiscoveryCodes.MicroserviceExists, detail);

    private static ApiException? Refuse(ServiceNode service)
    {
        var consumer = Dependencies.ConsumersOf(service).FirstOrDefault(c => !ReferenceEquals(c, service));
        return consumer is not null ? new(DiscoveryCodes.ConsumersDepend, $"service[{consumer.Id}], {consumer.Key}, depends on it")
            : !service.Instances.IsEmpty ? new(DiscoveryCodes.InstanceDeployed, $"it has {service.Instances.Count} instances")
            : null;
    }

    private static void Delete(Draft draft, ServiceNode service)
    {
        var tenant = service.Tenant.Key;
        foreach (var instance in service.Instances.Keys)
        {
            draft.Delete(EntryNames.Instance, tenant, EntryNames.Join(service.Id, instance));
        }

        foreach (var schemaId in service.Contracts.Keys)
        {
            draft.Delete(EntryNames.Contract, tenant, EntryNames.Join(service.Id, schemaId));
        }

        foreach (var rule in service.Rules)
        {
            draft.Delete(EntryNames.Rule, tenant, EntryNames.Join(service.Id, rule.Body.RuleId!));
        }

        foreach (var edge in service.Edges.Keys)
        {
            draft.Delete(EntryNames.Edge, tenant, EdgeEntries.IdOf(service.Id, edge));
        }

        draft.Delete(EntryNames.Tags, tenant, service.Id);
        draft.Delete(EntryNames.Service, tenant, service.Id);
    }
}
