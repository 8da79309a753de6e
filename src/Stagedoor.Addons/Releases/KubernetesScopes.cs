using Stagedoor.Addons.Charts;

namespace Stagedoor.Addons.Releases;

/// <summary>Which kinds have no namespace, for those who cannot ask a cluster.</summary>
internal static class KubernetesScopes
{
    private static readonly HashSet<string> s_clusterKinds = new(StringComparer.Ordinal)
    {
        "/ComponentStatus", "/Namespace", "/Node", "/PersistentVolume",
        "admissionregistration.k8s.io/MutatingAdmissionPolicy", "admissionregistration.k8s.io/MutatingAdmissionPolicyBinding",
        "admissionregistration.k8s.io/MutatingWebhookConfiguration", "admissionregistration.k8s.io/ValidatingAdmissionPolicy",
        "admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding", "admissionregistration.k8s.io/ValidatingWebhookConfiguration",
        "apiextensions.k8s.io/CustomResourceDefinition", "apiregistration.k8s.io/APIService", "authentication.k8s.io/TokenReview",
        "authorization.k8s.io/SubjectAccessReview", "certificates.k8s.io/CertificateSigningRequest", "certificates.k8s.io/ClusterTrustBundle",
        "extensions/PodSecurityPolicy", "flowcontrol.apiserver.k8s.io/FlowSchema", "flowcontrol.apiserver.k8s.io/PriorityLevelConfiguration",
        "networking.k8s.io/IngressClass", "networking.k8s.io/IPAddress", "networking.k8s.io/ServiceCIDR", "node.k8s.io/RuntimeClass",
        "policy/PodSecurityPolicy", "rbac.authorization.k8s.io/ClusterRole", "rbac.authorization.k8s.io/ClusterRoleBinding",
        "resource.k8s.io/DeviceClass", "resource.k8s.io/ResourceSlice", "scheduling.k8s.io/PriorityClass", "storage.k8s.io/CSIDriver",
        "storage.k8s.io/CSINode", "storage.k8s.io/StorageClass", "storage.k8s.io/VolumeAttachment", "storage.k8s.io/VolumeAttributesClass",
    };

    /// <summary>Answers whether a kind has namespaces. One that nobody has said anything about has, as most have.</summary>
    /// <param name="definitions">The custom resource definitions that come with a release.</param>
    public static Func<string, string, bool> With(IEnumerable<Manifest> definitions)
    {
        var defined = new HashSet<string>(StringComparer.Ordinal);
        foreach (var definition in definitions.Where(static d => d.Kind is "CustomResourceDefinition"))
        {
            if (definition.Content.At("spec.scope") is "Cluster" && definition.Content.Table("spec") is { } spec && spec.Table("names") is { } names)
            {
                defined.Add($"{spec.Text("group")}/{names.Text("kind")}");
            }
        }

        return (apiVersion, kind) =>
        {
            var key = $"{ObjectGroup(apiVersion)}/{kind}";
            return !s_clusterKinds.Contains(key) && !defined.Contains(key);
        };
    }

    private static string ObjectGroup(string apiVersion) => apiVersion.Contains('/', StringComparison.Ordinal) ? apiVersion.Split('/', 2)[0] : "";
}
