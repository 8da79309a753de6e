using Microsoft.AspNetCore.Http;
using Stagedoor.Discovery.Log;
using Stagedoor.Discovery.Memory;
using Stagedoor.Discovery.Model;
using Stagedoor.Discovery.Quotas;
using Stagedoor.Discovery.Requests;
using Stagedoor.Http;
using Stagedoor.Http.Tenants;

namespace Stagedoor.Discovery.Schemas;

/// <summary>Changes the contracts of microservices, and the ids that these declare with them.</summary>
internal sealed class ContractWriter(RegistryReader reader, RegistryWriter writer, Quota quota, SchemaLocks locks, TimeProvider clock)
{
    private const int MaxSummary = 128;

    /// <summary>Puts one contract in its place.</summary>
    public Task<IResult> PutAsync(Tenant tenant, string serviceId, string schemaId, Contract contract, CancellationToken cancellationToken) =>
        ChangeAsync(tenant, serviceId, service => ContractChange.One(service, schemaId, contract, locks.Covers(tenant, service)), cancellationToken);

    /// <summary>Puts a set of contracts in the place of all.</summary>
    public Task<IResult> PutAllAsync(
        Tenant tenant, string serviceId, IReadOnlyDictionary<string, Contract> contracts, CancellationToken cancellationToken) =>
        ChangeAsync(tenant, serviceId, service => ContractChange.All(service, contracts, locks.Covers(tenant, service)), cancellationToken);

    /// <summary>Removes a contract's content; its id stays declared.</summary>
    public Task<IResult> RemoveAsync(Tenant tenant, string serviceId, string schemaId) => writer.WriteAsync<IResult>(
        [Scope.Service(tenant.Key, serviceId)],
        draft =>
        {
            if (reader.FindKnown(tenant, serviceId) is not { } service)
            {
                return reader.Missing(tenant, serviceId);
            }

            if (!service.Contracts.ContainsKey(schemaId))
            {
                return reader.MissingContract(tenant, serviceId, schemaId);
            }

            draft.Delete(EntryNames.Contract, tenant.Key, EntryNames.Join(serviceId, schemaId));
            return EmptyAnswer.Value;
        });

    /// <exception cref="ApiException">It is no id of a contract.</exception>
    public static string CheckId(string? schemaId) => Names.IsSchemaId(schemaId)
        ? schemaId!
        : throw DiscoveryError.Invalid("schemaId", "1 to 160 of letters, digits and '_', '-', '.' between them");

    /// <exception cref="ApiException">It has no content, or its digest is none.</exception>
    public static Contract Check(string? schema, string? summary, bool needsSummary)
    {
        if (string.IsNullOrEmpty(schema))
        {
            throw DiscoveryError.Invalid("schema", "the text of a contract, not empty");
        }

        return Names.IsSummary(summary) && !(needsSummary && string.IsNullOrEmpty(summary))
            ? new(schema, Texts.OrNull(summary))
            : throw DiscoveryError.Invalid("summary", $"{(needsSummary ? "1 to" : "at most")} {MaxSummary} letters and digits");
    }

    private async Task<IResult> ChangeAsync(Tenant tenant, string serviceId, Func<ServiceNode, ContractChange> decide, CancellationToken cancellationToken)
    {
        if (await reader.FindServiceAsync(tenant, serviceId) is not { } known)
        {
            return reader.Missing(tenant, serviceId);
        }

        // Only what will be stored is worth a question.
        if (decide(known) is { Refusal: null } expected)
        {
            await quota.AskAsync(QuotaResource.Schema, tenant, serviceId, ContractChange.CountOf(known), expected.Growth, cancellationToken);
        }

        return await writer.WriteAsync<IResult>([Scope.Service(tenant.Key, serviceId)], draft =>
        {
            if (reader.FindKnown(tenant, serviceId) is not { } service)
            {
                return reader.Missing(tenant, serviceId);
            }

            var change = decide(service);
            if (change.Refusal is { } refusal)
            {
                return refusal;
            }

            quota.Check(QuotaResource.Schema, ContractChange.CountOf(service), change.Growth);
            Put(draft, service, change);
            return EmptyAnswer.Value;
        });
    }

    private void Put(Draft draft, ServiceNode service, ContractChange change)
    {
        var tenant = service.Tenant.Key;
        foreach (var id in change.Removed)
        {
            draft.Delete(EntryNames.Contract, tenant, EntryNames.Join(service.Id, id));
        }

        foreach (var (id, contract) in change.Stored)
        {
            draft.Put(EntryNames.Contract, tenant, EntryNames.Join(service.Id, id), contract, DiscoveryJson.Wire.Contract);
        }

        if (change.Declared is { } declared)
        {
            draft.Put(
                EntryNames.Service,
                tenant,
                service.Id,
                service.Body with { Schemas = declared, ModTimestamp = Texts.Now(clock) },
                DiscoveryJson.Wire.Microservice);
        }
    }
}
