using Stagedoor.Addons.Charts;
using Stagedoor.Addons.Drivers;
using Stagedoor.Addons.Instances;
using Stagedoor.Addons.Rendering.Templates;
using Stagedoor.Addons.Rendering.Values;
using Stagedoor.Addons.Rendering.Yaml;

namespace Stagedoor.Addons.Releases;

/// <summary>What a release shall be: the objects in the order in which they are applied, and the record that is kept of it.</summary>
internal sealed record ReleasePlan
{
    private const int MaxName = 253;
    private const int MaxObjects = 5_000;

    /// <summary>What the record of the revision says.</summary>
    public required ReleaseRecord Record { get; init; }

    /// <summary>Its custom resource definitions, which come before everything.</summary>
    public required IReadOnlyList<PlannedObject> CustomResources { get; init; }

    public required IReadOnlyList<PlannedObject> Objects { get; init; }

    /// <summary>What is run beside it.</summary>
    public required IReadOnlyList<Manifest> Hooks { get; init; }

    /// <summary>Whose fields that others have changed are: <c>overwrite</c>, <c>none</c> or <c>preserve</c>.</summary>
    public string Conflicts { get; init; } = "overwrite";

    /// <summary>What the package holds besides, where the record may have had no room for it.</summary>
    public IReadOnlyDictionary<string, byte[]>? Files { get; init; }

    /// <summary>What brings it to the cluster, which decides about its hooks: <c>install</c>, <c>upgrade</c> or <c>rollback</c>.</summary>
    public string Operation
    {
        get => field.Length > 0 ? field
            : Revision == 1 ? InstanceOperation.Install
            : Record.Description.StartsWith("Rollback", StringComparison.Ordinal) ? InstanceOperation.Rollback
            : InstanceOperation.Upgrade;
        init;
    } = "";

    /// <summary>Asked right before each change is made: whether it is still wanted.</summary>
    public Func<CancellationToken, Task>? Confirm { get; init; }

    public ReleaseKey Key => Record.Key;

    public int Revision => Record.Revision;

    /// <summary>Everything that is applied.</summary>
    public IEnumerable<PlannedObject> All => CustomResources.Concat(Objects);

    /// <summary>Plans what a chart rendered to.</summary>
    /// <exception cref="TemplateException">It did not render to objects.</exception>
    /// <exception cref="FormatException">JSON cannot say what it rendered to.</exception>
    public static ReleasePlan Of(RenderedChart rendered, ReleaseOrder order)
    {
        var manifests = ReleaseManifests.Of(rendered);
        var definitions = ReleaseManifests.Of(rendered with { Files = rendered.CustomResources });
        return Of(manifests, definitions.Objects, order, rendered.Notes);
    }

    /// <summary>Plans what was recorded, to the letter.</summary>
    /// <exception cref="TemplateException">The record holds no objects.</exception>
    public static ReleasePlan Of(ReleaseRecord record)
    {
        var manifests = ReleaseManifests.Of(new([new("manifest", record.Manifest), .. record.Hooks.Select(static h => new RenderedFile(h.Path, h.Manifest))], [], "", []));
        var definitions = ReleaseManifests.Of(new([.. record.CustomResources], [], "", []));

        // Helm's records leave out the namespace that objects get from the release: without it they would be others than the same objects of a revision of ours.
        var hasNamespace = KubernetesScopes.With([.. definitions.Objects, .. manifests.Objects]);
        return new()
        {
            Record = record,
            CustomResources = [.. definitions.Objects.Select(static m => Planned(m, m.Content))],
            Objects = [.. manifests.Objects.Select(Recorded)],
            Hooks = manifests.Hooks,
        };

        PlannedObject Recorded(Manifest manifest)
        {
            var planned = Planned(manifest, manifest.Content);
            return planned.Id.Namespace.Length == 0 && hasNamespace(manifest.ApiVersion, manifest.Kind) ? planned with { Id = planned.Id with { Namespace = record.Key.Namespace } } : planned;
        }
    }

