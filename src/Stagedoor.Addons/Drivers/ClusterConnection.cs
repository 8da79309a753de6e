using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Drivers;

/// <summary>A registered cluster, as a driver needs it.</summary>
internal sealed record ClusterConnection
{
    /// <summary>Its id: lower-case letters, digits and hyphens.</summary>
    public required string Id { get; init; }

    public required string Name { get; init; }

    /// <summary>The version that it was registered with, such as <c>v1.25</c>.</summary>
    public required string Version { get; init; }

    /// <summary>What the registration says for its driver alone.</summary>
    public GoMap Config { get; init; } = [];

    /// <summary>How its API server is reached; empty where there is none.</summary>
    public string Kubeconfig { get; init; } = "";
}
