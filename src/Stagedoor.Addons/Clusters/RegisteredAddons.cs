using System.Text.Json;
using Stagedoor.Addons.Instances;
using Stagedoor.Addons.Requests;
using Stagedoor.Addons.Templates;
using Stagedoor.Http;

namespace Stagedoor.Addons.Clusters;

/// <summary>What a cluster shall have from the beginning: what its registration names, or else what the catalogue says that every cluster needs.</summary>
internal sealed class RegisteredAddons(Install install, TemplateStore templates)
{
    private const int MaxEntries = 50;

    /// <summary>The annotations that name add-ons. They are carried out, and not kept.</summary>
    public static readonly IReadOnlyList<string> Keys = ["cluster.install.addons/install", "cluster.install.addons.external/install"];

    /// <summary>The instances to be of a cluster that is not registered yet.</summary>
    /// <param name="cluster">The cluster to be.</param>
    /// <param name="annotations">Those of its registration.</param>
    /// <param name="actor">The name of the user who registers it.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ApiException">Something cannot be installed in it.</exception>
    public async Task<IReadOnlyList<Instance>> PlanAsync(
        Cluster cluster, IReadOnlyDictionary<string, string>? annotations, string actor, CancellationToken cancellationToken)
    {
        var orders = new List<InstallOrder>();
        foreach (var key in Keys)
        {
            if (annotations?.GetValueOrDefault(key) is { } text)
            {
                Read(text, $"metadata.annotations[{key}]");
            }
        }

        List<string> needed = annotations?.ContainsKey(Keys[0]) is true ? []
            : [.. (await templates.ListAsync(cluster.DomainId, cancellationToken)).Where(static t => t.Require != 0).Select(static t => t.Name).Where(n => !IsNamed(n))];
        return orders.Count + needed.Count == 0 ? [] : await install.PlanAsync(orders, [.. needed.Select(n => OrderOf(new(n, null, null)))], cluster, cancellationToken);

        bool IsNamed(string template) => orders.Exists(o => string.Equals(o.Template, template, StringComparison.Ordinal));

        InstallOrder OrderOf(RegisteredAddon entry) => new()
        {
            DomainId = cluster.DomainId,
            Template = entry.AddonTemplateName!,
            Version = entry.Version,
            Values = entry.Values is { ValueKind: JsonValueKind.Object } values ? values : JsonElement.Parse("{}"),
            Actor = actor,
        };

        void Read(string text, string field)
        {
            var list = RequestBody.ParseText(text.Length == 0 ? "[]" : text, field);
            if (list.ValueKind is not JsonValueKind.Array || list.GetArrayLength() > MaxEntries)
            {
                throw AddonsError.Invalid(field, $"has to be a JSON array of at most {MaxEntries} objects");
            }

            foreach (var entry in list.EnumerateArray().Select(e => RequestBody.Parse(e, AddonsJson.Wire.RegisteredAddon, field)))
            {
                var problem = string.IsNullOrEmpty(entry.AddonTemplateName) ? "addonTemplateName is required"
                    : entry.Values is not (null or { ValueKind: JsonValueKind.Object or JsonValueKind.Null }) ? "values has to be a JSON object"
                    : IsNamed(entry.AddonTemplateName) ? "addonTemplateName is named twice"
                    : null;
                if (problem is not null)
                {
                    throw AddonsError.Invalid(field, problem);
                }

                orders.Add(OrderOf(entry));
            }
        }
    }
}

/// <summary>An add-on that a registration names.</summary>
internal sealed record RegisteredAddon(string? AddonTemplateName, string? Version, JsonElement? Values);
