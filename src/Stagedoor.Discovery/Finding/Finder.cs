using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Stagedoor.Discovery.Memory;
using Stagedoor.Discovery.Microservices;
using Stagedoor.Discovery.Model;
using Stagedoor.Discovery.Relations;
using Stagedoor.Http;
using Stagedoor.Http.Tenants;

namespace Stagedoor.Discovery.Finding;

/// <summary>When it is stored that a consumer depends on what it has found.</summary>
internal enum Noted
{
    /// <summary>Not at all.</summary>
    Never,

    /// <summary>More follow before the consumer is answered; then <see cref="Finder.RememberAsync"/> ends it.</summary>
    WithOthers,

    /// <summary>Before it is answered.</summary>
    AtOnce,
}

/// <summary>Answers consumers who look for instances of a provider.</summary>
internal sealed class Finder(
    Registry registry, RegistryReader reader, Dependencies dependencies, SharedServices shared, IOptions<DiscoveryOptions> options)
{
    private readonly bool _hasRules = options.Value.Rules;

    /// <summary>The microservice that a caller says it is; null when it says nothing.</summary>
    /// <exception cref="ApiException">It does not exist.</exception>
    public async ValueTask<ServiceNode?> FindConsumerAsync(HttpContext context, Tenant tenant)
    {
        var id = context.Request.Headers["X-ConsumerId"].ToString();
        return id.Length == 0 ? null : await reader.RequireServiceAsync(tenant, id, "consumer");
    }

    /// <summary>Whether what a call finds is noted as a dependency of its consumer: whoever may only look writes nothing into other people's microservices.</summary>
    public static bool Notes(HttpContext context) => TenantAdmission.MayWrite(context);

    /// <summary>Looks for a provider.</summary>
    /// <param name="tenant">Where.</param>
    /// <param name="lookup">For what.</param>
    /// <param name="consumer">Who looks.</param>
    /// <param name="noted">What becomes of it that the consumer depends on the provider.</param>
    /// <returns>The answer with the provider; no provider when nothing is registered under the name.</returns>
    public async ValueTask<(Provider? Provider, FoundInstances Answer)> FindAsync(Tenant tenant, Lookup lookup, ServiceNode? consumer, Noted noted)
    {
        var isShared = shared.IsShared(lookup.AppId, lookup.ServiceName);
        var environment = isShared ? "" : consumer?.Key.Environment ?? lookup.Environment;
        var owner = isShared ? Tenant.Default.Key : tenant.Key;
        if (await reader.FindProviderAsync(owner, new(environment, lookup.AppId, lookup.ServiceName)) is not { } provider)
        {
            return (null, FoundInstances.NoSuchVersion);
        }

        var answer = Answer(provider, lookup.Rule, lookup.Tags, consumer, isShared);
        if (consumer is not null && noted is not Noted.Never && answer.Services > 0
            && dependencies.Found(consumer, provider, new(environment, lookup.AppId, lookup.ServiceName), lookup.Rule) && noted is Noted.AtOnce)
        {
            await dependencies.StoreAsync(consumer);
        }

        return (provider, answer);
    }

    /// <summary>The provider that a consumer means, as far as memory goes.</summary>
    public Provider? FindKnown(Tenant tenant, Lookup lookup, ServiceNode? consumer)
    {
        var isShared = IsShared(lookup);
        return registry.FindTenant(isShared ? Tenant.Default.Key : tenant.Key)
            ?.FindProvider(new(isShared ? "" : consumer?.Key.Environment ?? lookup.Environment, lookup.AppId, lookup.ServiceName));
    }

    /// <summary>The microservice, of the tenant or shared, as far as memory goes.</summary>
    public ServiceNode? FindKnown(Tenant tenant, string serviceId) =>
        registry.FindService(tenant, serviceId)
        ?? (registry.FindService(Tenant.Default, serviceId) is { } service && shared.IsShared(service) ? service : null);

    /// <summary>Stores on what the consumer depends from now on, before it is told what it found.</summary>
    public ValueTask RememberAsync(ServiceNode? consumer) => consumer is null || !dependencies.HasNew(consumer) ? default : dependencies.StoreAsync(consumer);

    /// <summary>The present answer of a provider.</summary>
    public FoundInstances Answer(Provider provider, VersionRule rule, string tags, ServiceNode? consumer, bool isShared)
    {
        var isForeign = !isShared && consumer is not null && !string.Equals(consumer.Key.AppId, provider.Name.AppId, StringComparison.Ordinal);
        return provider.View().Find(rule, tags, isForeign, _hasRules && !isShared ? consumer : null);
    }

    /// <summary>The instances of one microservice for a consumer; null when the microservice does not exist.</summary>
    public async ValueTask<FoundInstances?> FindAsync(Tenant tenant, string serviceId, string tags, ServiceNode? consumer)
    {
        if (await FindServiceAsync(tenant, serviceId) is not { } service)
        {
            return null;
        }

        var wanted = tags.Length == 0 ? [] : tags.Split(',');
        return wanted.All(service.Tags.ContainsKey) && IsVisible(service, consumer) ? ProviderView.Make([service]) : FoundInstances.Nothing;
    }

    /// <summary>The microservice, of the tenant or shared; null when it does not exist.</summary>
    public async ValueTask<ServiceNode?> FindServiceAsync(Tenant tenant, string serviceId) =>
        FindKnown(tenant, serviceId) ?? await reader.FindServiceAsync(tenant, serviceId);

    /// <summary>Whether a consumer may see a microservice; without one, whoever asks may.</summary>
    public bool IsVisible(ServiceNode service, ServiceNode? consumer)
    {
        if (consumer is null || shared.IsShared(service))
        {
            return true;
        }

        return string.Equals(consumer.Key.Environment, service.Key.Environment, StringComparison.Ordinal)
            && (service.AllowsCrossApp || string.Equals(consumer.Key.AppId, service.Key.AppId, StringComparison.Ordinal))
            && (!_hasRules || ProviderView.Admits(service, consumer));
    }

    public bool IsShared(Lookup lookup) => shared.IsShared(lookup.AppId, lookup.ServiceName);

    /// <summary>The error for a provider that is not there in the version asked for.</summary>
    public static ApiException Missing(Lookup lookup, Provider? provider) => DiscoveryError.MicroserviceNotFound(provider is null
        ? $"provider {lookup.AppId}/{lookup.ServiceName} not found"
        : $"provider {lookup.AppId}/{lookup.ServiceName} has no version {lookup.Rule}");
}
