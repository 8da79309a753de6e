using Stagedoor.Addons.Charts;
using Stagedoor.Addons.Releases;
using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Drivers.Kubernetes;

/// <summary>Looking, and trying.</summary>
internal sealed partial class KubernetesDriver
{
    // How servers say that a field keeps its value, which differs from kind to kind.
    private static readonly string[] s_immutable = ["immutable", "forbidden: updates to", "may not change", "cannot be changed", "can not be changed", "may not be changed"];

    public async Task<GoMap?> LookUpAsync(ClusterConnection cluster, LookupKey key, CancellationToken cancellationToken)
    {
        var api = apis.Open(cluster);
        if (!ResourceKinds.IsApiVersion(key.ApiVersion))
        {
            throw new DriverRejectedException(Reasons.RenderFailed, "that is no API version");
        }

        if (await api.Kinds.FindAsync(key.ApiVersion, key.Kind, cancellationToken) is not { } kind)
        {
            // What was not served a moment ago may be by now.
            api.Kinds.Forget();
            kind = await api.Kinds.FindAsync(key.ApiVersion, key.Kind, cancellationToken);
            if (kind is null && !await api.Kinds.ServesAsync(key.ApiVersion, cancellationToken))
            {
                // As in Helm: a chart asks .Capabilities.APIVersions first.
                throw new DriverRejectedException(Reasons.RenderFailed, "the cluster serves no such API version");
            }
        }

        // The name of none, which in an address would lead elsewhere.
        return kind is null || key.Name is "." or ".." || key.Namespace is "." or ".." ? null : await api.FindAsync(kind.PathOf(key.Namespace, key.Name), cancellationToken);
    }

    public async Task<IReadOnlyList<Refusal>> TryAllAsync(ClusterConnection cluster, ReleasePlan plan, CancellationToken cancellationToken)
    {
        var api = apis.Open(cluster);
        var refused = new List<Refusal>();
        try
        {
            await ScanAsync(api, plan, Earlier(await new ReleaseSecrets(api, clock).ListAsync(plan.Key, cancellationToken)), cancellationToken);
        }
        catch (DriverRejectedException e)
        {
            refused.Add(new(e.Message, false));
        }

        var hasNamespace = await HasNamespaceAsync(api, plan.Key.Namespace, cancellationToken);

        // What a definition of the release is for can only be tried when that one is there.
        foreach (var planned in plan.All.Where(p => !IsDefinedBy(plan, p)))
        {
            if (await TryOneAsync(api, planned, plan, hasNamespace, cancellationToken) is { } refusal)
            {
                refused.Add(refusal);
            }
        }

        return refused;
    }

    private static async Task<Refusal?> TryOneAsync(ClusterApi api, PlannedObject planned, ReleasePlan plan, bool hasNamespace, CancellationToken cancellationToken)
    {
        if (await api.Kinds.FindAsync(planned.ApiVersion, planned.Id.Kind, cancellationToken) is not { } kind)
        {
            return null;
        }

        try
        {
            var answer = await SendAsync(api, kind, planned, plan, isTry: true, cancellationToken);
            return answer.IsDone || IsHomeless(answer, planned, plan, hasNamespace) ? null
                : new($"{planned.Id}: {answer.Message}", answer.Status == 422 && s_immutable.Any(i => answer.Message.Contains(i, StringComparison.OrdinalIgnoreCase)));
        }
        catch (DriverRejectedException e)
        {
            return new(e.Message, false);
        }
    }
}
