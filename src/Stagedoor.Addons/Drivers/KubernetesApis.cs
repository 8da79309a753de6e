using Stagedoor.Addons.Charts;

namespace Stagedoor.Addons.Drivers;

/// <summary>What a cluster of a version serves, for those who cannot ask it.</summary>
internal static class KubernetesApis
{
    // Group and version, the first minor version of Kubernetes 1 that serves it, the last one, and the kinds.
    private static readonly (string Api, ulong First, ulong Last, string Kinds)[] s_apis =
    [
        ("v1", 0, 999, "ConfigMap Endpoints Event LimitRange Namespace Node PersistentVolume PersistentVolumeClaim Pod PodTemplate ReplicationController ResourceQuota Secret Service ServiceAccount"),
        ("admissionregistration.k8s.io/v1", 16, 999, "MutatingWebhookConfiguration ValidatingWebhookConfiguration"),
        ("admissionregistration.k8s.io/v1beta1", 9, 21, "MutatingWebhookConfiguration ValidatingWebhookConfiguration"),
        ("apiextensions.k8s.io/v1", 16, 999, "CustomResourceDefinition"),
        ("apiextensions.k8s.io/v1beta1", 7, 21, "CustomResourceDefinition"),
        ("apiregistration.k8s.io/v1", 10, 999, "APIService"),
        ("apiregistration.k8s.io/v1beta1", 7, 21, "APIService"),
        ("apps/v1", 9, 999, "ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet"),
        ("authentication.k8s.io/v1", 6, 999, "TokenReview"),
        ("authorization.k8s.io/v1", 6, 999, "LocalSubjectAccessReview SelfSubjectAccessReview SelfSubjectRulesReview SubjectAccessReview"),
        ("autoscaling/v1", 2, 999, "HorizontalPodAutoscaler"),
        ("autoscaling/v2", 23, 999, "HorizontalPodAutoscaler"),
        ("autoscaling/v2beta1", 8, 24, "HorizontalPodAutoscaler"),
        ("autoscaling/v2beta2", 12, 25, "HorizontalPodAutoscaler"),
        ("batch/v1", 2, 999, "Job"),
        ("batch/v1", 21, 999, "CronJob"),
        ("batch/v1beta1", 8, 24, "CronJob"),
        ("certificates.k8s.io/v1", 19, 999, "CertificateSigningRequest"),
        ("coordination.k8s.io/v1", 14, 999, "Lease"),
        ("discovery.k8s.io/v1", 21, 999, "EndpointSlice"),
        ("discovery.k8s.io/v1beta1", 17, 24, "EndpointSlice"),
        ("events.k8s.io/v1", 19, 999, "Event"),
        ("extensions/v1beta1", 1, 21, "Ingress"),
        ("networking.k8s.io/v1", 8, 999, "NetworkPolicy"),
        ("networking.k8s.io/v1", 19, 999, "Ingress IngressClass"),
        ("networking.k8s.io/v1beta1", 14, 21, "Ingress IngressClass"),
        ("node.k8s.io/v1", 20, 999, "RuntimeClass"),
        ("policy/v1", 21, 999, "PodDisruptionBudget"),
        ("policy/v1beta1", 5, 24, "PodDisruptionBudget PodSecurityPolicy"),
        ("rbac.authorization.k8s.io/v1", 8, 999, "ClusterRole ClusterRoleBinding Role RoleBinding"),
        ("rbac.authorization.k8s.io/v1beta1", 6, 21, "ClusterRole ClusterRoleBinding Role RoleBinding"),
        ("scheduling.k8s.io/v1", 14, 999, "PriorityClass"),
        ("storage.k8s.io/v1", 6, 999, "StorageClass VolumeAttachment"),
        ("storage.k8s.io/v1", 17, 999, "CSINode"),
        ("storage.k8s.io/v1", 18, 999, "CSIDriver"),
        ("storage.k8s.io/v1beta1", 4, 21, "StorageClass VolumeAttachment CSINode CSIDriver"),
    ];

    /// <summary>Whether it is a kind of Kubernetes itself, in whatever version of its group.</summary>
    public static bool IsKnown(string group, string kind) => s_apis.Any(a =>
        string.Equals(a.Api.Contains('/', StringComparison.Ordinal) ? a.Api.Split('/')[0] : "", group, StringComparison.Ordinal) && a.Kinds.Split(' ').Contains(kind, StringComparer.Ordinal));

    /// <summary>The APIs of Kubernetes itself that a version serves: those of today where the version says nothing.</summary>
    public static ClusterFacts Of(string version)
    {
        var minor = ChartVersion.Parse(version) is { Major: 1 } parsed ? parsed.Minor : 998;
        return new(version, [.. s_apis.Where(a => a.First <= minor && minor <= a.Last)
            .SelectMany(static a => a.Kinds.Split(' ').Select(k => $"{a.Api}/{k}").Prepend(a.Api)).Distinct(StringComparer.Ordinal)]);
    }
}
