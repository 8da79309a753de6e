using Stagedoor.Addons.Drivers.Processes;
using Stagedoor.Addons.Rendering.Templates;
using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Charts;

/// <summary>What can be told of a package of type static before its values are known.</summary>
internal static class StaticLint
{
    /// <summary>Refuses a package of type static that cannot be one.</summary>
    /// <exception cref="FormatException">It has templates, or nothing to install.</exception>
    public static void RequireParts(Chart chart)
    {
        if (!chart.IsStatic)
        {
            return;
        }

        if (chart.Templates.Count > 0)
        {
            throw new FormatException($"{chart.Templates[0].Name}: a package of type static has no templates; its objects are in manifests/");
        }

        if (chart.Charts.Count > 0 || chart.Dependencies.Count > 0)
        {
            throw new FormatException($"{(chart.Charts.Count > 0 ? "charts/" : "Chart.yaml: dependencies")}: a package of type static has no charts in it");
        }

        if (!StaticRenderer.Manifests(chart).Any() && !chart.Files.ContainsKey(ProcessSet.FileName))
        {
            throw new FormatException($"addon.yaml: a package of type static has manifests/*.yaml or {ProcessSet.FileName}, and this one has neither");
        }
    }

    /// <summary>What is wrong with the files of a package of type static; nothing for others.</summary>
    public static IEnumerable<string> Check(Chart chart)
    {
        if (!chart.IsStatic)
        {
            yield break;
        }

        foreach (var (path, text) in StaticRenderer.Manifests(chart))
        {
            if (Find(() => CheckManifests(path, text)) is { } problem)
            {
                yield return problem;
            }
        }

        if (chart.Files.TryGetValue(ProcessSet.FileName, out var bytes) && Find(() => CheckProcesses(chart, GoText.Decode(bytes))) is { } wrong)
        {
            yield return wrong;
        }
    }

    private static void CheckManifests(string path, string text)
    {
        foreach (var document in StaticRenderer.Documents(path, text))
        {
            new StaticText(path, text).Check(document);
        }
    }

    private static void CheckProcesses(Chart chart, string text)
    {
        var path = $"{chart.Name}/{ProcessSet.FileName}";
        var content = StaticRenderer.Processes(path, text);
        new StaticText(path, text).Check(content);
        try
        {
            ProcessSet.ReadServices(content, [.. chart.Files.Keys], isOpen: true);
        }
        catch (FormatException e)
        {
            throw new FormatException($"{path}: {e.Message}", e);
        }
    }

    private static string? Find(Action check)
    {
        try
        {
            check();
            return null;
        }
        catch (Exception e) when (e is TemplateException or FormatException)
        {
            return e.Message;
        }
    }
}
