namespace Stagedoor.Addons.Drivers;

/// <summary>What a cluster says of itself.</summary>
/// <param name="Version">Its version, such as <c>v1.25.3</c>.</param>
/// <param name="ApiVersions">The groups and kinds that it serves (<c>apps/v1</c>, <c>apps/v1/Deployment</c>); those of Kubernetes itself where nobody can be asked.</param>
internal sealed record ClusterFacts(string Version, IReadOnlyCollection<string> ApiVersions);
