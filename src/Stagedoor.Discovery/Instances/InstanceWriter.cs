using Microsoft.AspNetCore.Http;
using Stagedoor.Discovery.Leasing;
using Stagedoor.Discovery.Log;
using Stagedoor.Discovery.Memory;
using Stagedoor.Discovery.Model;
using Stagedoor.Discovery.Quotas;
using Stagedoor.Discovery.Requests;
using Stagedoor.Http;
using Stagedoor.Http.Tenants;

namespace Stagedoor.Discovery.Instances;

/// <summary>
/// Registers, changes and removes instances. One that is registered already is heard of, and is from now on what the client says. What belongs to others stays: the
/// status OUTOFSERVICE, an operator's word, and when it was registered first.
/// </summary>
internal sealed class InstanceWriter(
    Registry registry, RegistryReader reader, RegistryWriter writer, Leases leases, InstanceRules rules, Quota quota, IdSource ids, TimeProvider clock)
{
    private const string OutOfService = "OUTOFSERVICE";

    /// <summary>Registers it.</summary>
    /// <returns>Its id.</returns>
    /// <exception cref="ApiException">It is not well-formed, one too many, or its microservice does not exist.</exception>
    public async Task<string> RegisterAsync(Tenant tenant, ServiceNode service, Instance sent, CancellationToken cancellationToken)
    {
        var instance = rules.Complete(sent, service.Id, service.Key.Version, Texts.Now(clock));

        // Another replica may have removed it a moment ago. And where its lease is over its removal may just be on its way to the database: that is
        // for the one to tell who decides both.
        await reader.CatchUpAsync();
        if (instance.InstanceId is { } known && service.Instances.TryGetValue(known, out var alive) && IsSame(alive.Body, Merge(alive.Body, instance))
            && !leases.IsOver(alive) && leases.Renew(alive))
        {
            return known;
        }

        if (instance.InstanceId is null || !service.Instances.ContainsKey(instance.InstanceId))
        {
            await quota.AskAsync(QuotaResource.Instance, tenant, service.Id, CountOf(tenant), 1, cancellationToken);
        }

        return await StoreAsync(tenant, service.Id, instance, isCounted: true);
    }

    /// <summary>Registers one of the engine's own, which no quota counts.</summary>
    public Task<string> RegisterOwnAsync(ServiceNode service, Instance sent) =>
        StoreAsync(Tenant.Default, service.Id, rules.Complete(sent, service.Id, service.Key.Version, Texts.Now(clock)), isCounted: false);

    /// <summary>Stores what a function makes of one.</summary>
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

    private async Task<string> StoreAsync(Tenant tenant, string serviceId, Instance instance, bool isCounted)
    {
        var id = instance.InstanceId ?? ids.NewId();
        await writer.WriteAsync([Scope.InService(tenant.Key, serviceId), Scope.Instance(tenant.Key, serviceId, id)], draft =>
        {
            var service = reader.FindKnown(tenant, serviceId) ?? throw reader.Missing(tenant, serviceId);
            var isNew = !service.Instances.TryGetValue(id, out var alive);
            if (isNew && isCounted)
            {
                quota.Check(QuotaResource.Instance, CountOf(tenant) + draft.Pending(EntryNames.Instance, tenant.Key), 1);
            }

            if (alive is not null)
            {
                // Here, where its removal is decided too: from now on its lease is not over.
                leases.Renew(alive);
            }

            var stored = alive is null ? instance : Merge(alive.Body, instance);
            if (alive is null || !IsSame(alive.Body, stored))
            {
                draft.Put(EntryNames.Instance, tenant.Key, EntryNames.Join(serviceId, id), stored with { InstanceId = id }, DiscoveryJson.Wire.Instance, isNew);
            }

            return true;
        });
        return id;
    }

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

    private static Instance Merge(Instance known, Instance sent) => sent with
    {
        Status = known.Status is OutOfService ? known.Status : sent.Status,
        Timestamp = known.Timestamp,
    };

    private static bool IsSame(Instance known, Instance sent) =>
        string.Equals(known.HostName, sent.HostName, StringComparison.Ordinal)
        && string.Equals(known.Status, sent.Status, StringComparison.Ordinal)
        && known.DataCenterInfo == sent.DataCenterInfo
        && (known.Endpoints ?? []).SequenceEqual(sent.Endpoints ?? [], StringComparer.Ordinal)
        && known.HealthCheck == sent.HealthCheck
        && known.DataCenterInfo == sent.DataCenterInfo
        && Texts.Same(known.Properties, sent.Properties);

    private int CountOf(Tenant tenant) => registry.FindTenant(tenant.Key)?.Instances ?? 0;
}
