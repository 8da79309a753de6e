using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Charts;

/// <summary>A chart as it was read. It never changes: what a render leaves out or renames it does on copies.</summary>
internal sealed record Chart
{
    /// <summary>What is in <c>Chart.yaml</c>.</summary>
    public required GoMap Metadata { get; init; }

    /// <summary>The name, or the alias under which a parent has it.</summary>
    public required string Name { get; init; }

    public required string Version { get; init; }

    /// <summary>What is in <c>values.yaml</c>.</summary>
    public required GoMap Values { get; init; }

    /// <summary>What is in <c>values.schema.json</c>, if there is one.</summary>
    public byte[]? Schema { get; init; }

    public required IReadOnlyList<ChartTemplate> Templates { get; init; }

    /// <summary>What <c>.Files</c> holds: everything that is no template, no chart and not read by Helm itself.</summary>
    public required IReadOnlyDictionary<string, byte[]> Files { get; init; }

    /// <summary>The dependencies that <c>Chart.yaml</c> names.</summary>
    public required IReadOnlyList<ChartDependency> Dependencies { get; init; }

    /// <summary>The charts in the folder <c>charts</c>.</summary>
    public required IReadOnlyList<Chart> Charts { get; init; }

    /// <summary>Whether it is a package of type static: its files are installed as they are, and it has no templates.</summary>
    public bool IsStatic { get; init; }

    /// <summary>Whether it only holds definitions and is not installed.</summary>
    public bool IsLibrary => Metadata.Text("type") is "library";

    /// <summary>Dependencies that are named and not there.</summary>
    public IEnumerable<ChartDependency> Missing => Dependencies.Where(d => !Charts.Any(c => string.Equals(c.Name, d.Name, StringComparison.Ordinal)));

    /// <summary>The custom resource definitions: the files in <c>crds</c>, and those of the charts in it.</summary>
    public IEnumerable<(string Path, string Text)> CustomResources(string path) =>
        Files.Where(static f => f.Key.StartsWith("crds/", StringComparison.Ordinal) && Path.GetExtension(f.Key) is ".yaml" or ".yml" or ".json")
            .OrderBy(static f => f.Key, StringComparer.Ordinal)
            .Select(f => ($"{path}/{f.Key}", GoText.Decode(f.Value)))
            .Concat(Charts.SelectMany(c => c.CustomResources($"{path}/charts/{c.Name}")));

    /// <summary>What a template sees as <c>.Chart</c>.</summary>
    public GoStruct ToStruct(bool isRoot) => new GoStruct("struct { chart.Metadata; IsRoot bool }")
        .Field("Name", Name, "name")
        .Field("Home", Metadata.Text("home"), "home")
        .Field("Sources", GoList.OfStrings(Metadata.List("sources").OfType<string>()), "sources")
        .Field("Version", Version, "version")
        .Field("Description", Metadata.Text("description"), "description")
        .Field("Keywords", GoList.OfStrings(Metadata.List("keywords").OfType<string>()), "keywords")
        .Field("Maintainers", new GoList(Metadata.List("maintainers").OfType<GoMap>().Select(static m => new GoStruct("*chart.Maintainer")
            .Field("Name", m.Text("name"), "name").Field("Email", m.Text("email"), "email").Field("URL", m.Text("url"), "url"))), "maintainers")
        .Field("Icon", Metadata.Text("icon"), "icon")
        .Field("APIVersion", Metadata.Text("apiVersion"), "apiVersion")
        .Field("Condition", Metadata.Text("condition"), "condition")
        .Field("Tags", Metadata.Text("tags"), "tags")
        .Field("AppVersion", Metadata.Text("appVersion"), "appVersion")
        .Field("Deprecated", Metadata.TryGetValue("deprecated", out var deprecated) && deprecated is true, "deprecated")
        .Field("Annotations", new GoMap((Metadata.GetValueOrDefault("annotations") as GoMap ?? []).Where(static a => a.Value is string)) { TypeName = "map[string]string" }, "annotations")
        .Field("KubeVersion", Metadata.Text("kubeVersion"), "kubeVersion")
        .Field("Dependencies", new GoList(Dependencies.Select(static d => d.ToStruct(true))), "dependencies")
        .Field("Type", Metadata.Text("type"), "type")
        .Field("IsRoot", isRoot, "IsRoot", isAlways: true);
}
