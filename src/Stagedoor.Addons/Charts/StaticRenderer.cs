using System.Globalization;
using System.Security.Cryptography;
using Stagedoor.Addons.Drivers.Processes;
using Stagedoor.Addons.Rendering.Templates;
using Stagedoor.Addons.Rendering.Values;
using Stagedoor.Addons.Rendering.Yaml;

namespace Stagedoor.Addons.Charts;

/// <summary>Renders packages of type static: the objects in <c>manifests</c> with values put in, and one object for the processes of <c>process.yaml</c>.</summary>
internal static class StaticRenderer
{
    private const string ManifestFolder = "manifests/";

    /// <summary>Renders a package.</summary>
    /// <param name="chart">The package.</param>
    /// <param name="releaseName">The name of the release, which is that of its processes.</param>
    /// <param name="values">All values together.</param>
    /// <param name="limits">How much it may come to.</param>
    /// <exception cref="TemplateException">A value is not there, a file is no YAML, or <c>process.yaml</c> is not what it has to be.</exception>
    public static RenderedChart Render(Chart chart, string releaseName, GoMap values, RenderLimits limits)
    {
        var files = new List<RenderedFile>();
        var size = 0L;
        foreach (var (path, text) in Manifests(chart))
        {
            var fill = new StaticText(path, text);
            Add(path, string.Concat(Documents(path, text).Select(d => $"---\n{YamlWriter.Write(fill.Fill(d, values))}")));
        }

        if (chart.Files.TryGetValue(ProcessSet.FileName, out var bytes))
        {
            var (path, text) = ($"{chart.Name}/{ProcessSet.FileName}", GoText.Decode(bytes));
            var content = (GoMap)new StaticText(path, text).Fill(Processes(path, text), values)!;
            Add(path, YamlWriter.Write(SetOf(chart, path, releaseName, content)));
        }

        return new(files, [.. chart.CustomResources(chart.Name).Select(static c => new RenderedFile(c.Path, c.Text))], "", values);

        void Add(string path, string text)
        {
            size += GoText.ByteCount(text);
            if (size > limits.MaxOutputBytes)
            {
                throw new TemplateException(string.Create(CultureInfo.InvariantCulture, $"the package renders to too much: more than {limits.MaxOutputBytes} bytes"), path, 0, -1, null) { IsLimit = true };
            }

            files.Add(new(path, text));
        }
    }

    /// <summary>The files of objects, with their paths in the package.</summary>
    public static IEnumerable<(string Path, string Text)> Manifests(Chart chart) => chart.Files
        .Where(static f => f.Key.StartsWith(ManifestFolder, StringComparison.Ordinal) && Path.GetExtension(f.Key) is ".yaml" or ".yml" or ".json")
        .OrderBy(static f => f.Key, StringComparer.Ordinal)
        .Select(f => ($"{chart.Name}/{f.Key}", GoText.Decode(f.Value)));

    /// <summary>What is in a file of objects.</summary>
    /// <exception cref="TemplateException">It is no YAML, or a document is no map.</exception>
    public static IEnumerable<GoMap> Documents(string path, string text) => ReleaseManifests.Documents(text).Select(d => Yaml(path, d)).Where(static c => c is not null)
        .Select(c => c as GoMap ?? throw new TemplateException($"{path}: a document is no map", path, 0, -1, null));

    /// <summary>What is in <c>process.yaml</c>.</summary>
    /// <exception cref="TemplateException">It is no YAML, or no map.</exception>
    public static GoMap Processes(string path, string text) => Yaml(path, text) as GoMap ?? throw new TemplateException($"{path}: it is no map", path, 0, -1, null);

    private static GoMap SetOf(Chart chart, string path, string releaseName, GoMap content)
    {
        var own = chart.Files.Where(static f => f.Key.StartsWith(ProcessSet.FilesFolder, StringComparison.Ordinal)).OrderBy(static f => f.Key, StringComparer.Ordinal).ToList();
        try
        {
            ProcessSet.ReadServices(content, [.. own.Select(static f => f.Key)], isOpen: false);
        }
        catch (FormatException e)
        {
            throw new TemplateException($"{path}: {e.Message}", path, 0, -1, e);
        }

        return new()
        {
            ["apiVersion"] = ProcessSet.ApiVersion,
            ["kind"] = ProcessSet.Kind,
            ["metadata"] = new GoMap { ["name"] = releaseName },
            ["spec"] = new GoMap
            {
                ["services"] = content["services"],
                ["files"] = new GoList(own.Select(static f => new GoMap { ["path"] = f.Key, ["sha256"] = Convert.ToHexStringLower(SHA256.HashData(f.Value)) })),
            },
        };
    }

    private static object? Yaml(string path, string text)
    {
        try
        {
            return YamlReader.Read(text);
        }
        catch (FormatException e)
        {
            throw new TemplateException($"{path}: {e.Message}", path, 0, -1, e);
        }
    }
}
