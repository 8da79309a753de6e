using Microsoft.AspNetCore.Http;
using Stagedoor.Discovery.Log;
using Stagedoor.Discovery.Memory;
using Stagedoor.Discovery.Model;
using Stagedoor.Discovery.Requests;
using Stagedoor.Http.Tenants;

namespace Stagedoor.Discovery.Instances;

/// <summary>Changes or removes one instance.</summary>
internal sealed class InstanceChanger(RegistryReader reader, RegistryWriter writer, TimeProvider clock)
{
    /// <summary>Stores what a function makes of it.</summary>
    public Task<IResult> ChangeAsync(Tenant tenant, string serviceId, string instanceId, Func<Instance, Instance> change) =>
        DecideAsync(tenant, serviceId, instanceId, (draft, node) =>
        {
            var changed = change(node.Body);
            if (changed != node.Body)
            {
                draft.Put(
                    EntryNames.Instance, tenant.Key, EntryNames.Join(serviceId, instanceId), changed with { ModTimestamp = Texts.Now(clock) }, DiscoveryJson.Wire.Instance);
            }
        });

    public Task<IResult> RemoveAsync(Tenant tenant, string serviceId, string instanceId) =>
        DecideAsync(tenant, serviceId, instanceId, (draft, _) => draft.Delete(EntryNames.Instance, tenant.Key, EntryNames.Join(serviceId, instanceId)));

    private async Task<IResult> DecideAsync(Tenant tenant, string serviceId, string instanceId, Action<Draft, InstanceNode> decide)
    {
        if (!writer.IsShared && reader.FindKnown(tenant, serviceId)?.Instances.ContainsKey(instanceId) is not true)
        {
            return reader.MissingInstance(tenant, serviceId, instanceId);
        }

        return await writer.WriteAsync<IResult>(
            [Scope.InService(tenant.Key, serviceId), Scope.Instance(tenant.Key, serviceId, instanceId)],
            draft =>
            {
                if (reader.FindKnown(tenant, serviceId)?.Instances.GetValueOrDefault(instanceId) is not { } node)
                {
                    return reader.MissingInstance(tenant, serviceId, instanceId);
                }

                decide(draft, node);
                return EmptyAnswer.Value;
            });
    }
}
