using System.Globalization;
using Stagedoor.Addons.Rendering.Templates;

namespace Stagedoor.Addons.Charts;

/// <summary>What can be told of a chart without rendering it.</summary>
internal static class ChartLint
{
    /// <summary>What is wrong with the chart and with those in it; nothing where it may be published.</summary>
    public static IEnumerable<string> Check(Chart chart) => Check(chart, chart.Name);

    private static IEnumerable<string> Check(Chart chart, string path)
    {
        if (ChartVersion.Parse(chart.Version) is null)
        {
            yield return $"{path}/Chart.yaml: version {(chart.Version.Length > 0 ? $"\"{chart.Version}\" is no semantic version" : "is missing")}";
        }

        foreach (var missing in chart.Missing)
        {
            yield return $"{path}/Chart.yaml: the dependency {missing.Name} is not in charts/";
        }

        foreach (var error in chart.Templates.SelectMany(t => Check(t, $"{path}/{t.Name}")).Concat(chart.Charts.SelectMany(c => Check(c, $"{path}/charts/{c.Name}"))))
        {
            yield return error;
        }
    }

    private static IEnumerable<string> Check(ChartTemplate template, string path)
    {
        try
        {
            return template.Parse(path).SelectMany(static t => t.Unsupported)
                .Select(u => string.Create(CultureInfo.InvariantCulture, $"{path}:{u.Line}: function \"{u.Function}\" is not supported"));
        }
        catch (TemplateException e)
        {
            return [e.Message];
        }
    }
}
