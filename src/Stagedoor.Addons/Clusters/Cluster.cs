using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace Stagedoor.Addons.Clusters;

/// <summary>A cluster that is registered.</summary>
internal sealed partial record Cluster
{
    public const string Kubernetes = "kubernetes";

    public const string GitOps = "gitops";

    public const string Process = "process";

    /// <summary>The category of clusters without nodes of one's own.</summary>
    public const string Autopilot = "Autopilot";

    public const string Available = "Available";

    /// <summary>It is forgotten as soon as nothing is in it any more.</summary>
    public const string Deleting = "Deleting";

    public string Id { get; init; } = "";

    public string DomainId { get; init; } = "";

    public string ProjectId { get; init; } = "";

    public string Name { get; init; } = "";

    public string Alias { get; init; } = "";

    /// <summary>A JSON object of texts.</summary>
    public string Labels { get; init; } = "{}";

    /// <summary>A JSON object of texts, without those that are consumed or secret.</summary>
    public string Annotations { get; init; } = "{}";

    /// <summary><c>VirtualMachine</c>, <c>ARM64</c> or <c>BareMetal</c>.</summary>
    public string Type { get; init; } = "VirtualMachine";

    /// <summary><c>CCE</c>, <c>Turbo</c> or <c>Autopilot</c>.</summary>
    public string Category { get; init; } = "CCE";

    /// <summary>Of Kubernetes, such as <c>v1.28</c>; empty while nobody has asked the cluster.</summary>
    public string Version { get; init; } = "";

    /// <summary>The whole <c>spec</c> as a JSON object.</summary>
    public string Spec { get; init; } = "{}";

    /// <summary>How things get into it: <see cref="Kubernetes"/>, <see cref="GitOps"/> or <see cref="Process"/>.</summary>
    public string Driver { get; init; } = GitOps;

    /// <summary>A JSON object of the driver's own.</summary>
    public string DriverConfig { get; init; } = "{}";

    /// <summary>Encrypted (<see cref="ClusterSecrets"/>); null where there is none.</summary>
    public string? Kubeconfig { get; init; }

    /// <summary>The address of its API server; empty where it is not known.</summary>
    public string Endpoint { get; init; } = "";

    public string Phase { get; init; } = Available;

    public string Reason { get; init; } = "";

    public string Message { get; init; } = "";

    /// <summary>Counts the changes.</summary>
    public long Generation { get; init; }

    public long CreatedAt { get; init; }

    public long UpdatedAt { get; init; }

    /// <summary>Whether a cluster may be called so.</summary>
    public static bool IsValidName([NotNullWhen(true)] string? name) => name is { Length: >= 4 and <= 128 } && NamePattern().IsMatch(name);

    /// <summary>Whether it is a version of Kubernetes, as <c>v1.28</c> or <c>v1.28.3-r0</c>.</summary>
    public static bool IsValidVersion(string version) => version.Length <= 64 && VersionPattern().IsMatch(version);

    [GeneratedRegex(@"^[a-z][a-z0-9-]*[a-z0-9]\z", RegexOptions.NonBacktracking)]
    private static partial Regex NamePattern();

    [GeneratedRegex(@"^v?[0-9]{1,3}\.[0-9]{1,3}(\.[0-9]{1,5})?([-+.][0-9A-Za-z.+-]*)?\z", RegexOptions.NonBacktracking)]
    private static partial Regex VersionPattern();
}
