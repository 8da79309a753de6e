using Stagedoor.Addons.Charts;
using Stagedoor.Addons.Releases;
using Stagedoor.Addons.Rendering.Templates;
using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Instances;

/// <summary>An image that containers run.</summary>
/// <param name="Repository">Without the registry's host.</param>
/// <param name="Tag">Empty where only a digest is named.</param>
/// <param name="Digest">Empty where none is named.</param>
internal sealed record RunImage(string Repository, string Tag, string Digest)
{
    private const int MaxReference = 512;

    /// <summary>The images of a registry that the objects of a release name, and its hooks. One without a host is Docker Hub's, and so is none of ours.</summary>
    public static IReadOnlyCollection<RunImage> Of(ReleaseRecord record)
    {
        var found = new HashSet<RunImage>();
        try
        {
            var plan = ReleasePlan.Of(record);
            foreach (var content in plan.Objects.Select(static o => o.Content).Concat(plan.Hooks.Select(static h => h.Content)))
            {
                Collect(content, found);
            }
        }
        catch (TemplateException)
        {
            // Who applies it says so.
        }

        return found;
    }

    /// <summary>Reads <c>HOST/ORGANIZATION/REPOSITORY[:TAG][@DIGEST]</c>; <c>null</c> for anything else.</summary>
    public static RunImage? Read(string reference)
    {
        var slash = reference.IndexOf('/', StringComparison.Ordinal);
        if (slash <= 0 || reference.Length > MaxReference || !Text.IsStorable(reference))
        {
            return null;
        }

        var host = reference[..slash];
        if (!host.Contains('.', StringComparison.Ordinal) && !host.Contains(':', StringComparison.Ordinal) && host is not "localhost")
        {
            return null;
        }

        var (name, digest) = (reference[(slash + 1)..], "");
        if (name.IndexOf('@', StringComparison.Ordinal) is >= 0 and var at)
        {
            (name, digest) = (name[..at], name[(at + 1)..]);
        }

        var colon = name.LastIndexOf(':');
        var tag = colon > name.LastIndexOf('/') ? name[(colon + 1)..] : "";
        var repository = tag.Length > 0 ? name[..colon] : name;
        return repository.Length == 0 ? null : new(repository, tag.Length == 0 && digest.Length == 0 ? "latest" : tag, digest);
    }

    // Pods stand at many depths of many kinds, also of those that nobody knows: wherever containers are listed.
    private static void Collect(object? value, HashSet<RunImage> found)
    {
        if (value is GoList list)
        {
            foreach (var item in list)
            {
                Collect(item, found);
            }
        }
        else if (value is GoMap map)
        {
            foreach (var (key, inner) in map)
            {
                if (key is "containers" or "initContainers" or "ephemeralContainers" && inner is GoList containers)
                {
                    found.UnionWith(containers.OfType<GoMap>().Select(static c => Read(c.Text("image"))).OfType<RunImage>());
                }

                Collect(inner, found);
            }
        }
    }
}
