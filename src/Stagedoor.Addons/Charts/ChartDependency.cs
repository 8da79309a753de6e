using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Charts;

/// <summary>A chart that another one names in its <c>dependencies</c>.</summary>
internal sealed record ChartDependency(
    string Name, string Version, string Repository, string Condition, IReadOnlyList<string> Tags, IReadOnlyList<object?> ImportValues, string Alias)
{
    /// <summary>The name under which the chart's values are.</summary>
    public string ValuesName => Alias.Length > 0 ? Alias : Name;

    public static ChartDependency Of(GoMap map) => new(
        map.Text("name"), map.Text("version"), map.Text("repository"), map.Text("condition"),
        [.. map.List("tags").OfType<string>()], map.List("import-values"), map.Text("alias"));

    public bool Fits(Chart chart) => string.Equals(chart.Name, Name, StringComparison.Ordinal)
        && (Version.Length == 0 || (VersionRange.Parse(Version) is { } range && ChartVersion.Parse(chart.Version) is { } version && range.Contains(version)));

    public GoStruct ToStruct(bool isEnabled) => new GoStruct("*chart.Dependency")
        .Field("Name", ValuesName, "name")
        .Field("Version", Version, "version")
        .Field("Repository", Repository, "repository")
        .Field("Condition", Condition, "condition")
        .Field("Tags", GoList.OfStrings(Tags), "tags")
        .Field("Enabled", isEnabled, "enabled")
        .Field("ImportValues", new GoList(ImportValues), "import-values")
        .Field("Alias", Alias, "alias");
}
