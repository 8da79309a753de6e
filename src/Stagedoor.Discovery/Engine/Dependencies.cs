using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Stagedoor.Background;
using Stagedoor.Discovery.Engine.Entries;
using Stagedoor.Discovery.Model;
using Stagedoor.Storage;

namespace Stagedoor.Discovery.Engine;

/// <summary>
/// Who depends on whom. An edge that a discovery call makes counts in memory at once and is stored within a second: a call must not wait for
/// the database, nor fail with it.
/// </summary>
internal sealed partial class Dependencies(
    Registry registry, Lazy<RegistryWriter> writer, TimeProvider clock, ILogger<Dependencies> logger)
    : UpkeepService(clock, logger)
{
    private readonly ILogger _logger = logger;
    private readonly ConcurrentDictionary<(ServiceNode Consumer, Edge Edge), byte> _unstored = new();

    /// <summary>Notes that a consumer has found a provider.</summary>
    public void Found(ServiceNode consumer, Provider provider, ProviderName name, VersionRule rule)
    {
        var edge = new Edge(provider.Tenant.Key, name.Environment, name.AppId, name.Name, rule.Text);
        if (!consumer.Edges.ContainsKey(edge) && Link(consumer, edge))
        {
            _unstored.TryAdd((consumer, edge), 0);
        }
    }

    /// <summary>Adds an edge in memory; false when it is there.</summary>
    public bool Link(ServiceNode consumer, Edge edge)
    {
        if (!consumer.Edges.TryAdd(edge, 0))
        {
            return false;
        }

        registry.TenantOf(edge.Tenant).ProviderOf(edge.Provider).Consumers[consumer] = 0;
        return true;
    }

    /// <summary>Removes an edge in memory.</summary>
    public void Unlink(ServiceNode consumer, Edge edge)
    {
        if (consumer.Edges.TryRemove(edge, out _)
            && !consumer.Edges.Keys.Any(e => e.Provider == edge.Provider && string.Equals(e.Tenant, edge.Tenant, StringComparison.Ordinal)))
        {
            registry.FindTenant(edge.Tenant)?.ProviderOf(edge.Provider).Consumers.TryRemove(consumer, out _);
        }
    }

    /// <summary>Removes all edges of a consumer that is gone.</summary>
    public void Forget(ServiceNode consumer)
    {
        foreach (var edge in consumer.Edges.Keys)
        {
            Unlink(consumer, edge);
        }
    }

    /// <summary>Everyone who depends on a provider of this microservice's names, in any version, or on everything.</summary>
    public static IEnumerable<ServiceNode> ConsumersOfAnyVersion(ServiceNode service)
    {
        var consumers = service.Provider.Consumers.Keys;
        if (service.Body.AliasKey is { } alias && service.Tenant.Providers.TryGetValue(alias.Provider, out var second))
        {
            consumers = [.. consumers, .. second.Consumers.Keys];
        }

        return service.Tenant.Providers.TryGetValue(new(service.Key.Environment, "", Edge.Everything), out var all)
            ? consumers.Concat(all.Consumers.Keys)
            : consumers;
    }

    /// <summary>Everyone whose edge means this very version of the microservice.</summary>
    public static IEnumerable<ServiceNode> ConsumersOf(ServiceNode service) =>
        ConsumersOfAnyVersion(service).Distinct().Where(consumer => consumer.Edges.Keys.Any(edge => Means(edge, service)));

    /// <summary>The microservices that an edge means.</summary>
    public IEnumerable<ServiceNode> ProvidersOf(Edge edge)
    {
        if (registry.FindTenant(edge.Tenant) is not { } tenant)
        {
            return [];
        }

        return string.Equals(edge.Name, Edge.Everything, StringComparison.Ordinal)
            ? tenant.Services.Values.Where(s => Means(edge, s))
            : tenant.FindProvider(edge.Provider)?.Services.Values.Where(s => Means(edge, s)) ?? [];
    }

    /// <summary>Stores an edge with a draft.</summary>
    public static void Put(Draft draft, ServiceNode consumer, Edge edge) =>
        draft.Put(EntryNames.Edge, consumer.Tenant.Key, EdgeEntries.IdOf(consumer.Id, edge), edge, DiscoveryJson.Wire.Edge);

    /// <summary>Stores now what is not stored yet.</summary>
    public async Task StoreAsync()
    {
        var edges = _unstored.Keys.ToList();
        if (edges.Count == 0)
        {
            return;
        }

        try
        {
            await Task.WhenAll(edges.GroupBy(static e => e.Consumer).Select(group => writer.Value.WriteAsync(
                [Scope.InService(group.Key.Tenant.Key, group.Key.Id), Scope.Named($"edges {group.Key.Tenant.Key} {group.Key.Id}")],
                draft =>
                {
                    // A consumer that was deleted since takes its edges with it.
                    if (IsRegistered(group.Key))
                    {
                        foreach (var (consumer, edge) in group.Where(e => e.Consumer.Edges.ContainsKey(e.Edge)))
                        {
                            Put(draft, consumer, edge);
                        }
                    }

                    return true;
                })));
            edges.ForEach(edge => _unstored.TryRemove(edge, out _));

            // A call may have found something for a consumer that was being deleted; such an edge would hold its provider for ever.
            foreach (var consumer in edges.Select(static e => e.Consumer).Distinct().Where(c => !IsRegistered(c)))
            {
                Forget(consumer);
            }
        }
        catch (StorageException e)
        {
            LogNotStored(e, edges.Count);
        }
    }

    protected override TimeSpan Period => TimeSpan.FromMilliseconds(500);

    protected override Task RunOnceAsync(CancellationToken stoppingToken) => StoreAsync();

    protected override Task FinishAsync(CancellationToken cancellationToken) => StoreAsync();

    private static bool IsRegistered(ServiceNode service) => ReferenceEquals(service.Tenant.Services.GetValueOrDefault(service.Id), service);

    private static bool Means(Edge edge, ServiceNode service)
    {
        if (string.Equals(edge.Name, Edge.Everything, StringComparison.Ordinal))
        {
            return string.Equals(edge.Environment, service.Key.Environment, StringComparison.Ordinal);
        }

        return (service.Key.Provider == edge.Provider || service.Body.AliasKey?.Provider == edge.Provider)
            && VersionRule.TryParse(edge.Version, out var rule)
            && rule.Matches(service.Key.Version, service.Version, service.Provider.View().Highest);
    }

    [LoggerMessage(LogLevel.Warning, "{Count} dependencies could not be stored yet; they are kept and tried again")]
    private partial void LogNotStored(Exception exception, int count);
}
