using System.Globalization;
using System.Runtime.CompilerServices;
using Stagedoor.Addons.Charts;
using Stagedoor.Addons.Releases;
using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Drivers.Kubernetes;

/// <summary>What runs beside a release.</summary>
internal sealed partial class KubernetesDriver
{
    private const string HookMark = "stagedoor.io/hook-of";

    private async IAsyncEnumerable<OperationEvent> RunHooksAsync(
        ClusterApi api, ReleasePlan plan, string occasion, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var manifest in plan.Hooks.Where(h => h.Hook!.Events.Contains(occasion, StringComparer.Ordinal)))
        {
            var policies = manifest.Hook!.DeletePolicies;
            var hook = Planned(manifest, plan.Key);
            yield return new($"{occasion}: {hook.Id}", 0, 0);
            if (await api.Kinds.FindAsync(hook.ApiVersion, hook.Id.Kind, cancellationToken) is not { } kind)
            {
                throw new DriverRejectedException(Reasons.HookFailed, $"{occasion} {hook.Id}: the cluster serves no {hook.Id.Kind} of {hook.ApiVersion}");
            }

            var path = PathOf(kind, hook.Id, plan.Key);
            var mark = MarkOf(plan, occasion);
            var failure = "";

            // One that whoever was cut off has begun is not begun again, unless it has failed.
            var isBegun = await api.FindAsync(path, cancellationToken) is { } there && string.Equals((there.Table("metadata.annotations") ?? []).Text(HookMark), mark, StringComparison.Ordinal)
                && !HasFailed(hook.Id, there);
            if (!isBegun)
            {
                if (policies.Count == 0 || policies.Contains("before-hook-creation", StringComparer.Ordinal))
                {
                    await DeleteAsync(api, path, hook.Id, cancellationToken);
                }

                var answer = await api.ApplyAsync($"{path}?fieldManager=stagedoor&force=true", LiveObject.ToSend(hook with { Content = Marked(hook.Content, mark) }), cancellationToken);
                if (!answer.IsDone)
                {
                    throw new DriverRejectedException(Reasons.HookFailed, $"{occasion} {hook.Id}: {answer.Message}");
                }
            }

            while (Outcome(hook.Id, await api.FindAsync(path, cancellationToken), ref failure) is false)
            {
                yield return new($"{occasion}: waiting for {hook.Id}", 0, 0);
                await Task.Delay(s_look, clock, cancellationToken);
            }

            if (policies.Contains(failure.Length > 0 ? "hook-failed" : "hook-succeeded", StringComparer.Ordinal))
            {
                await DeleteAsync(api, path, hook.Id, cancellationToken);
            }

            if (failure.Length > 0)
            {
                throw new DriverRejectedException(Reasons.HookFailed, $"{occasion} {failure}");
            }
        }
    }

    // Which operation a hook was run for: the number of a revision comes again in another life of the release, the time does not.
    private static string MarkOf(ReleasePlan plan, string occasion) => string.Create(
        CultureInfo.InvariantCulture, $"{occasion} {plan.Revision} {plan.Record.LastDeployed.UtcDateTime:yyyy-MM-ddTHH:mm:ss.fffffffZ}");

    private static GoMap Marked(GoMap content, string mark)
    {
        var marked = ChartValues.Copy(content);
        var metadata = marked["metadata"] as GoMap ?? [];
        var annotations = metadata.GetValueOrDefault("annotations") as GoMap ?? [];
        annotations[HookMark] = mark;
        metadata["annotations"] = annotations;
        marked["metadata"] = metadata;
        return marked;
    }

    private static bool HasFailed(ObjectId id, GoMap live)
    {
        var failure = "";
        return Outcome(id, live, ref failure) && failure.Length > 0;
    }

    // Jobs and pods come to an end; of everything else it is enough that it is there.
    private static bool Outcome(ObjectId id, GoMap? live, ref string failure)
    {
        if (live is null || id is not ({ Group: "batch", Kind: "Job" } or { Group: "", Kind: "Pod" }))
        {
            return true;
        }

        var readiness = Readiness.Of(id, live);
        failure = readiness.HasFailed ? readiness.Message : "";
        return readiness.HasFailed || (id.Kind is "Pod" ? live.At("status.phase") is "Succeeded" : readiness.IsReady);
    }

    private async Task DeleteAsync(ClusterApi api, string path, ObjectId id, CancellationToken cancellationToken)
    {
        var since = clock.GetTimestamp();
        while (await api.FindAsync(path, cancellationToken) is { } live)
        {
            if (clock.GetElapsedTime(since) > s_gone)
            {
                throw new DriverRejectedException(Reasons.Timeout, StillThere([(id, live)]));
            }

            if ((live.Table("metadata") ?? []).Text("deletionTimestamp").Length == 0 && await api.DeleteAsync(path, cancellationToken) is { IsDone: false, Status: not 404 } refused)
            {
                throw new DriverRejectedException(Reasons.ApplyRejected, $"{id} cannot be deleted: {refused.Message}");
            }

            await Task.Delay(s_look / 4, clock, cancellationToken);
        }
    }

    private static PlannedObject Planned(Manifest manifest, ReleaseKey key)
    {
        var content = ChartValues.Copy(manifest.Content);
        var metadata = content["metadata"] as GoMap ?? [];
        if (manifest.Namespace.Length == 0)
        {
            metadata["namespace"] = key.Namespace;
        }

        content["metadata"] = metadata;
        return new(
            manifest.ApiVersion,
            ObjectId.Of(manifest.ApiVersion, manifest.Kind, manifest.Namespace.Length > 0 ? manifest.Namespace : key.Namespace, manifest.Name),
            manifest.Text,
            content);
    }

    private static string StillThere(IReadOnlyCollection<(ObjectId Id, GoMap Live)> left) =>
        $"Still there: {string.Join(", ", left.Take(MaxListed).Select(static l => LiveObject.Finalizers(l.Live) is { Count: > 0 } held ? $"{l.Id} (finalizers {string.Join(", ", held)})" : l.Id.ToString()))}"
        + (left.Count > MaxListed ? $" and {left.Count - MaxListed} more" : "");
}
