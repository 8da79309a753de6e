using Stagedoor.Discovery.Model;
using Stagedoor.Discovery.Schemas;

namespace Stagedoor.Discovery.Governance;

/// <summary>What a detail shows besides the microservice.</summary>
[Flags]
internal enum DetailParts
{
    None = 0,
    Tags = 1,
    Rules = 2,
    Instances = 4,
    Schemas = 8,
    Dependencies = 16,
    Statistics = 32,
    All = Tags | Rules | Instances | Schemas | Dependencies | Statistics,

    /// <summary>How many instances, instead of them.</summary>
    Counts = 128,

    /// <summary>All versions of the microservice; only where one is shown.</summary>
    Versions = 64,
}

/// <summary>A microservice with all that belongs to it. What nobody asked for is absent.</summary>
internal sealed record ServiceDetail
{
    public required Microservice MicroService { get; init; }

    public IReadOnlyList<Instance>? Instances { get; init; }

    public IReadOnlyList<SchemaItem>? SchemaInfos { get; init; }

    public IReadOnlyList<Rule>? Rules { get; init; }

    public IReadOnlyList<Microservice>? Providers { get; init; }

    public IReadOnlyList<Microservice>? Consumers { get; init; }

    public IReadOnlyDictionary<string, string>? Tags { get; init; }

    public IReadOnlyList<string>? MicroServiceVersions { get; init; }

    /// <summary>Counts. The original spells it so.</summary>
    public Counts? Statics { get; init; }

    internal sealed record Counts
    {
        public required InstanceCount Instances { get; init; }
    }

    internal sealed record InstanceCount
    {
        public required int Count { get; init; }
    }
}
