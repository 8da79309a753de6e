using System.Runtime.CompilerServices;
using Stagedoor.Addons.Releases;
using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Drivers.Kubernetes;

/// <summary>Taking a release away.</summary>
internal sealed partial class KubernetesDriver
{
    public async IAsyncEnumerable<OperationEvent> UninstallAsync(
        ClusterConnection cluster, ReleaseKey key, UninstallOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var api = apis.Open(cluster).Asking(options.Confirm);
        var secrets = new ReleaseSecrets(api, clock);
        var revisions = await secrets.ListAsync(key, cancellationToken);
        if (revisions.Count == 0)
        {
            yield break;
        }

        var plan = ReleasePlan.Of(revisions[0].Decode());

        // Of a revision that failed some objects are there beside those of the one before it.
        var earlier = Earlier(revisions);
        var wanted = plan.Objects.Select(static p => p.Id).ToHashSet();
        List<PlannedObject> objects =
        [
            .. earlier.Where(e => !wanted.Contains(e.Id)), .. plan.Objects, .. options.DeletesCustomResources ? plan.CustomResources : [],
        ];
        List<PlannedObject> going = [.. objects.Where(o => !o.IsNamedKept && (o.Id.Kind is not "CustomResourceDefinition" || options.DeletesCustomResources))];
        await secrets.WriteAsync(plan.Record with { Status = Uninstalling }, cancellationToken);
        await foreach (var step in RunHooksAsync(api, plan, "pre-delete", cancellationToken))
        {
            yield return step;
        }

        // The last that came goes first, so that what an operator looks after goes while the operator is there; definitions go last, as they take their objects along.
        var paths = new List<(ObjectId Id, string Path)>();
        foreach (var old in Enumerable.Reverse(going).OrderBy(static o => o.Id.Kind is "CustomResourceDefinition" ? 2 : o.Id is { Kind: "Namespace", Group: "" } ? 1 : 0))
        {
            if (await api.Kinds.FindAsync(old.ApiVersion, old.Id.Kind, cancellationToken) is not { } kind)
            {
                continue;
            }

            var path = PathOf(kind, old.Id, key);
            if (await api.FindAsync(path, cancellationToken) is not { } live || !LiveObject.IsOf(live, key) || LiveObject.IsKept(live))
            {
                continue;
            }

            if (await api.DeleteAsync(path, cancellationToken) is { IsDone: false, Status: not 404 } refused)
            {
                throw new DriverRejectedException(Reasons.ApplyRejected, $"{old.Id} cannot be deleted: {refused.Message}");
            }

            paths.Add((old.Id, path));
            yield return new($"{old.Id} is told to go", paths.Count, going.Count);
        }

        var since = clock.GetTimestamp();
        while (true)
        {
            var left = new List<(ObjectId Id, GoMap Live)>();
            foreach (var (id, path) in paths)
            {
                if (await api.FindAsync(path, cancellationToken) is { } live)
                {
                    left.Add((id, live));
                }
            }

            if (left.Count == 0)
            {
                break;
            }

            if (clock.GetElapsedTime(since) > s_gone)
            {
                throw new DriverRejectedException(Reasons.Timeout, StillThere(left));
            }

            yield return new(StillThere(left), paths.Count - left.Count, paths.Count);
            await Task.Delay(s_look, clock, cancellationToken);
        }

        api.Kinds.Forget();
        await foreach (var step in RunHooksAsync(api, plan, "post-delete", cancellationToken))
        {
            yield return step;
        }

        await secrets.DeleteAsync(key, cancellationToken);
        yield return new("All objects are gone", going.Count, going.Count);
    }
}
