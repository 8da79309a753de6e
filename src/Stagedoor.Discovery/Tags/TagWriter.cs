using Stagedoor.Discovery.Log;
using Stagedoor.Discovery.Memory;
using Stagedoor.Discovery.Model;
using Stagedoor.Discovery.Quotas;
using Stagedoor.Http;
using Stagedoor.Http.Tenants;

namespace Stagedoor.Discovery.Tags;

/// <summary>Changes the tags of microservices.</summary>
internal sealed class TagWriter(RegistryReader reader, RegistryWriter writer, Quota quota)
{
    /// <summary>The most tags that anyone may have, whatever the quota.</summary>
    public const int MaxTags = 100;

    /// <summary>Puts tags in the place of those that are there.</summary>
    /// <exception cref="ApiException">They are not well-formed, too many, or the microservice does not exist.</exception>
    public async Task ReplaceAsync(Tenant tenant, string serviceId, IReadOnlyDictionary<string, string> tags, CancellationToken cancellationToken)
    {
        Check(tags);
        var service = await reader.RequireServiceAsync(tenant, serviceId);
        await quota.AskAsync(QuotaResource.Tag, tenant, serviceId, service.Tags.Count, tags.Count - service.Tags.Count, cancellationToken);
        await ChangeAsync(tenant, serviceId, node =>
        {
            quota.Check(QuotaResource.Tag, 0, tags.Count);
            return tags;
        });
    }

    /// <summary>Changes the tags to what a function makes of them.</summary>
    /// <exception cref="ApiException">The microservice does not exist, or the function refuses.</exception>
    public Task ChangeAsync(Tenant tenant, string serviceId, Func<ServiceNode, IReadOnlyDictionary<string, string>> change) => writer.WriteAsync(
        [Scope.InService(tenant.Key, serviceId), Scope.Named($"tags {tenant.Key} {serviceId}")],
        draft =>
        {
            var node = reader.FindKnown(tenant, serviceId) ?? throw reader.Missing(tenant, serviceId);
            var tags = change(node);
            if (!Texts.Same(tags, node.Tags))
            {
                draft.Put(EntryNames.Tags, tenant.Key, serviceId, tags.ToDictionary(StringComparer.Ordinal), DiscoveryJson.Wire.DictionaryStringString);
            }

            return true;
        });

    private static void Check(IReadOnlyDictionary<string, string> tags)
    {
        if (tags.Count > MaxTags)
        {
            throw DiscoveryError.Invalid("tags", $"at most {MaxTags}");
        }

        foreach (var (key, value) in tags)
        {
            CheckPart("tag key", key);
            CheckPart("tag value", value);
        }
    }

    /// <exception cref="ApiException">It can be neither a key nor a value.</exception>
    public static void CheckPart(string what, string? text)
    {
        if (!Names.IsTagPart(text))
        {
            throw DiscoveryError.Invalid(what, "a letter, then at most 63 of letters, digits, '_', '-' and '.'");
        }
    }
}
