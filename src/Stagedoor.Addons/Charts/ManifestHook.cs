namespace Stagedoor.Addons.Charts;

/// <summary>When an object is applied beside a release, and when it goes again.</summary>
internal sealed record ManifestHook(IReadOnlyList<string> Events, int Weight, IReadOnlyList<string> DeletePolicies);
