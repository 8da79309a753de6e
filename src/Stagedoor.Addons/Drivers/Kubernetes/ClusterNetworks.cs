using Microsoft.Extensions.Options;
using Stagedoor.Identity;

namespace Stagedoor.Addons.Drivers.Kubernetes;

/// <summary>Where API servers, and proxies before them, may be: what <c>Addons:Kubernetes:AllowedNetworks</c> says.</summary>
internal sealed class ClusterNetworks(NameLookup names, IOptions<KubernetesOptions> options) : NetworkGuard(names, options.Value.AllowedNetworks, NetworkReach.Hosts);
