using Stagedoor.Addons.Charts;
using Stagedoor.Addons.Clusters;
using Stagedoor.Addons.Templates;

namespace Stagedoor.Addons.Instances;

/// <summary>What an add-on demands of a cluster and of the other add-ons in it.</summary>
internal sealed class AddonRules(IReadOnlyList<AddonVersion> versions)
{
    private readonly Dictionary<(string, string), AddonVersion> _versions = versions.ToDictionary(static v => (v.Template, v.Version));

    /// <summary>The same where some versions are known better: those of what is installed, as they were read with it.</summary>
    public AddonRules With(IReadOnlyList<AddonVersion> better) => new([.. versions.ExceptBy(better.Select(static b => (b.Template, b.Version)), static v => (v.Template, v.Version)), .. better]);

    /// <summary>Whether the cluster is one that the version is for.</summary>
    public static bool Fits(AddonVersion version, Cluster cluster) => FindProblem(version, cluster) is null;

    /// <summary>Why the version is none for the cluster; null where it is.</summary>
    public static string? FindProblem(AddonVersion version, Cluster cluster)
    {
        if (!SupportVersions.Fits(version.SupportVersions, cluster.Type, cluster.Category, cluster.Version))
        {
            return $"{version.Template} {version.Version} is not for clusters of type {cluster.Type}, category {cluster.Category} and version {Known(cluster)}; its supportVersions are {version.SupportVersions}";
        }

        // A cluster that nobody has asked yet is asked when it is installed.
        return version.KubeVersion.Length > 0 && cluster.Version.Length > 0 && VersionRange.Parse(version.KubeVersion) is { } range
            && ChartVersion.Parse(cluster.Version) is { } parsed && !range.Contains(parsed with { Prerelease = "", Metadata = "" })
                ? $"{version.Template} {version.Version} needs Kubernetes {version.KubeVersion}, and the cluster has {cluster.Version}"
                : null;
    }

    /// <summary>Why the version cannot be beside what is installed; null where it can.</summary>
    /// <param name="version">The version that shall be there.</param>
    /// <param name="installed">What is installed in the cluster.</param>
    public string? FindProblem(AddonVersion version, IReadOnlyList<Instance> installed) =>
        FindMissing(version, installed) ?? FindConflict(version, installed) ?? FindLoss(version, installed);

    /// <summary>What the version requires that is not installed; null where all of it is.</summary>
    public static string? FindMissing(AddonVersion version, IReadOnlyList<Instance> installed) => Missing(version, Others(version, installed)).FirstOrDefault() is { } missing
        ? $"{version.Template} {version.Version} requires {missing}, which is not installed in the cluster"
        : null;

    /// <summary>What is installed that cannot be beside the version; null where nothing is.</summary>
    public string? FindConflict(AddonVersion version, IReadOnlyList<Instance> installed)
    {
        foreach (var other in Others(version, installed))
        {
            if (Requirement.Read(version.Conflicts).Any(c => c.IsMetBy(other.Template, other.Version)))
            {
                return $"{version.Template} {version.Version} cannot be beside {other.Template} {other.Version}, which is installed in the cluster";
            }

            if (Find(other) is { } theirs && Requirement.Read(theirs.Conflicts).Any(c => c.IsMetBy(version.Template, version.Version)))
            {
                return $"{other.Template} {other.Version}, which is installed in the cluster, cannot be beside {version.Template} {version.Version}";
            }
        }

        return null;
    }

    /// <summary>Who else would not have any more what it requires; null where nobody.</summary>
    public string? FindLoss(AddonVersion version, IReadOnlyList<Instance> installed)
    {
        // One whose requirement is not met as it is gets no worse.
        List<Instance> now = [.. installed.Where(IsThere)];
        List<Instance> then = [.. now.Select(i => string.Equals(i.Template, version.Template, StringComparison.Ordinal) ? i with { Version = version.Version } : i)];
        return FindDependent(now, then) is var (dependent, lost)
            ? $"{dependent.Template} {dependent.Version}, which is installed in the cluster, requires {lost}, which {version.Template} {version.Version} is not"
            : null;
    }

