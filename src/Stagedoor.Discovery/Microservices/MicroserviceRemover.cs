using Stagedoor.Discovery.Log;
using Stagedoor.Discovery.Log.Entries;
using Stagedoor.Discovery.Memory;
using Stagedoor.Discovery.Relations;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Tenants;

namespace Stagedoor.Discovery.Microservices;

/// <summary>Deletes microservices with all that belongs to them.</summary>
internal sealed class MicroserviceRemover(RegistryReader reader, RegistryWriter writer)
{
    /// <summary>Deletes one.</summary>
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
