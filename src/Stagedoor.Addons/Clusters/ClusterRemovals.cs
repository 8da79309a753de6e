using Stagedoor.Addons.Instances;
using Stagedoor.Addons.Requests;
using Stagedoor.Addons.Templates;
using Stagedoor.Http;

namespace Stagedoor.Addons.Clusters;

/// <summary>Begins to take clusters away with the add-ons that are installed in them.</summary>
internal sealed class ClusterRemovals(AddonsDb db, ClusterStore clusters, InstanceStore instances, TemplateStore templates)
{
    /// <summary>
    /// Has a cluster go: nothing comes into it any more, its add-ons are removed, those that require others first, and with the last of them it is forgotten.
    /// Said again it tries again what could not be removed. Releases of users stay in the cluster.
    /// </summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="id">The cluster.</param>
    /// <param name="actor">The name of the user who asks.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The cluster as it is then; null where there is none.</returns>
    /// <exception cref="ApiException">An add-on or a release is being changed.</exception>
    public async Task<Cluster?> BeginAsync(Caller caller, string id, string actor, CancellationToken cancellationToken)
    {
        var projectId = caller.Project();
        var rules = new AddonRules(await templates.ListRulesAsync(caller.DomainId, cancellationToken));
        return await db.TransactAsync(
            async session =>
            {
                // Whoever installs holds the row until the instance is committed: either this sees the instance, or the install finds a cluster that goes.
                if (await clusters.HoldAsync(session, projectId, id) is not { } cluster)
                {
                    return null;
                }

                if (await session.FindAsync<long>("SELECT COUNT(*) FROM chart_release WHERE cluster_id = @id AND operation <> ''", new { id }) > 0)
                {
                    throw AddonsError.Conflict("a release is being changed in the cluster; wait until it is, or delete it");
                }

                var installed = await InstanceStore.ListAsync(session, id);
                if (installed.FirstOrDefault(static i => i.Operation is InstanceOperation.Upgrade or InstanceOperation.Rollback) is { } changing)
                {
                    throw AddonsError.Busy($"{changing.Template} is {changing.Status}");
                }

                await session.ExecuteAsync(
                    "UPDATE cluster SET phase = @deleting, generation = generation + 1, updated_at = @now WHERE id = @id AND phase <> @deleting",
                    new { id, deleting = Cluster.Deleting, now = Math.Max(instances.Now, cluster.CreatedAt) });
                foreach (var turn in rules.OrderOfRemoval(installed).Where(static t => t.Instance.Operation is not InstanceOperation.Delete))
                {
                    await instances.BeginDeleteAsync(session, turn, actor);
                }

                await ClusterEnd.SettleAsync(session, id);
                return await clusters.HoldAsync(session, projectId, id) ?? cluster with { Phase = Cluster.Deleting, Reason = "", Message = "" };
            },
            cancellationToken);
    }
}
