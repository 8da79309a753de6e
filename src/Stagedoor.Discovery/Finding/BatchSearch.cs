using Stagedoor.Discovery.Memory;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Tenants;
using Stagedoor.Storage;
using InstanceItem = Stagedoor.Discovery.Finding.FindInstancesBatch.InstanceItem;
using InstanceName = Stagedoor.Discovery.Finding.FindInstancesBatch.InstanceName;
using ServiceItem = Stagedoor.Discovery.Finding.FindInstancesBatch.ServiceItem;
using ServiceName = Stagedoor.Discovery.Finding.FindInstancesBatch.ServiceName;

namespace Stagedoor.Discovery.Finding;

/// <summary>
/// Answers the questions of one batch. Each distinct one is answered once, however often it is asked, and other replicas are asked once for all
/// that memory does not know; so its work and memory are bounded by what is registered and by <see cref="MaxAnswer"/>.
/// </summary>
internal sealed class BatchSearch(Finder finder, RegistryReader reader, Tenant tenant, ServiceNode? consumer, Noted noted)
{
    /// <summary>The longest answer in bytes, about 80,000 instances. It is sent piece by piece and costs its sender no memory; its reader it may.</summary>
    public const long MaxAnswer = 32 * 1024 * 1024;

    /// <summary>How many versions or rules of one name may be asked for: for each the instances have to be sorted anew.</summary>
    public const int MaxRules = 16;

    // What stands around a list: its index and revision.
    private const int Frame = 64;
    private long _length;

    // Why memory may lack what it does not know; what it knows is answered all the same.
    private StorageException? _fault;

    /// <summary>The answer to all of them.</summary>
    /// <exception cref="ApiException">It would be too long, or one name is asked for in too many versions.</exception>
    public async Task<BatchAnswer> AnswerAsync(IReadOnlyList<ServiceItem?> services, IReadOnlyList<InstanceItem?> instances)
    {
        var lookups = Read(services);
        var names = instances.Select(NameOf).ToHashSet();
        if (lookups.Values.Any(l => l.Lookup is { } lookup && !IsKnown(lookup)) || !names.All(IsKnown))
        {
            _fault = await reader.CatchUpAsync();
        }

        var found = new Dictionary<ServiceName, Outcome>();
        foreach (var (name, (lookup, error)) in lookups)
        {
            found[name] = lookup is null ? new(null, error) : await FindAsync(lookup);
        }

        var shown = names.ToDictionary(static n => n, Find);
        return new(
            Sort(services, item => found[NameOf(item)], static item => item?.Rev),
            Sort(instances, item => shown[NameOf(item)], static item => item?.Rev));
    }

    private static ServiceName NameOf(ServiceItem? item) => item?.Service ?? new();

    private static InstanceName NameOf(InstanceItem? item) => item?.Instance ?? new();

    private static Dictionary<ServiceName, (Lookup? Lookup, ApiException? Error)> Read(IReadOnlyList<ServiceItem?> items)
    {
        var lookups = new Dictionary<ServiceName, (Lookup?, ApiException?)>();
        foreach (var name in items.Select(NameOf).Distinct())
        {
            try
            {
                lookups[name] = (Lookup.Of(name.Environment ?? "", name.AppId ?? "", name.Name ?? "", name.Version ?? "", ""), null);
            }
            catch (ApiException e) when (e.Status < 500)
            {
                lookups[name] = (null, e);
            }
        }

        return lookups.Keys.CountBy(static n => (n.Environment, n.AppId, n.Name)).FirstOrDefault(static n => n.Value > MaxRules) is { Value: > 0 } many
            ? throw DiscoveryError.Invalid("services", $"at most {MaxRules} versions of one name; {many.Value} of {many.Key.AppId}/{many.Key.Name}")
            : lookups;
    }

    private bool IsKnown(Lookup lookup) =>
        finder.FindKnown(tenant, lookup, consumer) is { } provider
        && provider.View().Select(lookup.Rule).Any();

    private bool IsKnown(InstanceName name) =>
        finder.FindKnown(tenant, name.ServiceId ?? "") is { } service && service.Instances.ContainsKey(name.InstanceId ?? "");

    private async ValueTask<Outcome> FindAsync(Lookup lookup)
    {
        // Memory has been told all there is.
        if (finder.FindKnown(tenant, lookup, consumer) is null)
        {
            return Miss(Finder.Missing(lookup, null));
        }

        var (provider, answer) = await finder.FindAsync(tenant, lookup, consumer, noted);
        return provider is null || ReferenceEquals(answer, FoundInstances.NoSuchVersion) ? Miss(Finder.Missing(lookup, provider)) : new(answer, null);
    }

    private Outcome Find(InstanceName name)
    {
        var (serviceId, instanceId) = (name.ServiceId ?? "", name.InstanceId ?? "");
        return finder.FindKnown(tenant, serviceId) is not { } service ? Miss(reader.Missing(tenant, serviceId))
            : service.Instances.TryGetValue(instanceId, out var instance) && finder.IsVisible(service, consumer) ? new(ProviderView.Make(instance), null)
            : Miss(reader.MissingInstance(tenant, serviceId, instanceId));
    }

    private Outcome Miss(ApiException error) => new(null, _fault is null ? error : new(DiscoveryCodes.BackendUnavailable, inner: _fault));

    private BatchAnswer.Part Sort<T>(IReadOnlyList<T> items, Func<T, Outcome> find, Func<T, string?> revision)
    {
        var part = new BatchAnswer.Part();
        for (var i = 0; i < items.Count; i++)
        {
            var (answer, error) = find(items[i]);
            if (answer is null)
            {
                part.Failed.Add((i, error!));
            }
            else if (revision(items[i]) is { Length: > 0 } known && string.Equals(known, answer.Revision, StringComparison.Ordinal))
            {
                part.Unchanged.Add(i);
            }
            else if ((_length += answer.Length + Frame) > MaxAnswer)
            {
                throw DiscoveryError.Invalid("services and instances", $"together they have an answer of more than {MaxAnswer} bytes; ask for fewer at once");
            }
            else
            {
                part.Updated.Add((i, answer));
            }
        }

        return part;
    }

    private readonly record struct Outcome(FoundInstances? Answer, ApiException? Error);
}
