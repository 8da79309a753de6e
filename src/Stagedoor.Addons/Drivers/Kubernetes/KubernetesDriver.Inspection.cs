using Stagedoor.Addons.Charts;
using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Drivers.Kubernetes;

/// <summary>Looking.</summary>
internal sealed partial class KubernetesDriver
{
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
}
