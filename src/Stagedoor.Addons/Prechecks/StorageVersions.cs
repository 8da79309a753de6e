using Stagedoor.Addons.Charts;
using Stagedoor.Addons.Drivers;
using Stagedoor.Addons.Instances;
using Stagedoor.Addons.Releases;
using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Prechecks;

/// <summary>
/// Compares the versions that custom resources are stored in. Where that changes, what is stored has to be written anew before the old version may go; a definition without a
/// version that something is stored in is refused by the cluster.
/// </summary>
internal static class StorageVersions
{
    private const string DefinitionKind = "CustomResourceDefinition";

    /// <summary>What would change.</summary>
    /// <param name="plan">What shall be there.</param>
    /// <param name="there">What was installed last; looked at where the cluster cannot be asked.</param>
    /// <param name="cluster">The cluster.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="DriverException">The cluster does not answer, or refuses.</exception>
    public static async Task<Risk> FindAsync(ReleasePlan plan, ReleasePlan? there, ReachableCluster cluster, CancellationToken cancellationToken)
    {
        var (problems, level) = (new List<string>(), Risk.Warning);
        foreach (var planned in plan.All.Where(static p => p.Id.Kind is DefinitionKind))
        {
            var old = cluster.Driver is IClusterInspector inspector
                ? await inspector.LookUpAsync(cluster.Connection, new(planned.ApiVersion, DefinitionKind, "", planned.Id.Name), cancellationToken)
                : there?.All.FirstOrDefault(p => p.Id == planned.Id)?.Content;
            if (old is null)
            {
                continue;
            }

            var (before, after) = (StoredAs(old), StoredAs(planned.Content));
            var lost = (old.Table("status") ?? []).List("storedVersions").OfType<string>().Append(before).Where(v => v.Length > 0).Except(Versions(planned.Content), StringComparer.Ordinal).ToList();
            if (lost.Count > 0)
            {
                level = Risk.Fatal;
                problems.Add($"{planned.Id.Name} has no version {string.Join(", ", lost)} any more, in which objects are stored");
            }
            else if (before.Length > 0 && !string.Equals(before, after, StringComparison.Ordinal))
            {
                problems.Add($"{planned.Id.Name} is stored as {after} instead of {before}");
            }
        }

        return Risk.Of(RiskNames.StorageVersions, level, string.Join("; ", problems));
    }

    // Before v1 a definition may have one version only, which says nothing of itself.
    private static string StoredAs(GoMap definition) => definition.Table("spec") is not { } spec ? ""
        : spec.List("versions").OfType<GoMap>().FirstOrDefault(static v => v.GetValueOrDefault("storage") is true)?.Text("name") ?? spec.Text("version");

    private static IEnumerable<string> Versions(GoMap definition) => definition.Table("spec") is not { } spec ? []
        : spec.List("versions").OfType<GoMap>().Select(static v => v.Text("name")).Append(spec.Text("version"));
}
