using Stagedoor.Addons.Charts;
using Stagedoor.Addons.Drivers;
using Stagedoor.Addons.Releases;
using Stagedoor.Addons.Rendering.Templates;
using Stagedoor.Addons.Rendering.Values;
using Stagedoor.Addons.Rendering.Yaml;

namespace Stagedoor.Addons.Instances;

/// <summary>Plans what a version of an add-on is in a cluster.</summary>
internal sealed class AddonPlanner(IAddonCatalog catalog, ChartRenderer renderer, TimeProvider clock)
{
    /// <summary>The plan that <see cref="Instance.TargetVersion"/> and the values of an instance make; <c>null</c> where the version or its package is gone.</summary>
    /// <param name="instance">The instance, with the revision that it would be.</param>
    /// <param name="first">What was planned before; <c>null</c> where nothing was.</param>
    /// <param name="cluster">Its cluster.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="TemplateException">It does not render.</exception>
    /// <exception cref="FormatException">The package is no chart, or JSON cannot say what it is.</exception>
    /// <exception cref="DriverException">The cluster does not say what it is, or what the chart looks up there.</exception>
    public async Task<ReleasePlan?> PlanAsync(Instance instance, ReleaseRecord? first, ReachableCluster cluster, CancellationToken cancellationToken)
    {
        if (await catalog.FindAsync(instance.DomainId, instance.Template, instance.TargetVersion, cancellationToken) is not { } addon)
        {
            return null;
        }

        // An instance stays under the name that it was installed by.
        var key = first?.Key ?? addon.Key;
        var facts = await cluster.Driver.ProbeAsync(cluster.Connection, cancellationToken);
        var values = (GoMap)JsonText.Read(instance.ValuesJson)!;
        var rendered = await renderer.RenderAsync(
            addon.Chart,
            new()
            {
                ReleaseName = key.Name,
                Namespace = key.Namespace,
                Revision = (int)instance.Revision,
                IsUpgrade = instance.Operation is not InstanceOperation.Install,
                Values = InstanceValues.WithCluster(addon.Chart, values, instance.ProjectId, cluster.Connection.Id, cluster.Connection.Name),
                Capabilities = new(facts.Version, facts.ApiVersions),
                Lookup = cluster.Lookup,
            },
            cancellationToken);
        return ReleasePlan.Of(rendered, new()
        {
            Key = key,
            Revision = (int)instance.Revision,
            Chart = addon.Chart,
            Config = values,
            Now = clock.GetUtcNow(),
            FirstDeployed = first?.FirstDeployed,
            OwnerId = instance.Id,
            Conflicts = InstanceBody.ConflictsOf(instance),
            Description = instance.Operation is InstanceOperation.Install ? "Install complete" : "Upgrade complete",
        });
    }
}
