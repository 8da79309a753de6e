using Stagedoor.Addons.Charts;
using Stagedoor.Addons.Rendering.Values;
using Stagedoor.Addons.Rendering.Yaml;

namespace Stagedoor.Addons.Packages;

/// <summary>What a package holds, once it has been looked at.</summary>
internal sealed record PackageContents
{
    private const int MaxName = 64;
    private const int MaxProblems = 5;

    public required Chart Chart { get; init; }

    /// <summary>What is in <c>addon.yaml</c>; empty where there is none.</summary>
    public required GoMap Addon { get; init; }

    /// <summary>What is in <c>values.yaml</c> as JSON; null where JSON cannot say it.</summary>
    public required string? Values { get; init; }

    /// <summary>What is in <c>README.md</c>.</summary>
    public required string Readme { get; init; }

    /// <summary>What is in <c>values.schema.json</c>; empty where there is none.</summary>
    public string Schema => Chart.Schema is { } schema ? GoText.Clean(GoText.Decode(schema)) : "";

    /// <summary>Reads the files of a package.</summary>
    /// <param name="files">The files, by their path below the top folder.</param>
    /// <param name="isLinted">Whether it is checked that the package can be installed.</param>
    /// <exception cref="FormatException">It is none; the message names the file and the reason.</exception>
    public static PackageContents Read(Dictionary<string, byte[]> files, bool isLinted)
    {
        var (chart, values) = Load(files, isLinted);
        if (chart.Name.Length > MaxName || !Text.IsStorable(chart.Name))
        {
            throw new FormatException($"Chart.yaml: name has at most {MaxName} characters");
        }

        if (chart.Metadata.Text("apiVersion") is not ("v1" or "v2"))
        {
            throw new FormatException("Chart.yaml: apiVersion has to be v1 or v2");
        }

        if (chart.Version.Length is 0 or > 128 || ChartVersion.Parse(chart.Version) is null)
        {
            throw new FormatException("Chart.yaml: version has to be a semantic version, such as 1.2.3");
        }

        StaticLint.RequireParts(chart);
        if (isLinted)
        {
            Lint(chart);
        }

        var readme = files.TryGetValue("README.md", out var text) ? Text.Repair(GoText.Clean(GoText.Decode(text))) : "";
        return new() { Chart = chart, Addon = AddonOf(files), Values = values, Readme = readme };
    }

    // Values that JSON cannot say are kept as bytes where nobody wants them checked.
    private static (Chart Chart, string? Values) Load(Dictionary<string, byte[]> files, bool isLinted)
    {
        try
        {
            var chart = ChartLoader.Load(files);
            return (chart, JsonText.Write(chart.Values, escapeHtml: false));
        }
        catch (FormatException) when (!isLinted && files.ContainsKey("values.yaml"))
        {
            var rest = files.Where(static f => f.Key is not "values.yaml").ToDictionary(StringComparer.Ordinal);
            return (ChartLoader.Load(rest), null);
        }
    }

    private static void Lint(Chart chart)
    {
        if (chart.IsLibrary)
        {
            throw new FormatException("Chart.yaml: a library holds definitions only and cannot be installed");
        }

        var problems = ChartLint.Check(chart).Concat(ValuesSchema.Problems(chart)).Concat(StaticLint.Check(chart)).Take(MaxProblems).ToList();
        if (problems.Count > 0)
        {
            throw new FormatException(string.Join("; ", problems));
        }
    }

    private static GoMap AddonOf(Dictionary<string, byte[]> files)
    {
        if (!files.TryGetValue("addon.yaml", out var bytes))
        {
            return [];
        }

        try
        {
            return YamlReader.Read(GoText.Decode(bytes)) switch
            {
                null => [],
                GoMap map => map,
                _ => throw new FormatException("it is no map"),
            };
        }
        catch (FormatException e)
        {
            throw new FormatException($"addon.yaml: {e.Message}", e);
        }
    }
}
