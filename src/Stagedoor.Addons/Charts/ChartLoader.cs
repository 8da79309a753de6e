using System.Formats.Tar;
using System.IO.Compression;
using Stagedoor.Addons.Rendering.Values;
using Stagedoor.Addons.Rendering.Yaml;
using Stagedoor.Addons.Templates;

namespace Stagedoor.Addons.Charts;

/// <summary>Makes a chart of its files.</summary>
internal static class ChartLoader
{
    private const int MaxDepth = 10;
    private const int MaxFileBytes = 5 * 1024 * 1024;
    private const long MaxArchiveBytes = 100L * 1024 * 1024;

    /// <summary>Makes a chart of files with paths below its own folder.</summary>
    /// <exception cref="FormatException">They are no chart.</exception>
    public static Chart Load(IReadOnlyDictionary<string, byte[]> files) => Load(files, 0);

    private static Chart Load(IReadOnlyDictionary<string, byte[]> files, int depth)
    {
        if (depth > MaxDepth)
        {
            throw new FormatException("charts are nested too deeply");
        }

        var metadata = Yaml(files, "Chart.yaml") ?? throw new FormatException("Chart.yaml file is missing");
        var name = metadata.Text("name");
        if (name.Length == 0 || name is "." or ".." || name.AsSpan().ContainsAny("/\\"))
        {
            throw new FormatException("chart.metadata.name is missing or invalid");
        }

        var dependencies = metadata.List("dependencies");
        var isFirst = metadata.Text("apiVersion") is "v1" or "";
        if (isFirst && Yaml(files, "requirements.yaml") is { } requirements)
        {
            dependencies = requirements.List("dependencies");
        }

        return new()
        {
            Metadata = metadata,
            Name = name,
            Version = metadata.Text("version"),
            Values = Yaml(files, "values.yaml") ?? [],
            Schema = files.GetValueOrDefault("values.schema.json"),
            Templates = [.. files.Where(static f => f.Key.StartsWith("templates/", StringComparison.Ordinal)).OrderBy(static f => f.Key, StringComparer.Ordinal)
                .Select(static f => new ChartTemplate(f.Key, GoText.Decode(WithoutMark(f.Value))))],
            Files = files.Where(f => !IsRead(f.Key, isFirst)).ToDictionary(StringComparer.Ordinal),
            Dependencies = [.. dependencies.OfType<GoMap>().Select(ChartDependency.Of)],
            Charts = Inner(files, depth),
            IsStatic = depth == 0 && IsStatic(files),
        };
    }

    // One that cannot be read is told of where packages are looked at.
    private static bool IsStatic(IReadOnlyDictionary<string, byte[]> files)
    {
        try
        {
            return Yaml(files, "addon.yaml") is { } addon && addon.Text("type") is AddonTemplate.Static;
        }
        catch (FormatException)
        {
            return false;
        }
    }

    private static bool IsRead(string path, bool isFirst) =>
        path is "Chart.yaml" or "Chart.lock" or "values.yaml" or "values.schema.json" || (!isFirst && path is "requirements.yaml" or "requirements.lock")
        || path.StartsWith("templates/", StringComparison.Ordinal) || path.StartsWith("charts/", StringComparison.Ordinal);

    private static List<Chart> Inner(IReadOnlyDictionary<string, byte[]> files, int depth)
    {
        var charts = new List<Chart>();
        var inside = files.Where(static f => f.Key.StartsWith("charts/", StringComparison.Ordinal) && f.Key.Length > 7 && f.Key[7] is not ('.' or '_'));
        foreach (var group in inside.GroupBy(static f => f.Key[7..].Split('/', 2)[0], StringComparer.Ordinal).OrderBy(static g => g.Key, StringComparer.Ordinal))
        {
            var folder = $"charts/{group.Key}/";
            if (group.Key.EndsWith(".tgz", StringComparison.Ordinal))
            {
                charts.Add(Load(Unpack(group.Single().Value), depth + 1));
            }
            else if (group.All(f => f.Key.StartsWith(folder, StringComparison.Ordinal)))
            {
                charts.Add(Load(group.ToDictionary(f => f.Key[folder.Length..], static f => f.Value, StringComparer.Ordinal), depth + 1));
            }
        }

        return charts;
    }

    private static GoMap? Yaml(IReadOnlyDictionary<string, byte[]> files, string name)
    {
        if (!files.TryGetValue(name, out var bytes))
        {
            return null;
        }

        try
        {
            return YamlReader.Read(GoText.Decode(WithoutMark(bytes))) switch
            {
                null => [],
                GoMap map => map,
                _ => throw new FormatException("it is no map"),
            };
        }
        catch (FormatException e)
        {
            throw new FormatException($"cannot load {name}: {e.Message}", e);
        }
    }

    // The mark of a text's byte order, which some editors write.
    private static byte[] WithoutMark(byte[] bytes) => bytes is [0xEF, 0xBB, 0xBF, .. var rest] ? rest : bytes;

    // A chart in a chart: its files are below one folder of any name.
    private static Dictionary<string, byte[]> Unpack(byte[] archive)
    {
        var files = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        try
        {
            using var gzip = new GZipStream(new MemoryStream(archive), CompressionMode.Decompress);
            using var tar = new TarReader(gzip);
            var total = 0L;
            while (tar.GetNextEntry() is { } entry)
            {
                var slash = entry.Name.IndexOf('/', StringComparison.Ordinal);
                if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile) || entry.DataStream is null || slash < 0)
                {
                    continue;
                }

                var path = entry.Name[(slash + 1)..];
                total += entry.Length;
                if (entry.Length > MaxFileBytes || total > MaxArchiveBytes || path.Split('/').Any(static p => p is "" or "." or "..") || path.Contains('\\', StringComparison.Ordinal))
                {
                    throw new FormatException($"a chart in charts/ holds a file that is too large or lies outside: {entry.Name}");
                }

                var bytes = new byte[entry.Length];
                entry.DataStream.ReadExactly(bytes);
                files[path] = bytes;
            }
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or NotSupportedException)
        {
            throw new FormatException($"a chart in charts/ cannot be unpacked: {e.Message}", e);
        }

        return files;
    }
}
