using System.Text.Json;
using Stagedoor.Addons.Charts;
using Stagedoor.Addons.Packages;
using Stagedoor.Addons.Rendering.Values;
using Stagedoor.Addons.Rendering.Yaml;
using Stagedoor.Http;

namespace Stagedoor.Addons.Templates;

/// <summary>What a package says of its add-on in <c>addon.yaml</c>, and what the request says above that.</summary>
internal static class TemplateRules
{
    private const int MaxLabels = 50;
    private const int MaxLabel = 64;
    private const int MaxText = 4_000;
    private const int MaxJson = 256 * 1024;

    /// <summary>The template and the version that a package is.</summary>
    /// <exception cref="ApiException">Something is not what it has to be.</exception>
    public static (AddonTemplate Template, AddonVersion Version) Read(PackageContents package, PublishParameters parameters, AddonTemplate? old)
    {
        var (chart, addon) = (package.Chart, package.Addon);
        var name = addon.Text("templateName") is { Length: > 0 } own ? own : chart.Name;
        if (!AddonTemplate.IsValidName(name))
        {
            throw AddonsError.InvalidPackage("addon.yaml: templateName, or else the name in Chart.yaml, is 1-64 of a-z, 0-9, '.' and '-'");
        }

        var type = addon.Text("type") is { Length: > 0 } given ? given : AddonTemplate.Helm;
        if (type is not (AddonTemplate.Helm or AddonTemplate.Static))
        {
            throw AddonsError.InvalidPackage("addon.yaml: type has to be helm or static");
        }

        IReadOnlyList<string> labels = parameters.Labels ?? [.. addon.List("labels").Select(static l => l as string
            ?? throw AddonsError.InvalidPackage("addon.yaml: labels has to be a list of texts"))];
        CheckLabels(labels, "labels");
        var template = new AddonTemplate
        {
            Name = name,
            Alias = Short(addon.Text("alias"), "alias"),
            Type = type,
            Require = parameters.Require ?? (addon.GetValueOrDefault("require") is true) ? 1 : 0,
            Labels = JsonSerializer.Serialize(labels, AddonsJson.Wire.IReadOnlyListString),
            LogoUrl = old?.LogoUrl ?? "",
            ReadmeUrl = old?.ReadmeUrl ?? "",
            Description = Text.Repair(Text.Cut(chart.Metadata.Text("description"), MaxText)),
        };
        var version = new AddonVersion
        {
            Template = name,
            Version = chart.Version,
            Stable = parameters.Stable ?? (addon.GetValueOrDefault("stable") is not false) ? 1 : 0,
            Input = parameters.Input is { } input ? ObjectOf(input, "input") : Json(addon, "input", new GoMap()),
            Translate = parameters.Translate is { } translate ? ObjectOf(translate, "translate") : Json(addon, "translate", new GoMap()),
            SupportVersions = SupportOf(addon, parameters.SupportVersions),
            Requires = Json(addon, "requires", new GoList([])),
            Conflicts = Json(addon, "conflicts", new GoList([])),
            Crds = Json(addon, "crds", new GoMap()),
            KubeVersion = Short(chart.Metadata.Text("kubeVersion"), "kubeVersion"),
            Namespace = addon.Text("namespace") is { Length: > 0 } place ? Short(place, "namespace") : "kube-system",
            ReleaseName = addon.Text("releaseName") is { Length: > 0 } release ? Short(release, "releaseName") : $"cceaddon-{name}",
            ValuesSchema = package.Schema,
        };
        return (template, version);
    }

    /// <summary>Refuses labels that are none.</summary>
    public static void CheckLabels(IReadOnlyList<string> labels, string field)
    {
        if (labels.Count > MaxLabels || labels.Any(static l => l is not { Length: > 0 and <= MaxLabel } || !Text.IsStorable(l)))
        {
            throw AddonsError.Invalid(field, $"has at most {MaxLabels} texts of 1 to {MaxLabel} characters");
        }
    }

    /// <summary>A list of clusters as JSON.</summary>
    public static string Checked(IReadOnlyList<SupportEntry> entries, string field) => SupportVersions.FindProblem(entries) is { } problem
        ? throw AddonsError.Invalid(field, problem)
        : JsonSerializer.Serialize(entries, AddonsJson.Wire.IReadOnlyListSupportEntry);

    /// <summary>A JSON object of the request, as it is stored.</summary>
    public static string ObjectOf(JsonElement element, string field) => element.ValueKind is JsonValueKind.Object && element.GetRawText() is { Length: <= MaxJson } text
        ? text
        : throw AddonsError.Invalid(field, $"has to be a JSON object of at most {MaxJson} characters");

    private static string SupportOf(GoMap addon, IReadOnlyList<SupportEntry>? given)
    {
        if (given is not null)
        {
            return Checked(given, "parameters.supportVersions");
        }

        IReadOnlyList<SupportEntry> entries;
        try
        {
            entries = JsonSerializer.Deserialize(Json(addon, "supportVersions", new GoList([])), AddonsJson.Wire.IReadOnlyListSupportEntry) ?? [];
        }
        catch (JsonException e)
        {
            throw AddonsError.InvalidPackage("addon.yaml: supportVersions has to be a list of {clusterType, clusterVersion: [...], category: [...]}", e);
        }

        return SupportVersions.FindProblem(entries) is { } problem
            ? throw AddonsError.InvalidPackage($"addon.yaml: supportVersions: {problem}")
            : JsonSerializer.Serialize(entries, AddonsJson.Wire.IReadOnlyListSupportEntry);
    }

    private static string Json(GoMap addon, string member, object without)
    {
        var value = addon.GetValueOrDefault(member) ?? without;
        if (value.GetType() != without.GetType())
        {
            throw AddonsError.InvalidPackage($"addon.yaml: {member} has to be {(without is GoMap ? "a map" : "a list")}");
        }

        var text = JsonText.Write(value, escapeHtml: false);
        return text.Length <= MaxJson && Text.IsStorable(text) ? text : throw AddonsError.InvalidPackage($"addon.yaml: {member} has at most {MaxJson} characters");
    }

    private static string Short(string text, string member) => text.Length <= 253 && Text.IsStorable(text)
        ? text
        : throw AddonsError.InvalidPackage($"{member} has at most 253 characters");
}