    private static ReleasePlan Of(ReleaseManifests manifests, IReadOnlyList<Manifest> definitions, ReleaseOrder order, string notes)
    {
        var hasNamespace = KubernetesScopes.With([.. definitions, .. manifests.Objects]);
        var crds = definitions.SelectMany(Flat).Select(m => Complete(m, order, hasNamespace)).ToList();
        var objects = manifests.Objects.SelectMany(Flat).Select(m => Complete(m, order, hasNamespace)).ToList();
        var seen = new HashSet<ObjectId>();
        foreach (var (planned, source) in crds.Concat(objects))
        {
            if (!seen.Add(planned.Id))
            {
                throw new TemplateException($"{planned.Id} is there twice", source, 0, -1, null);
            }
        }

        if (seen.Count > MaxObjects)
        {
            throw new TemplateException($"the chart renders to {seen.Count} objects, and {MaxObjects} may be") { IsLimit = true };
        }

        return new()
        {
            CustomResources = [.. crds.Select(static c => c.Object)],
            Objects = [.. objects.Select(static o => o.Object)],
            Hooks = manifests.Hooks,
            Conflicts = order.Conflicts,
            Record = new()
            {
                Key = order.Key,
                Revision = order.Revision,
                Status = ReleaseStatus.Deployed,
                Description = order.Description,
                FirstDeployed = order.FirstDeployed ?? order.Now,
                LastDeployed = order.Now,
                Notes = notes,
                Chart = RecordedChart.Of(order.Chart),
                Config = order.Config,
                OwnerId = order.OwnerId,
                Manifest = string.Concat(objects.Select(static o => $"---\n# Source: {OneLine(o.Source)}\n{o.Object.Text}")),
                CustomResources = [.. crds.Select(static c => new RenderedFile(c.Source, c.Object.Text))],
                Hooks = [.. manifests.Hooks.Select(Addressed).Select(RecordedHook.Of)],
            },
        };
    }

    // One without a name is nowhere to be waited for.
    private static Manifest Addressed(Manifest manifest)
    {
        Require(manifest, manifest.ApiVersion, "apiVersion");
        Require(manifest, manifest.Kind, "kind");
        Require(manifest, manifest.Name, "metadata.name");
        return manifest;
    }

    private static (PlannedObject Object, string Source) Complete(Manifest manifest, ReleaseOrder order, Func<string, string, bool> hasNamespace)
    {
        var content = ChartValues.Copy(Addressed(manifest).Content);
        var metadata = content["metadata"] as GoMap ?? [];
        content["metadata"] = metadata;
        var labels = metadata.GetValueOrDefault("labels") as GoMap ?? [];
        labels["app.kubernetes.io/managed-by"] = "Helm";
        metadata["labels"] = labels;
        var annotations = metadata.GetValueOrDefault("annotations") as GoMap ?? [];
        annotations["meta.helm.sh/release-name"] = order.Key.Name;
        annotations["meta.helm.sh/release-namespace"] = order.Key.Namespace;
        if (order.OwnerId.Length > 0)
        {
            annotations["stagedoor.io/addon-id"] = order.OwnerId;
        }

        metadata["annotations"] = annotations;
        if (!hasNamespace(manifest.ApiVersion, manifest.Kind))
        {
            metadata.Remove("namespace");
        }
        else if (manifest.Namespace.Length == 0)
        {
            metadata["namespace"] = order.Key.Namespace;
        }

        return (Planned(manifest, content), manifest.Source);
    }

    private static PlannedObject Planned(Manifest manifest, GoMap content)
    {
        var metadata = content.Table("metadata") ?? [];
        return new(
            manifest.ApiVersion, ObjectId.Of(manifest.ApiVersion, manifest.Kind, metadata.Text("namespace"), manifest.Name), YamlWriter.Write(content), content);
    }

    // A list of objects is those objects, as in Helm.
    private static IEnumerable<Manifest> Flat(Manifest manifest)
    {
        if (!manifest.Kind.EndsWith("List", StringComparison.Ordinal) || manifest.Content.GetValueOrDefault("items") is not GoList items)
        {
            return [manifest];
        }

        return items.Select(item =>
        {
            var map = item as GoMap ?? throw new TemplateException("an item of a list is no map", manifest.Source, 0, -1, null);
            var metadata = map.Table("metadata") ?? [];
            return manifest with
            {
                ApiVersion = map.Text("apiVersion"),
                Kind = map.Text("kind"),
                Name = metadata.Text("name"),
                Namespace = metadata.Text("namespace"),
                Content = map,
            };
        });
    }

    private static void Require(Manifest manifest, string text, string what)
    {
        if (text.Length is 0 or > MaxName || !Text.IsStorable(text) || text.Any(char.IsControl))
        {
            throw new TemplateException($"{what} {(text.Length == 0 ? "is missing" : "is none that Kubernetes takes")}", manifest.Source, 0, -1, null);
        }
    }

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");
}
