using System.Runtime.CompilerServices;
using Stagedoor.Addons.Charts;
using Stagedoor.Addons.Drivers.Processes;
using Stagedoor.Addons.Instances;
using Stagedoor.Addons.Releases;
using Stagedoor.Addons.Rendering.Templates;
using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Drivers.Kubernetes;

/// <summary>Installing, upgrading and rolling back.</summary>
internal sealed partial class KubernetesDriver
{
    private const int MaxPreserved = 5;
    private const int MaxListed = 10;

    public async IAsyncEnumerable<OperationEvent> ApplyAsync(
        ClusterConnection cluster, ReleasePlan plan, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var api = apis.Open(cluster).Asking(plan.Confirm);
        var secrets = new ReleaseSecrets(api, clock);
        var isBegun = false;
        await using var steps = StepsAsync(api, secrets, plan, () => isBegun = true, cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (true)
        {
            try
            {
                if (!await steps.MoveNextAsync())
                {
                    yield break;
                }
            }
            catch (DriverRejectedException) when (isBegun)
            {
                // What Helm shows of it. That it failed is told by what is thrown, whether or not this can be written.
                await TryFailAsync(secrets, plan.Record);
                throw;
            }

            yield return steps.Current;
        }
    }

    private async IAsyncEnumerable<OperationEvent> StepsAsync(
        ClusterApi api, ReleaseSecrets secrets, ReleasePlan plan, Action begin, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ProcessSet.Refuse(plan, Name);
        var before = await secrets.ListAsync(plan.Key, cancellationToken);
        if (before.Count > 0 && before[0].Revision > plan.Revision && before[0].TryDecode() is { } newer && string.Equals(newer.OwnerId, plan.Record.OwnerId, StringComparison.Ordinal))
        {
            throw new DriverRejectedException(Reasons.Interrupted, $"Revision {newer.Revision} is there already; this was revision {plan.Revision}.");
        }

        // What another client has made of the release since is nobody's to overwrite; an install begins a life of its own.
        if (plan.Operation is not InstanceOperation.Install && before.FirstOrDefault(s => s.Revision >= plan.Revision && !IsOwn(s, plan)) is { } foreign)
        {
            throw new DriverRejectedException(
                Reasons.ApplyConflict,
                $"Revision {foreign.Revision} of the release was made by another client, such as helm (Secret {plan.Key.Namespace}/{foreign.Name}). Take back there what it changed and delete that Secret, then try again.");
        }

        if (before.FirstOrDefault(s => s.Revision == plan.Revision) is { Status: ReleaseStatus.Deployed } done && string.Equals(done.TryDecode()?.Manifest, plan.Record.Manifest, StringComparison.Ordinal))
        {
            // The revisions before it may still stand as if they were there.
            await secrets.EndAsync(plan.Record, cancellationToken);
            yield break;
        }

        // Records of somebody else's under the same name are an earlier life of the release: the instance was forgotten, or the release was Helm's.
        var earlier = Earlier(before.Where(s => s.Revision != plan.Revision || !IsOwn(s, plan)));
        await ScanAsync(api, plan, earlier, cancellationToken);

        // All that can be tried is, before anything is changed.
        var hasNamespace = await HasNamespaceAsync(api, plan.Key.Namespace, cancellationToken);
        foreach (var planned in plan.All.Where(p => !IsDefinedBy(plan, p)))
        {
            await RehearseAsync(api, planned, plan, hasNamespace, cancellationToken);
        }

        if (!hasNamespace)
        {
            await MakeNamespaceAsync(api, plan.Key.Namespace, cancellationToken);
        }

        // The record comes first, so that whatever happens from here on can be taken away again.
        await secrets.WriteAsync(plan.Record with { Status = PendingOf(plan) }, cancellationToken);
        begin();
        var total = plan.CustomResources.Count + plan.Objects.Count;
        var count = 0;
        foreach (var definition in plan.CustomResources)
        {
            await ApplyOneAsync(api, definition, plan, cancellationToken);
            count++;
        }

        foreach (var definition in plan.CustomResources)
        {
            yield return new($"Waiting for {definition.Id}", count, total);
            await WaitEstablishedAsync(api, definition, plan.Key, cancellationToken);
        }

        if (plan.CustomResources.Count > 0)
        {
            api.Kinds.Forget();
        }

        foreach (var planned in plan.CustomResources.Count > 0 ? plan.Objects : [])
        {
            await RehearseAsync(api, planned, plan, hasNamespace: true, cancellationToken);
        }

        var occasion = plan.Operation;
        await foreach (var step in RunHooksAsync(api, plan, $"pre-{occasion}", cancellationToken))
        {
            yield return step;
        }

        foreach (var planned in plan.Objects)
        {
            await ApplyOneAsync(api, planned, plan, cancellationToken);
            yield return new($"{++count}/{total} objects applied", count, total);
        }

        await PruneAsync(api, plan, earlier, cancellationToken);
        while (true)
        {
            var (found, failed) = await LookAsync(api, plan, cancellationToken);
            if (failed is not null)
            {
                throw new DriverRejectedException(Reasons.ApplyRejected, failed.Readiness.Message);
            }

            var waits = found.Where(static f => !f.Readiness.IsReady).ToList();
            if (waits.Count == 0)
            {
                break;
            }

            yield return new($"{total - waits.Count}/{total} objects ready; {waits[0].Readiness.Message}", total - waits.Count, total);
            await Task.Delay(s_look, clock, cancellationToken);
        }

        await foreach (var step in RunHooksAsync(api, plan, $"post-{occasion}", cancellationToken))
        {
            yield return step;
        }

        await secrets.EndAsync(plan.Record, cancellationToken);
        yield return new($"{total}/{total} objects ready", total, total);
    }

    // The objects of all revisions since the last one that was brought to its end: of one that failed half-way some are there.
    private static List<PlannedObject> Earlier(IEnumerable<ReleaseSecret> revisions)
    {
        var found = new Dictionary<ObjectId, PlannedObject>();
        foreach (var revision in revisions)
        {
            var record = revision.Decode();
            try
            {
                foreach (var planned in ReleasePlan.Of(record).Objects)
                {
                    found.TryAdd(planned.Id, planned);
                }
            }
            catch (TemplateException e)
            {
                throw new DriverDataException($"The record {revision.Name} holds no objects: {e.Message}", e);
            }

            if (revision.Status is ReleaseStatus.Deployed)
            {
                break;
            }
        }

        return [.. found.Values];
    }

    // What is there and was not this release's is nobody's to take, unless it says that it is.
    private static async Task ScanAsync(ClusterApi api, ReleasePlan plan, List<PlannedObject> earlier, CancellationToken cancellationToken)
    {
        var own = earlier.Select(static e => e.Id).ToHashSet();
        var taken = new List<string>();
        foreach (var planned in plan.Objects.Where(p => !own.Contains(p.Id)))
        {
            if (await FindAsync(api, planned, plan.Key, cancellationToken) is { } live && !LiveObject.IsOf(live, plan.Key))
            {
                taken.Add(planned.Id.ToString());
            }
        }

        if (taken.Count > 0)
        {
            throw new DriverRejectedException(
                Reasons.ApplyConflict,
                $"{string.Join(", ", taken.Take(MaxListed))}{(taken.Count > MaxListed ? $" and {taken.Count - MaxListed} more" : "")} "
                + $"{(taken.Count == 1 ? "exists and does" : "exist and do")} not belong to the release; delete what is left over, or annotate it with meta.helm.sh/release-name={plan.Key.Name} "
                + $"and meta.helm.sh/release-namespace={plan.Key.Namespace}.");
        }
    }

    private static async Task<bool> HasNamespaceAsync(ClusterApi api, string name, CancellationToken cancellationToken) =>
        await api.FindAsync($"/api/v1/namespaces/{Uri.EscapeDataString(name)}", cancellationToken) is not null;

    private static async Task MakeNamespaceAsync(ClusterApi api, string name, CancellationToken cancellationToken)
    {
        var answer = await api.PostAsync("/api/v1/namespaces", new() { ["apiVersion"] = "v1", ["kind"] = "Namespace", ["metadata"] = new GoMap { ["name"] = name } }, cancellationToken);
        if (!answer.IsDone && answer.Status != 409)
        {
            throw new DriverRejectedException(Reasons.ApplyRejected, $"Namespace {name}: {answer.Message}");
        }
    }

    // What lacks a namespace or a definition that comes with the release can only be told when it is there.
    private async Task RehearseAsync(ClusterApi api, PlannedObject planned, ReleasePlan plan, bool hasNamespace, CancellationToken cancellationToken)
    {
        var kind = await api.Kinds.FindAsync(planned.ApiVersion, planned.Id.Kind, cancellationToken);
        if (kind is null)
        {
            if (!plan.All.Any(p => Defines(p, planned)))
            {
                throw NotServed(planned);
            }

            return;
        }

        var since = clock.GetTimestamp();
        var answer = await SendAsync(api, kind, planned, plan, isTry: true, cancellationToken);
        while (IsLate(answer, planned, plan) && clock.GetElapsedTime(since) < s_served)
        {
            await Task.Delay(s_look / 4, clock, cancellationToken);
            answer = await SendAsync(api, kind, planned, plan, isTry: true, cancellationToken);
        }

        if (!answer.IsDone && !IsHomeless(answer, planned, plan, hasNamespace))
        {
            throw new DriverRejectedException(Reasons.ApplyRejected, $"{planned.Id}: {answer.Message}");
        }
    }

    // Its namespace comes with the release.
    private static bool IsHomeless(ApiAnswer answer, PlannedObject planned, ReleasePlan plan, bool hasNamespace) => answer.Status == 404
        && ((!hasNamespace && string.Equals(planned.Id.Namespace, plan.Key.Namespace, StringComparison.Ordinal))
            || plan.Objects.Any(p => p.Id is { Kind: "Namespace", Group: "" } && string.Equals(p.Id.Name, planned.Id.Namespace, StringComparison.Ordinal)));

    private async Task ApplyOneAsync(ClusterApi api, PlannedObject planned, ReleasePlan plan, CancellationToken cancellationToken)
    {
        var since = clock.GetTimestamp();
        while (true)
        {
            var message = "";
            if (await api.Kinds.FindAsync(planned.ApiVersion, planned.Id.Kind, cancellationToken) is { } kind)
            {
                var answer = await SendAsync(api, kind, planned, plan, isTry: false, cancellationToken);
                if (answer.IsDone)
                {
                    if (planned.Id.Kind is "CustomResourceDefinition")
                    {
                        api.Kinds.Forget();
                    }

                    return;
                }

                if (answer.Status != 404 && !(IsLate(answer, planned, plan) && clock.GetElapsedTime(since) < s_served))
                {
                    throw new DriverRejectedException(Reasons.ApplyRejected, $"{planned.Id}: {answer.Message}");
                }

                message = answer.Message;
            }

            // A kind, or a namespace, that came a moment ago.
            if (clock.GetElapsedTime(since) > s_served || !(plan.All.Any(p => Defines(p, planned)) || plan.Objects.Any(static p => p.Id.Kind is "Namespace")))
            {
                throw message.Length > 0 ? new DriverRejectedException(Reasons.ApplyRejected, $"{planned.Id}: {message}") : NotServed(planned);
            }

            api.Kinds.Forget();
            await Task.Delay(s_look / 4, clock, cancellationToken);
        }
    }

    private async Task WaitEstablishedAsync(ClusterApi api, PlannedObject definition, ReleaseKey key, CancellationToken cancellationToken)
    {
        var since = clock.GetTimestamp();
        while (await FindAsync(api, definition, key, cancellationToken) is not { } live || !Readiness.Of(definition.Id, live).IsReady)
        {
            if (clock.GetElapsedTime(since) > s_established)
            {
                throw new DriverRejectedException(Reasons.ApplyRejected, $"{definition.Id} was not established within {s_established.TotalSeconds:0} seconds.");
            }

            await Task.Delay(s_look / 4, clock, cancellationToken);
        }
    }

    // What an earlier revision brought and this one does not want goes, unless it holds data, or its author says that it stays, or it is somebody else's by now.
    private static async Task PruneAsync(ClusterApi api, ReleasePlan plan, List<PlannedObject> earlier, CancellationToken cancellationToken)
    {
        var wanted = plan.All.Select(static p => p.Id).ToHashSet();
        foreach (var old in Enumerable.Reverse(earlier).Where(e => !wanted.Contains(e.Id) && !e.IsKept))
        {
            if (await api.Kinds.FindAsync(old.ApiVersion, old.Id.Kind, cancellationToken) is not { } kind)
            {
                continue;
            }

            var path = PathOf(kind, old.Id, plan.Key);
            if (await api.FindAsync(path, cancellationToken) is { } live && LiveObject.IsOf(live, plan.Key) && !LiveObject.IsKept(live) && await api.DeleteAsync(path, cancellationToken) is { IsDone: false, Status: not 404 } refused)
            {
                throw new DriverRejectedException(Reasons.ApplyRejected, $"{old.Id} cannot be deleted: {refused.Message}");
            }
        }
    }

    private static bool IsOwn(ReleaseSecret secret, ReleasePlan plan) => string.Equals(secret.TryDecode()?.OwnerId, plan.Record.OwnerId, StringComparison.Ordinal);

    private static async Task TryFailAsync(ReleaseSecrets secrets, ReleaseRecord record)
    {
        try
        {
            await secrets.WriteAsync(record with { Status = ReleaseStatus.Failed }, CancellationToken.None);
        }
        catch (DriverException)
        {
            return;
        }
    }

    private static bool IsDefinedBy(ReleasePlan plan, PlannedObject planned) => plan.All.Any(p => Defines(p, planned));

    // A server goes on for a moment with the definition as it was before.
    private static bool IsLate(ApiAnswer answer, PlannedObject planned, ReleasePlan plan) =>
        answer.Status == 422 && answer.Message.Contains("not declared in schema", StringComparison.Ordinal) && IsDefinedBy(plan, planned);

    private static bool Defines(PlannedObject definition, PlannedObject planned) =>
        definition.Id.Kind is "CustomResourceDefinition" && definition.Content.Table("spec") is { } spec
        && string.Equals(spec.Text("group"), planned.Id.Group, StringComparison.Ordinal) && string.Equals((spec.Table("names") ?? []).Text("kind"), planned.Id.Kind, StringComparison.Ordinal);

    private static DriverRejectedException NotServed(PlannedObject planned) =>
        new(Reasons.ApplyRejected, $"{planned.Id}: the cluster serves no {planned.Id.Kind} of {planned.ApiVersion}");

    private static string PendingOf(ReleasePlan plan) => plan.Operation switch
    {
        InstanceOperation.Install => ReleaseStatus.PendingInstall,
        InstanceOperation.Rollback => ReleaseStatus.PendingRollback,
        _ => ReleaseStatus.PendingUpgrade,
    };
}
