using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Stagedoor.Background;
using Stagedoor.Discovery.Log;
using Stagedoor.Discovery.Log.Entries;
using Stagedoor.Discovery.Memory;
using Stagedoor.Discovery.Model;
using Stagedoor.Storage;

namespace Stagedoor.Discovery.Relations;

/// <summary>
/// Who depends on whom. An edge that a discovery call makes is stored before the call is answered, since the answer implies that a watch will
/// tell of changes, at any replica and after a crash as well. Only the first call for an edge waits for that, for a second at most, and it does
/// not fail with the database: then the edge counts in memory, and is stored later.
/// </summary>
internal sealed partial class Dependencies(
    Registry registry, Lazy<RegistryWriter> writer, TimeProvider clock, ILogger<Dependencies> logger)
    : UpkeepService(clock, logger)
{
    /// <summary>So many edges of one microservice are told apart by the version that was asked for.</summary>
    public const int MaxEdges = 1_000;

    private static readonly VersionRule s_anyVersion = VersionRule.TryParse("0+", out var rule) ? rule : throw new FormatException();
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);
    private readonly ILogger _logger = logger;
    private readonly ConcurrentDictionary<ServiceNode, byte> _unstored = new();
    private long _failedAt;
    private volatile bool _hasFailed;

    /// <summary>Notes that a consumer has found a provider; true when that is to be stored before the consumer is told (<see cref="StoreAsync(ServiceNode)"/>).</summary>
    public bool Found(ServiceNode consumer, Provider provider, ProviderName name, VersionRule rule)
    {
        var edge = new Edge(provider.Tenant.Key, name.Environment, name.AppId, name.Name, rule.Text);
        if (consumer.Edges.TryGetValue(edge, out var isStored))
        {
            return !isStored;
        }

        // Callers choose the version; past a number that nobody needs one edge stands for all.
        if (consumer.Edges.Count >= MaxEdges)
        {
            edge = edge with { Version = s_anyVersion.Text };
            if (consumer.Edges.TryGetValue(edge, out isStored))
            {
                return !isStored;
            }
        }

        Link(consumer, edge, isStored: false);
        _unstored.TryAdd(consumer, 0);

        // It may have been deleted while it asked; such an edge would hold its provider for ever.
        if (!IsRegistered(consumer))
        {
            Forget(consumer);
        }

        return true;
    }

    /// <summary>Whether edges of the consumer wait to be stored.</summary>
    public bool HasNew(ServiceNode consumer) => _unstored.ContainsKey(consumer);

    /// <summary>Adds an edge in memory, or notes that it is stored.</summary>
    public void Link(ServiceNode consumer, Edge edge, bool isStored)
    {
        if (!consumer.Edges.TryAdd(edge, isStored))
        {
            consumer.Edges[edge] = isStored || consumer.Edges.GetValueOrDefault(edge);
        }

        registry.TenantOf(edge.Tenant).Depends(consumer, edge.Provider);
    }

    /// <summary>Removes an edge in memory.</summary>
    public void Unlink(ServiceNode consumer, Edge edge)
    {
        if (consumer.Edges.TryRemove(edge, out _)
            && !consumer.Edges.Keys.Any(e => e.Provider == edge.Provider && string.Equals(e.Tenant, edge.Tenant, StringComparison.Ordinal)))
        {
            registry.FindTenant(edge.Tenant)?.Providers.GetValueOrDefault(edge.Provider)?.Consumers.TryRemove(consumer, out _);
        }
    }

    /// <summary>Removes all edges of a consumer that is gone.</summary>
    public void Forget(ServiceNode consumer)
    {
        _unstored.TryRemove(consumer, out _);
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

    /// <summary>Stores a consumer's new edges before it is told what it found. Neither a slow database nor one that is away keeps it from its answer.</summary>
    public async ValueTask StoreAsync(ServiceNode consumer)
    {
        if (_hasFailed && Clock.GetElapsedTime(_failedAt) < s_patience)
        {
            return;
        }

        try
        {
            await WriteAsync(consumer).WaitAsync(s_patience, Clock);
        }
        catch (Exception e) when (e is StorageException or TimeoutException)
        {
            Volatile.Write(ref _failedAt, Clock.GetTimestamp());
            _hasFailed = true;
        }
    }

    /// <summary>Stores now what is not stored yet.</summary>
    public async Task StoreAsync()
    {
        var consumers = _unstored.Keys.ToList();
        if (consumers.Count == 0)
        {
            return;
        }

        try
        {
            await Task.WhenAll(consumers.Select(WriteAsync));
            _hasFailed = false;
        }
        catch (StorageException e)
        {
            LogNotStored(e, consumers.Count);
        }
    }

    protected override TimeSpan Period => TimeSpan.FromMilliseconds(500);

    protected override Task RunOnceAsync(CancellationToken stoppingToken) => StoreAsync();

    protected override Task FinishAsync(CancellationToken cancellationToken) => StoreAsync();

    // What is stored is linked as such when it is taken over, before this ends.
    private async Task WriteAsync(ServiceNode consumer)
    {
        await writer.Value.WriteAsync(
            [Scope.InService(consumer.Tenant.Key, consumer.Id), Scope.Named($"edges {consumer.Tenant.Key} {consumer.Id}")],
            draft =>
            {
                // A consumer that was deleted since takes its edges with it.
                foreach (var (edge, isStored) in IsRegistered(consumer) ? consumer.Edges : [])
                {
                    if (!isStored)
                    {
                        Put(draft, consumer, edge);
                    }
                }

                return true;
            });
        _unstored.TryRemove(consumer, out _);
        if (!IsRegistered(consumer))
        {
            Forget(consumer);
        }
        else if (consumer.Edges.Values.Contains(false))
        {
            _unstored.TryAdd(consumer, 0);
        }
    }

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

    [LoggerMessage(LogLevel.Warning, "Dependencies of {Count} microservices could not be stored yet; they are kept and tried again")]
    private partial void LogNotStored(Exception exception, int count);
}
