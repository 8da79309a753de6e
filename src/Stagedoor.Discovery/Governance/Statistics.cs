using Stagedoor.Discovery.Memory;

namespace Stagedoor.Discovery.Governance;

/// <summary>How much there is of what.</summary>
internal sealed record Statistics
{
    public required ServiceCount Services { get; init; }

    public required InstanceCount Instances { get; init; }

    public required AppCount Apps { get; init; }

    /// <summary>Counts microservices, all versions of one as one.</summary>
    /// <param name="services">What is counted.</param>
    /// <param name="domain">All of the domain, in whatever project.</param>
    public static Statistics Of(IReadOnlyCollection<ServiceNode> services, IEnumerable<ServiceNode> domain) => new()
    {
        Services = new()
        {
            Count = services.Select(static s => s.Key.Provider).Distinct().Count(),
            OnlineCount = services.Where(static s => !s.Instances.IsEmpty).Select(static s => s.Key.Provider).Distinct().Count(),
        },
        Instances = new() { Count = services.Sum(static s => s.Instances.Count), CountByDomain = domain.Sum(static s => s.Instances.Count) },
        Apps = new() { Count = services.Select(static s => s.Key.AppId).Distinct(StringComparer.Ordinal).Count() },
    };

    internal sealed record ServiceCount
    {
        public required int Count { get; init; }

        /// <summary>Those with an instance.</summary>
        public required int OnlineCount { get; init; }
    }

    internal sealed record InstanceCount
    {
        public required int Count { get; init; }

        public required int CountByDomain { get; init; }
    }

    internal sealed record AppCount
    {
        public required int Count { get; init; }
    }
}
