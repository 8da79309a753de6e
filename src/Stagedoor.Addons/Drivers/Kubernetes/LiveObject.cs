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

    /// <summary>Whether somebody says on an object that it stays, its author or whoever wrote on it since.</summary>
    public static bool IsKept(GoMap content) =>
        (content.Table("metadata.annotations") ?? []).Text("helm.sh/resource-policy").Trim().Equals("keep", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether an object was told to go and has not gone, and what keeps it.</summary>
    public static IReadOnlyList<string> Finalizers(GoMap live) =>
        (live.Table("metadata") ?? []).Text("deletionTimestamp").Length > 0 ? [.. (live.Table("metadata") ?? []).List("finalizers").OfType<string>()] : [];

    /// <summary>
    /// An object as it is sent: ports say their protocol, which servers before 1.23 do not add when they merge lists, and amounts are texts (<see cref="Quantities"/>).
    /// </summary>
    public static GoMap ToSend(PlannedObject planned)
    {
        var sent = ChartValues.Copy(planned.Content);
        sent.Remove("status");
        Complete(sent);
        Quantities.Write(planned.Id, sent);
        return sent;
    }

    /// <summary>An object without a field, as conflicts name it: <c>.spec.template.spec.containers[name="app"].image</c>.</summary>
    public static GoMap Without(GoMap content, string field)
    {
        var copy = ChartValues.Copy(content);
        Remove(copy, field);
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

    // Names are written as they are, also with dots in them: of the names of a map that the path may go on with the longest is meant.
    private static void Remove(object? value, ReadOnlySpan<char> path)
    {
        if (value is GoList list && path.StartsWith('['))
        {
            var end = FieldElement.EndOf(path);
            var index = FieldElement.IndexIn(list, path[1..end].ToString());
            if (index >= 0 && end + 1 >= path.Length)
            {
                list.RemoveAt(index);
            }
            else if (index >= 0)
            {
                Remove(list[index], path[(end + 1)..]);
            }
        }
        else if (value is GoMap map && path.StartsWith('.'))
        {
            var best = "";
            foreach (var key in map.Keys)
            {
                if (key.Length > best.Length && path[1..].StartsWith(key, StringComparison.Ordinal) && (path.Length == key.Length + 1 || path[key.Length + 1] is '.' or '['))
                {
                    best = key;
                }
            }

            if (best.Length > 0 && path.Length == best.Length + 1)
            {
                map.Remove(best);
            }
            else if (best.Length > 0)
            {
                Remove(map[best], path[(best.Length + 1)..]);
            }
        }
    }
}
