using Microsoft.AspNetCore.Http;
using Stagedoor.Discovery.Log;
using Stagedoor.Discovery.Memory;
using Stagedoor.Discovery.Model;
using Stagedoor.Discovery.Quotas;
using Stagedoor.Discovery.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Tenants;

namespace Stagedoor.Discovery.Rules;

/// <summary>Changes the black and white rules of providers. All rules of a provider are of one type.</summary>
internal sealed class RuleWriter(RegistryReader reader, RegistryWriter writer, Quota quota, IdSource ids, TimeProvider clock)
{
    /// <summary>Adds rules; those that are there already are left out.</summary>
    /// <returns>The ids of the new ones.</returns>
    /// <exception cref="ApiException">They are not well-formed, of both types, too many, or the microservice does not exist.</exception>
    public async Task<IReadOnlyList<string>> AddAsync(
        Tenant tenant, string serviceId, IReadOnlyList<Rule?> sent, CancellationToken cancellationToken)
    {
        // Before they are looked at: each pattern is compiled.
        if (sent.Count is 0 or > RuleShape.MaxRules)
        {
            throw DiscoveryError.Invalid("rules", $"1 to {RuleShape.MaxRules}");
        }

        var now = Texts.Now(clock);
        var rules = sent.Select(rule => RuleShape.Complete(rule) with { RuleId = ids.NewId(), Timestamp = now, ModTimestamp = now }).ToList();

        var service = await reader.RequireServiceAsync(tenant, serviceId);
        await quota.AskAsync(QuotaResource.Rule, tenant, serviceId, service.Rules.Length, New(service, rules).Count, cancellationToken);
        return await writer.WriteAsync<IReadOnlyList<string>>(Scopes(tenant, serviceId), draft =>
        {
            var node = reader.FindKnown(tenant, serviceId) ?? throw reader.Missing(tenant, serviceId);
            if (rules.Select(static r => r.RuleType).Concat(node.Rules.Select(static r => r.Body.RuleType)).Distinct(StringComparer.Ordinal).Count() > 1)
            {
                throw new ApiException(ServiceCenterCodes.RulesMixed, $"the rules of service[{serviceId}] are all WHITE or all BLACK");
            }

            var added = New(node, rules);
            quota.Check(QuotaResource.Rule, node.Rules.Length, added.Count);
            added.ForEach(rule => Put(draft, node, rule));
            return [.. added.Select(static r => r.RuleId!)];
        });
    }

    /// <summary>Changes one rule.</summary>
    public async Task<IResult> ChangeAsync(Tenant tenant, string serviceId, string ruleId, Rule sent)
    {
        var rule = RuleShape.Complete(sent);
        return await writer.WriteAsync<IResult>(Scopes(tenant, serviceId), draft =>
        {
            if (reader.FindKnown(tenant, serviceId) is not { } node)
            {
                return reader.Missing(tenant, serviceId);
            }

            if (Find(node, ruleId) is not { } known)
            {
                return DiscoveryError.RuleNotFound(ruleId);
            }

            if (node.Rules.Length > 1 && !string.Equals(rule.RuleType, known.RuleType, StringComparison.Ordinal))
            {
                return new ApiException(ServiceCenterCodes.RuleChangeRefused, $"service[{serviceId}] has other rules, which are {known.RuleType}");
            }

            var changed = rule with { RuleId = ruleId, Timestamp = known.Timestamp, ModTimestamp = known.ModTimestamp };
            if (changed != known)
            {
                Put(draft, node, changed with { ModTimestamp = Texts.Now(clock) });
            }

            return EmptyAnswer.Value;
        });
    }

    /// <summary>Removes rules: all of them or none.</summary>
    public Task<IResult> RemoveAsync(Tenant tenant, string serviceId, IReadOnlyCollection<string> ruleIds) =>
        writer.WriteAsync<IResult>(Scopes(tenant, serviceId), draft =>
        {
            if (reader.FindKnown(tenant, serviceId) is not { } node)
            {
                return reader.Missing(tenant, serviceId);
            }

            if (ruleIds.FirstOrDefault(id => Find(node, id) is null) is { } missing)
            {
                return DiscoveryError.RuleNotFound(missing);
            }

            foreach (var id in ruleIds)
            {
                draft.Delete(EntryNames.Rule, tenant.Key, EntryNames.Join(serviceId, id));
            }

            return EmptyAnswer.Value;
        });

    private static Scope[] Scopes(Tenant tenant, string serviceId) =>
        [Scope.InService(tenant.Key, serviceId), Scope.Named($"rules {tenant.Key} {serviceId}")];

    private static Rule? Find(ServiceNode service, string ruleId) =>
        service.Rules.FirstOrDefault(r => string.Equals(r.Body.RuleId, ruleId, StringComparison.Ordinal))?.Body;

    private static List<Rule> New(ServiceNode service, IEnumerable<Rule> rules)
    {
        var known = service.Rules.Select(static r => (r.Body.RuleType, r.Body.Attribute, r.Body.Pattern)).ToHashSet();
        return [.. rules.Where(r => known.Add((r.RuleType, r.Attribute, r.Pattern)))];
    }

    private static void Put(Draft draft, ServiceNode service, Rule rule) =>
        draft.Put(EntryNames.Rule, service.Tenant.Key, EntryNames.Join(service.Id, rule.RuleId!), rule, DiscoveryJson.Wire.Rule);
}