    /// <summary>Why an instance cannot be removed; null where it can.</summary>
    public string? FindProblemWithout(Instance instance, IReadOnlyList<Instance> installed)
    {
        List<Instance> now = [.. installed.Where(i => IsThere(i) || string.Equals(i.Id, instance.Id, StringComparison.Ordinal))];
        return FindDependent(now, [.. now.Where(i => !string.Equals(i.Id, instance.Id, StringComparison.Ordinal))]) is var (dependent, lost)
            ? $"{dependent.Template} {dependent.Version}, which is installed in the cluster, requires {lost}; delete it first, or say force=true"
            : null;
    }

    /// <summary>
    /// The order in which all that is installed in a cluster is removed: what requires others goes before those. Of add-ons that require one another in a circle,
    /// which only upgrades can make, the first by name begins.
    /// </summary>
    public IReadOnlyList<RemovalTurn> OrderOfRemoval(IReadOnlyList<Instance> installed)
    {
        var left = installed.OrderBy(static i => i.Template, StringComparer.Ordinal).ToList();
        var turns = new List<RemovalTurn>();
        while (left.Count > 0)
        {
            var next = left.Find(i => !left.Exists(o => Requires(o, i))) ?? left[0];
            left.Remove(next);
            List<RemovalTurn> before = [.. turns.Where(t => Requires(t.Instance, next))];
            turns.Add(new(next, [.. before.Select(static t => t.Instance.Id)], 1 + before.Select(static t => t.Number).DefaultIfEmpty().Max()));
        }

        return turns;
    }

    /// <summary>What the version requires and the cluster has not.</summary>
    public static IEnumerable<Requirement> Missing(AddonVersion version, IEnumerable<Instance> installed) =>
        Requirement.Read(version.Requires).Where(r => !installed.Any(i => IsThere(i) && r.IsMetBy(i.Template, i.Version)));

    /// <summary>The newest version of a template that the cluster supports and that one takes; one that is not released yet only where there is no other.</summary>
    public AddonVersion? FindNewest(string template, Cluster cluster, Func<string, bool> takes) => versions
        .Where(v => string.Equals(v.Template, template, StringComparison.Ordinal) && v.Removing == 0 && takes(v.Version) && Fits(v, cluster))
        .OrderBy(static v => ChartVersion.Parse(v.Version) is { Prerelease.Length: > 0 }).ThenByDescending(static v => ChartVersion.Parse(v.Version)).ThenByDescending(static v => v.Version, StringComparer.Ordinal).FirstOrDefault();

    private static IEnumerable<Instance> Others(AddonVersion version, IEnumerable<Instance> installed) =>
        installed.Where(i => !string.Equals(i.Template, version.Template, StringComparison.Ordinal));

    private (Instance Dependent, Requirement Lost)? FindDependent(List<Instance> now, List<Instance> then)
    {
        foreach (var other in then)
        {
            if (Find(other) is { } version
                && Requirement.Read(version.Requires).FirstOrDefault(r => now.Exists(i => r.IsMetBy(i.Template, i.Version)) && !then.Exists(i => r.IsMetBy(i.Template, i.Version))) is { } lost)
            {
                return (other, lost);
            }
        }

        return null;
    }

    private bool Requires(Instance dependent, Instance other) => !string.Equals(dependent.Id, other.Id, StringComparison.Ordinal)
        && Find(dependent) is { } version && Requirement.Read(version.Requires).Any(r => r.IsMetBy(other.Template, other.Version));

    private AddonVersion? Find(Instance instance) => _versions.GetValueOrDefault((instance.Template, instance.Version));

    // What is going, or has never come, is nothing that others can rely on.
    private static bool IsThere(Instance instance) =>
        instance.Status is not (InstanceStatus.InstallFailed or InstanceStatus.Deleting or InstanceStatus.DeleteFailed);

    private static string Known(Cluster cluster) => cluster.Version.Length > 0 ? cluster.Version : "(unknown)";
}

/// <summary>When one of several instances is removed.</summary>
/// <param name="Instance">The instance.</param>
/// <param name="Behind">Those that go before it, as they require it.</param>
/// <param name="Number">From 1: how many go one after the other until it is gone.</param>
internal sealed record RemovalTurn(Instance Instance, IReadOnlyList<string> Behind, int Number);
