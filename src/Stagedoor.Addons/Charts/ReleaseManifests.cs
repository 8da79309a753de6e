using System.Globalization;
using System.Text.RegularExpressions;
using Stagedoor.Addons.Rendering.Templates;
using Stagedoor.Addons.Rendering.Values;
using Stagedoor.Addons.Rendering.Yaml;

namespace Stagedoor.Addons.Charts;

/// <summary>The objects of a rendered chart in the order in which they are installed, and apart from them its hooks.</summary>
internal sealed partial record ReleaseManifests(IReadOnlyList<Manifest> Objects, IReadOnlyList<Manifest> Hooks)
{
    private static readonly string[] s_installOrder =
    [
        "PriorityClass", "Namespace", "NetworkPolicy", "ResourceQuota", "LimitRange", "PodSecurityPolicy", "PodDisruptionBudget", "ServiceAccount", "Secret",
        "ConfigMap", "StorageClass", "PersistentVolume", "PersistentVolumeClaim", "CustomResourceDefinition", "ClusterRole", "ClusterRoleBinding", "Role",
        "RoleBinding", "Service", "DaemonSet", "Pod", "ReplicationController", "ReplicaSet", "Deployment", "HorizontalPodAutoscaler", "StatefulSet", "Job",
        "CronJob", "IngressClass", "Ingress", "APIService", "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration",
    ];

    private static readonly string[] s_events =
    [
        "pre-install", "post-install", "pre-delete", "post-delete", "pre-upgrade", "post-upgrade", "pre-rollback", "post-rollback", "test", "test-success",
    ];

    /// <summary>Takes what a chart rendered to apart.</summary>
    /// <exception cref="TemplateException">A file did not render to YAML.</exception>
    public static ReleaseManifests Of(RenderedChart chart)
    {
        var objects = new List<Manifest>();
        var hooks = new List<Manifest>();
        foreach (var manifest in chart.Files.SelectMany(Read))
        {
            if (manifest.Hook is null)
            {
                objects.Add(manifest);
            }
            else if (manifest.Hook.Events.Count > 0)
            {
                hooks.Add(manifest);
            }
        }

        // Both sorts keep what is equal in the order of the files.
        return new(
            [.. objects.OrderBy(static m => Rank(m.Kind)).ThenBy(static m => Rank(m.Kind) < s_installOrder.Length ? "" : m.Kind, StringComparer.Ordinal)],
            [.. hooks.OrderBy(static m => m.Hook!.Weight).ThenBy(static m => Rank(m.Kind)).ThenBy(static m => m.Name, StringComparer.Ordinal)]);
    }

    /// <summary>The documents of a file, without those that hold nothing but white space.</summary>
    public static IEnumerable<string> Documents(string text) =>
        Separator().Split(text).Select(static t => t.Trim('\n', '\r')).Where(static t => !string.IsNullOrWhiteSpace(t));

    private static IEnumerable<Manifest> Read(RenderedFile file)
    {
        foreach (var text in Documents(file.Text))
        {
            object? content;
            try
            {
                content = YamlReader.Read(text);
            }
            catch (FormatException e)
            {
                throw new TemplateException($"YAML parse error on {file.Path}: {e.Message}", file.Path, 0, -1, e);
            }

            // A document of comments alone is no object.
            if (content is null)
            {
                continue;
            }

            var map = content as GoMap ?? throw new TemplateException($"YAML parse error on {file.Path}: the document is no map", file.Path, 0, -1, null);
            var metadata = map.GetValueOrDefault("metadata") as GoMap ?? [];
            var manifest = new Manifest(file.Path, map.Text("apiVersion"), map.Text("kind"), metadata.Text("name"), metadata.Text("namespace"), text, map);
            yield return manifest with { Hook = HookOf(manifest) };
        }
    }

    // One whose events are all unknown is applied never, as in Helm.
    private static ManifestHook? HookOf(Manifest manifest)
    {
        var events = manifest.Annotation("helm.sh/hook");
        if (events.Length == 0)
        {
            return null;
        }

        var policies = Words(manifest.Annotation("helm.sh/hook-delete-policy"));
        return new(
            [.. Words(events).Where(static e => s_events.Contains(e, StringComparer.Ordinal)).Select(static e => e is "test-success" ? "test" : e)],
            int.TryParse(manifest.Annotation("helm.sh/hook-weight"), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var weight) ? weight : 0,
            policies.Count > 0 ? policies : ["before-hook-creation"]);
    }

    private static List<string> Words(string text) => [.. text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(static w => w.ToLowerInvariant())];

    private static int Rank(string kind)
    {
        var at = Array.IndexOf(s_installOrder, kind);
        return at < 0 ? s_installOrder.Length : at;
    }

    // A line that begins with three hyphens and goes on with nothing but spaces or a comment.
    [GeneratedRegex(@"^---[ \t]*(#[^\n]*)?\r?$", RegexOptions.NonBacktracking | RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Separator();
}
