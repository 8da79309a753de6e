using Stagedoor.Addons.Rendering.Values;
using Stagedoor.Addons.Rendering.Yaml;

namespace Stagedoor.Addons.Drivers.Kubernetes;

/// <summary>
/// Amounts of something, such as <c>cpu: 0.5</c>. Charts write them as numbers and a server takes both when an object is created; where it merges fields, older
/// servers (seen with 1.20) take texts only.
/// </summary>
internal static class Quantities
{
    // Kubernetes' own: what a definition of somebody else calls an amount may have to be a number.
    private static readonly HashSet<(string Group, string Kind)> s_kinds =
    [
        ("", "Pod"), ("", "PodTemplate"), ("", "ReplicationController"), ("", "PersistentVolume"), ("", "PersistentVolumeClaim"), ("", "LimitRange"), ("", "ResourceQuota"),
        ("apps", "Deployment"), ("apps", "StatefulSet"), ("apps", "DaemonSet"), ("apps", "ReplicaSet"), ("batch", "Job"), ("batch", "CronJob"),
        ("autoscaling", "HorizontalPodAutoscaler"), ("node.k8s.io", "RuntimeClass"),
    ];

    private static readonly HashSet<string> s_maps = new(StringComparer.Ordinal)
    {
        "limits", "requests", "capacity", "hard", "overhead", "podFixed", "default", "defaultRequest", "max", "min", "maxLimitRequestRatio",
    };

    private static readonly HashSet<string> s_amounts = new(StringComparer.Ordinal) { "sizeLimit", "divisor", "averageValue", "targetAverageValue", "targetValue" };

    /// <summary>Writes the amounts of an object as texts.</summary>
    public static void Write(ObjectId id, GoMap content)
    {
        if (s_kinds.Contains((id.Group, id.Kind)) && content.GetValueOrDefault("spec") is { } spec)
        {
            Write(spec, "");
        }
    }

    private static void Write(object? value, string field)
    {
        if (value is GoList list)
        {
            foreach (var item in list)
            {
                Write(item, field);
            }
        }
        else if (value is GoMap map)
        {
            foreach (var (key, inner) in map.ToList())
            {
                if (inner is double or long && (s_maps.Contains(field) || s_amounts.Contains(key) || (key is "value" && field is "target")))
                {
                    map[key] = JsonText.Write(inner);
                }
                else
                {
                    Write(inner, key);
                }
            }
        }
    }
}
