namespace Stagedoor.Discovery.Relations;

/// <summary>Which microservices depend on which, as consoles say it.</summary>
internal sealed record DependenciesRequest
{
    public IReadOnlyList<Dependency>? Dependencies { get; init; }

    internal sealed record Dependency
    {
        public MicroserviceName? Consumer { get; init; }

        public IReadOnlyList<MicroserviceName>? Providers { get; init; }
    }

    /// <summary>A microservice by its key; of a provider the version is a rule, and the environment is its consumer's.</summary>
    internal sealed record MicroserviceName
    {
        public string? Environment { get; init; }

        public string? AppId { get; init; }

        public string? ServiceName { get; init; }

        public string? Version { get; init; }
    }
}
