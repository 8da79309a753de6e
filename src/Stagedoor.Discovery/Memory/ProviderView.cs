using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Stagedoor.Discovery.Model;

namespace Stagedoor.Discovery.Memory;

/// <summary>A provider's versions at one moment, with the answers that were made of them.</summary>
internal sealed class ProviderView
{
    private const int MaxAnswers = 64;

    // Nothing in a view ages: it all goes with the view.
    private static readonly CacheGeneration s_always = new(TimeProvider.System);

    // Callers choose rules and tags: what many ask for is not displaced by what one asks for once.
    private readonly BoundedCache<(string Rule, string Tags, bool IsForeign), FoundInstances> _answers = new(s_always, MaxAnswers, Timeout.InfiniteTimeSpan);

    public ProviderView(long stamp, IEnumerable<ServiceNode> services)
    {
        Stamp = stamp;
        Services = [.. services.OrderByDescending(static s => s.Version).ThenBy(static s => s.Id, StringComparer.Ordinal)];
        Highest = Services.Length > 0 ? Services[0].Version : default;
        HasRules = Array.Exists(Services, static s => !s.Rules.IsEmpty);
    }

    /// <summary>The count of changes that it shows.</summary>
    public long Stamp { get; }

    /// <summary>The versions, newest first.</summary>
    public ServiceNode[] Services { get; }

    public ServiceVersion Highest { get; }

    /// <summary>Whether it depends on the very consumer what it may see.</summary>
    public bool HasRules { get; }

    /// <summary>The versions that a rule means.</summary>
    public IEnumerable<ServiceNode> Select(VersionRule rule) => Services.Where(s => rule.Matches(s.Key.Version, s.Version, Highest));

    /// <summary>The instances for a consumer.</summary>
    /// <param name="rule">The versions it asks for.</param>
    /// <param name="tags">Tag keys that the microservice must have, sorted and separated by commas; empty for none.</param>
    /// <param name="isForeign">The consumer is of another application, and the provider is not shared.</param>
    /// <param name="consumer">The consumer, for rules; null when none is known, or rules do not count.</param>
    public FoundInstances Find(VersionRule rule, string tags, bool isForeign, ServiceNode? consumer)
    {
        if (consumer is not null && HasRules)
        {
            return Make(rule, tags, isForeign, consumer);
        }

        var key = (rule.Text, tags, isForeign);
        if (_answers.Find(key) is not { } answer)
        {
            answer = Make(rule, tags, isForeign, null);
            _answers.Keep(key, answer);
        }

        return answer;
    }

    /// <summary>The answer for instances of these microservices.</summary>
    public static FoundInstances Make(IReadOnlyCollection<ServiceNode> services)
    {
        // By version, newest first, then by age: a client that takes the first gets the newest.
        var instances = services.OrderByDescending(static s => s.Version)
            .SelectMany(static s => s.Instances.Values.OrderBy(static i => i.Body.Timestamp, StringComparer.Ordinal).ThenBy(static i => i.Id, StringComparer.Ordinal))
            .ToArray();
        return new(Array.ConvertAll(instances, static i => i.Json), Revision(services, instances), services.Count);
    }

    /// <summary>The answer for one instance.</summary>
    public static FoundInstances Make(InstanceNode instance) => new([instance.Json], Revision([instance.Service], [instance]), 1);

    private FoundInstances Make(VersionRule rule, string tags, bool isForeign, ServiceNode? consumer)
    {
        var meant = Select(rule).ToList();
        if (meant.Count == 0)
        {
            return rule.IsExact ? FoundInstances.NoSuchVersion : FoundInstances.Nothing;
        }

        var wanted = tags.Length == 0 ? [] : tags.Split(',');
        return Make(meant.FindAll(service => wanted.All(service.Tags.ContainsKey) && (!isForeign || service.AllowsCrossApp) && Admits(service, consumer)));
    }

    /// <summary>Whether the provider's rules let the consumer see it: one white rule must match when there are white ones, no black rule may.</summary>
    public static bool Admits(ServiceNode provider, ServiceNode? consumer) =>
        consumer is null || provider.Rules.IsEmpty || ReferenceEquals(provider, consumer)
        || (provider.Rules[0].IsWhite ? provider.Rules.Any(r => r.Matches(consumer)) : !provider.Rules.Any(r => r.Matches(consumer)));

    // The same on every replica: what it is made of is stored.
    private static string Revision(IReadOnlyCollection<ServiceNode> services, InstanceNode[] instances)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var service in services.OrderBy(static s => s.Id, StringComparer.Ordinal))
        {
            Add(hash, service.Id, service.VisibilityRevision);
        }

        foreach (var instance in instances)
        {
            Add(hash, instance.Id, instance.Revision);
            Add(hash, "", instance.Digest);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 8));
    }

    private static void Add(IncrementalHash hash, string id, long revision)
    {
        Span<byte> number = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(number, revision);
        hash.AppendData(Encoding.UTF8.GetBytes(id));
        hash.AppendData(number);
    }
}
