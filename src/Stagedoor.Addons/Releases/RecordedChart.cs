using Stagedoor.Addons.Charts;
using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Releases;

/// <summary>A chart as a record of a release holds it.</summary>
internal static class RecordedChart
{
    /// <summary>The chart in Helm's words. Charts in it are not part of the record, as in Helm.</summary>
    public static GoMap Of(Chart chart) => new()
    {
        ["metadata"] = chart.Metadata,
        ["lock"] = null,
        ["templates"] = new GoList(chart.Templates.Select(static t => File(t.Name, GoText.Encode(t.Text)))),
        ["values"] = chart.Values,
        ["schema"] = chart.Schema is { } schema ? Convert.ToBase64String(schema) : null,
        ["files"] = new GoList(chart.Files.OrderBy(static f => f.Key, StringComparer.Ordinal).Select(static f => File(f.Key, f.Value))),
    };

    private static GoMap File(string name, byte[] bytes) => new() { ["name"] = name, ["data"] = Convert.ToBase64String(bytes) };
}
