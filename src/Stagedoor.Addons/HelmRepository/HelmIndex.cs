using System.Security.Cryptography;
using Stagedoor.Addons.Charts;
using Stagedoor.Addons.Rendering.Values;
using Stagedoor.Addons.Rendering.Yaml;
using Stagedoor.Addons.Requests;
using Stagedoor.Addons.UserCharts;

namespace Stagedoor.Addons.HelmRepository;

/// <summary>The index of a Helm repository.</summary>
internal sealed record HelmIndex(byte[] Bytes, string Tag)
{
    /// <summary>The index of these charts. The same charts give the same bytes.</summary>
    public static HelmIndex Of(IReadOnlyList<UserChart> charts)
    {
        // Two charts can have one file name: a-1 of version 2.0.0, and a of version 1-2.0.0.
        var twins = charts.GroupBy(FileName, StringComparer.Ordinal).Where(static g => g.Count() > 1).Select(static g => g.Key).ToHashSet(StringComparer.Ordinal);
        var entries = new GoMap();
        foreach (var versions in charts.GroupBy(static c => c.Name, StringComparer.Ordinal).OrderBy(static g => g.Key, StringComparer.Ordinal))
        {
            entries[versions.Key] = new GoList(versions.Select(static c => (Row: c, Number: ChartVersion.Parse(c.Version)))
                .OrderByDescending(static c => c.Number).ThenByDescending(static c => c.Row.Version, StringComparer.Ordinal)
                .Select(c => Entry(c.Row, twins.Contains(FileName(c.Row)))));
        }

        var bytes = GoText.Encode(YamlWriter.Write(new GoMap
        {
            ["apiVersion"] = "v1",
            ["entries"] = entries,
            ["generated"] = RequestBody.Time(charts.Count == 0 ? 0 : charts.Max(static c => c.UpdatedAt)),
        }));
        return new(bytes, Convert.ToHexStringLower(SHA256.HashData(bytes)));
    }

    /// <summary>The name of a chart's file in the repository.</summary>
    public static string FileName(UserChart chart) => $"{chart.Name}-{chart.Version}.tgz";

    private static GoMap Entry(UserChart chart, bool hasTwin) => new((GoMap)JsonText.Read(chart.ChartYaml)!)
    {
        ["name"] = chart.Name,
        ["version"] = chart.Version,
        ["created"] = RequestBody.Time(chart.UpdatedAt),
        ["digest"] = chart.Digest[(chart.Digest.IndexOf(':', StringComparison.Ordinal) + 1)..],
        ["urls"] = GoList.OfStrings([$"charts/{FileName(chart)}{(hasTwin ? $"?{DownloadHelmChart.Id}={chart.Id}" : "")}"]),
    };
}
