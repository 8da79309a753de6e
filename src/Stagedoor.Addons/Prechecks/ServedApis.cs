using Stagedoor.Addons.Charts;
using Stagedoor.Addons.Drivers;
using Stagedoor.Addons.Releases;
using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Prechecks;

/// <summary>Compares the API versions of a plan's objects with those that a cluster serves.</summary>
internal static class ServedApis
{
    private const int MaxListed = 10;

    /// <summary>Which objects the cluster has no API for; <c>null</c> where it has one for each.</summary>
    /// <param name="plan">The objects, and the hooks.</param>
    /// <param name="facts">What the cluster serves.</param>
    /// <param name="isComplete">Whether the cluster was asked. Else it is only known of the kinds of Kubernetes itself.</param>
    public static string? FindProblem(ReleasePlan plan, ClusterFacts facts, bool isComplete)
    {
        var served = facts.ApiVersions.ToHashSet(StringComparer.Ordinal);
        var defined = plan.All.Where(static p => p.Id.Kind is "CustomResourceDefinition").Select(static p => Defined(p.Content)).ToHashSet(StringComparer.Ordinal);
        List<string> missing =
        [
            .. plan.All.Select(static p => (p.ApiVersion, p.Id.Kind, p.Id.Name)).Concat(plan.Hooks.Select(static h => (h.ApiVersion, h.Kind, h.Name)))
                .Where(o => !IsServed(o.ApiVersion, o.Kind)).Select(static o => $"{o.ApiVersion} {o.Kind} {o.Name}").Distinct(StringComparer.Ordinal),
        ];
        return missing.Count == 0 ? null
            : $"the cluster ({facts.Version}) does not serve {string.Join(", ", missing.Take(MaxListed))}{(missing.Count > MaxListed ? $" and {missing.Count - MaxListed} more" : "")}";

        // Of a group that is served and says no kinds somebody else answers, who is away.
        bool IsServed(string apiVersion, string kind) => served.Contains($"{apiVersion}/{kind}") || defined.Contains($"{GroupOf(apiVersion)}/{kind}")
            || (isComplete
                ? served.Contains(apiVersion) && !served.Any(s => s.StartsWith(apiVersion + "/", StringComparison.Ordinal) && s.LastIndexOf('/') == apiVersion.Length)
                : !KubernetesApis.IsKnown(GroupOf(apiVersion), kind));
    }

    private static string Defined(GoMap definition) => definition.Table("spec") is { } spec ? $"{spec.Text("group")}/{(spec.Table("names") ?? []).Text("kind")}" : "";

    private static string GroupOf(string apiVersion) => apiVersion.Contains('/', StringComparison.Ordinal) ? apiVersion.Split('/', 2)[0] : "";
}
