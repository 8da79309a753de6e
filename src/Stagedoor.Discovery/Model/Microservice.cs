using System.Text.Json;
using System.Text.Json.Serialization;

namespace Stagedoor.Discovery.Model;

/// <summary>A microservice as it is stored and as it goes over the wire. Empty members are absent.</summary>
internal sealed record Microservice
{
    public string? ServiceId { get; init; }

    public string? Environment { get; init; }

    public string? AppId { get; init; }

    public string? ServiceName { get; init; }

    public string? Version { get; init; }

    public string? Alias { get; init; }

    public string? Description { get; init; }

    public string? Level { get; init; }

    public string? Status { get; init; }

    /// <summary>Declared contract ids.</summary>
    public IReadOnlyList<string>? Schemas { get; init; }

    public IReadOnlyList<ServicePath>? Paths { get; init; }

    public IReadOnlyDictionary<string, string>? Properties { get; init; }

    public ServiceFramework? Framework { get; init; }

    public string? RegisterBy { get; init; }

    /// <summary>Stored only, for clients of the first generation.</summary>
    public IReadOnlyList<JsonElement>? Providers { get; init; }

    /// <summary>Stored only.</summary>
    [JsonPropertyName("LBStrategy")]
    public IReadOnlyDictionary<string, string>? LbStrategy { get; init; }

    /// <summary>Unix seconds at which it was registered, as text.</summary>
    public string? Timestamp { get; init; }

    /// <summary>Unix seconds of its last change, as text.</summary>
    public string? ModTimestamp { get; init; }

    [JsonIgnore]
    public ServiceKey Key => new(Environment ?? "", AppId ?? "", ServiceName ?? "", Version ?? "");

    /// <summary>The key under its second name; null when it has none.</summary>
    [JsonIgnore]
    public ServiceKey? AliasKey => string.IsNullOrEmpty(Alias) ? null : Key with { Name = Alias };
}

/// <summary>A path that a gateway may route to the service.</summary>
internal sealed record ServicePath
{
    public string? Path { get; init; }

    public IReadOnlyDictionary<string, string>? Property { get; init; }
}

/// <summary>What the service is built with.</summary>
internal sealed record ServiceFramework
{
    public string? Name { get; init; }

    public string? Version { get; init; }
}

/// <summary>What makes a microservice one in its tenant; the name may be its alias.</summary>
internal readonly record struct ServiceKey(string Environment, string AppId, string Name, string Version)
{
    /// <summary>All versions of it.</summary>
    public ProviderName Provider => new(Environment, AppId, Name);

    public override string ToString() => $"{Environment}/{AppId}/{Name}/{Version}";
}

/// <summary>A microservice without its version, as consumers look for it; the name may be an alias.</summary>
internal readonly record struct ProviderName(string Environment, string AppId, string Name);
