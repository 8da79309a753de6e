using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Drivers.GitOps;

/// <summary>Where a cluster's releases are written, and how they are committed.</summary>
/// <param name="Root">The allowed root that the folder lies under, or is.</param>
/// <param name="Folder">The folder.</param>
/// <param name="Git">How to commit; <c>null</c> where nothing is.</param>
internal sealed record GitOpsSettings(string Root, string Folder, GitSettings? Git)
{
    private const string Clusters = "clusters";

    // Each finds the objects of a release through its kustomization.yaml, so the files are the same for all.
    private static readonly string[] s_layouts = ["flat", "flux", "argo"];

    /// <summary>Reads what a registration says.</summary>
    /// <param name="config">The JSON of the annotation; the members <c>path</c>, <c>layout</c> and <c>git</c> are known.</param>
    /// <param name="roots">Under which folders there may be one; without a path it is the first.</param>
    /// <exception cref="FormatException">It says something that there is not, or must not be.</exception>
    public static GitOpsSettings Read(GoMap config, IReadOnlyList<string> roots)
    {
        if (config.Keys.FirstOrDefault(static k => k is not ("path" or "layout" or "git")) is { } unknown)
        {
            throw new FormatException($"driver-config has no member \"{Stagedoor.Text.Cut(unknown, 100)}\"; path, layout and git are known");
        }

        if (Text(config, "layout") is { } layout && !s_layouts.Contains(layout, StringComparer.Ordinal))
        {
            throw new FormatException("driver-config layout is one of flat, flux and argo");
        }

        var (root, folder) = Place(Text(config, "path"), roots);
        return new(root, folder, config.GetValueOrDefault("git") switch
        {
            null => null,
            GoMap git => GitSettings.Read(git),
            _ => throw new FormatException("driver-config git is no object"),
        });
    }

    internal static string? Text(GoMap map, string key) => map.GetValueOrDefault(key) switch
    {
        null => null,
        string { Length: > 0 and <= 1024 } text when Stagedoor.Text.IsStorable(text) && !text.Any(char.IsControl) => text,
        _ => throw new FormatException($"driver-config {key} is no text of 1 to 1024 characters"),
    };

    private static (string Root, string Folder) Place(string? path, IReadOnlyList<string> roots)
    {
        var all = roots.Select(static r => Path.TrimEndingDirectorySeparator(Path.GetFullPath(r))).ToList();
        if (path is null)
        {
            return (all[0], all[0]);
        }

        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path, all[0]));
        var root = all.Find(r => string.Equals(full, r, StringComparison.Ordinal) || full.StartsWith(r + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            ?? throw new FormatException("driver-config path lies under none of the folders that the operator allows");
        var segments = full[root.Length..].Split(Path.DirectorySeparatorChar);
        return segments.Any(static s => s.StartsWith('.')) ? throw new FormatException("driver-config path has a segment that begins with a dot")

            // Each cluster has a folder below one of that name, which may be another account's.
            : segments.Contains(Clusters, StringComparer.OrdinalIgnoreCase) ? throw new FormatException("driver-config path has a segment clusters, which folders of clusters are in")
            : (root, full);
    }
}
