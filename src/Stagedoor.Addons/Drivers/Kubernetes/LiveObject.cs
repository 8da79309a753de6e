using Stagedoor.Addons.Charts;
using Stagedoor.Addons.Releases;
using Stagedoor.Addons.Rendering.Values;
using Stagedoor.Addons.Rendering.Yaml;

namespace Stagedoor.Addons.Drivers.Kubernetes;

/// <summary>Objects as an API server answers them, and as they are sent.</summary>
internal static class LiveObject
{
    private static readonly string[] s_serverFields = ["managedFields", "resourceVersion", "uid", "creationTimestamp", "generation", "selfLink"];

    /// <summary>The YAML of an object without what the server alone writes.</summary>
    public static string TextOf(GoMap live)
    {
        var shown = ChartValues.Copy(live);
        shown.Remove("status");
        if (shown.GetValueOrDefault("metadata") is GoMap metadata)
        {
            foreach (var field in s_serverFields)
            {
                metadata.Remove(field);
            }
        }

        return YamlWriter.Write(shown);
    }

    /// <summary>Whether an object belongs to a release, by what Helm and this program write on it.</summary>
    public static bool IsOf(GoMap live, ReleaseKey key)
    {
        var annotations = live.Table("metadata.annotations") ?? [];
        return string.Equals(annotations.Text("meta.helm.sh/release-name"), key.Name, StringComparison.Ordinal)
            && string.Equals(annotations.Text("meta.helm.sh/release-namespace"), key.Namespace, StringComparison.Ordinal);
    }

    /// <summary>Whether an object was told to go and has not gone, and what keeps it.</summary>
    public static IReadOnlyList<string> Finalizers(GoMap live) =>
        (live.Table("metadata") ?? []).Text("deletionTimestamp").Length > 0 ? [.. (live.Table("metadata") ?? []).List("finalizers").OfType<string>()] : [];

    /// <summary>An object as it is sent: ports say their protocol, which servers before 1.23 do not add when they merge lists.</summary>
    public static GoMap ToSend(GoMap content)
    {
        var sent = ChartValues.Copy(content);
        sent.Remove("status");
        Complete(sent);
        return sent;
    }

    /// <summary>An object without a field, as conflicts name it: <c>.spec.template.spec.containers[name="app"].image</c>.</summary>
    public static GoMap Without(GoMap content, string field)
    {
        var copy = ChartValues.Copy(content);
        Remove(copy, FieldPath.Read(field), 0);
        return copy;
    }

    private static void Complete(object? value)
    {
        if (value is GoList list)
        {
            foreach (var item in list)
            {
                Complete(item);
            }
        }
        else if (value is GoMap map)
        {
            foreach (var (key, inner) in map)
            {
                if (key is "ports" && inner is GoList ports && ports.All(static p => p is GoMap port && (port.ContainsKey("containerPort") || port.ContainsKey("port"))))
                {
                    foreach (var port in ports.OfType<GoMap>())
                    {
                        port.TryAdd("protocol", "TCP");
                    }
                }

                Complete(inner);
            }
        }
    }

    private static void Remove(object? value, IReadOnlyList<FieldPath> path, int at)
    {
        if (at == path.Count)
        {
            return;
        }

        var step = path[at];
        if (step.Member is { } member && value is GoMap map)
        {
            if (at == path.Count - 1)
            {
                map.Remove(member);
            }
            else
            {
                Remove(map.GetValueOrDefault(member), path, at + 1);
            }
        }
        else if (value is GoList list && step.IndexIn(list) is >= 0 and var index)
        {
            if (at == path.Count - 1)
            {
                list.RemoveAt(index);
            }
            else
            {
                Remove(list[index], path, at + 1);
            }
        }
    }
}
