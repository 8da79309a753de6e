using System.Text.RegularExpressions;
using Stagedoor.Addons.Charts;
using Stagedoor.Addons.Packages;
using Stagedoor.Addons.Rendering.Values;
using Stagedoor.Addons.Rendering.Yaml;

namespace Stagedoor.Addons.UserCharts;

/// <summary>A version of a chart that users of a project have uploaded.</summary>
internal sealed partial record UserChart
{
    private const int MaxText = 4_000;
    private const int MaxReadme = 256 * 1024;
    private const int MaxValues = 1024 * 1024;

    public string Id { get; init; } = "";

    public string DomainId { get; init; } = "";

    public string ProjectId { get; init; } = "";

    /// <summary>As its Chart.yaml has it.</summary>
    public string Name { get; init; } = "";

    /// <summary>As its Chart.yaml has it.</summary>
    public string Version { get; init; } = "";

    /// <summary>Whose the package is.</summary>
    public long LibraryId { get; init; }

    public string Digest { get; init; } = "";

    /// <summary>In bytes.</summary>
    public long Size { get; init; }

    public string Description { get; init; } = "";

    /// <summary>Where it is from, in the words of whoever uploaded it.</summary>
    public string Source { get; init; } = "";

    public string IconUrl { get; init; } = "";

    /// <summary>Texts for a console, as JSON; empty where there are none.</summary>
    public string Translate { get; init; } = "";

    /// <summary>Its README.</summary>
    public string Instruction { get; init; } = "";

    /// <summary>Its Chart.yaml as a JSON object.</summary>
    public string ChartYaml { get; init; } = "{}";

    /// <summary>Its values.yaml as JSON; null where JSON cannot say it.</summary>
    public string? ChartValues { get; init; }

    /// <summary>Whether the Helm repository shows it.</summary>
    public int Visible { get; init; }

    public string UploadedBy { get; init; } = "";

    /// <summary>Whether it is being deleted.</summary>
    public int Removing { get; init; }

    public long CreatedAt { get; init; }

    public long UpdatedAt { get; init; }

    /// <summary>The chart that a package is.</summary>
    /// <exception cref="Http.ApiException">Something in it is not what it has to be.</exception>
    public static UserChart Read(PackageContents package)
    {
        var chart = package.Chart;
        if (!NamePattern().IsMatch(chart.Name))
        {
            throw AddonsError.InvalidPackage("Chart.yaml: name is 1-64 letters, digits, '.', '_' and '-', and begins with a letter or digit");
        }

        if (!VersionPattern().IsMatch(chart.Version))
        {
            throw AddonsError.InvalidPackage("Chart.yaml: version has to be a semantic version, such as 1.2.3");
        }

        if (package.Values?.Length > MaxValues)
        {
            throw AddonsError.InvalidPackage($"values.yaml: has at most {MaxValues} characters as JSON");
        }

        return new()
        {
            Name = chart.Name,
            Version = chart.Version,
            Description = Line(chart.Metadata.Text("description")),
            IconUrl = Line(chart.Metadata.Text("icon")),
            Translate = package.Addon.GetValueOrDefault("translate") is GoMap texts ? Json(texts, "addon.yaml: translate") : "",
            Instruction = Text.Repair(Text.Cut(package.Readme, MaxReadme)),
            ChartYaml = Json(chart.Metadata, "Chart.yaml"),
            ChartValues = package.Values is { } values && Text.IsStorable(values) ? values : null,
        };
    }

    private static string Line(string text) => Text.Repair(Text.Cut(text, MaxText));

    private static string Json(GoMap map, string what)
    {
        try
        {
            var text = JsonText.Write(map, escapeHtml: false);
            return text.Length <= MaxValues && Text.IsStorable(text) ? text : throw AddonsError.InvalidPackage($"{what} is too long, or holds U+0000");
        }
        catch (FormatException e)
        {
            throw AddonsError.InvalidPackage($"{what}: {e.Message}", e);
        }
    }

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}\z", RegexOptions.NonBacktracking)]
    private static partial Regex NamePattern();

    [GeneratedRegex(@"^v?[0-9][0-9A-Za-z.+-]{0,127}\z", RegexOptions.NonBacktracking)]
    private static partial Regex VersionPattern();
}
