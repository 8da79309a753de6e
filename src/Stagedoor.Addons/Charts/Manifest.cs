using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Charts;

/// <summary>One object that a chart rendered to.</summary>
/// <param name="Source">The file of the chart.</param>
/// <param name="ApiVersion">Its <c>apiVersion</c>.</param>
/// <param name="Kind">Its <c>kind</c>.</param>
/// <param name="Name">Its name.</param>
/// <param name="Namespace">The namespace that it names; empty where it names none.</param>
/// <param name="Text">The YAML, as it was rendered.</param>
/// <param name="Content">The YAML, read.</param>
internal sealed record Manifest(string Source, string ApiVersion, string Kind, string Name, string Namespace, string Text, GoMap Content)
{
    /// <summary>When it is applied, if it is no object that stays with the release.</summary>
    public ManifestHook? Hook { get; init; }

    /// <summary>Whether it stays when the release goes.</summary>
    public bool IsKept => Annotation("helm.sh/resource-policy").Trim() is "keep";

    public string Annotation(string name) => (Content.At("metadata") as GoMap)?.GetValueOrDefault("annotations") is GoMap all ? all.Text(name) : "";
}
