namespace Stagedoor.Backup;

/// <summary>
/// Where a backup may lie: apart from what it is a backup of. In the same folder it would be lost with it, and putting the one in order would remove from the
/// other.
/// </summary>
internal static class BackupPlace
{
    /// <exception cref="StartupException">The place is in the installation, or the installation in it.</exception>
    internal static void Require(string path, OpenedInstallation installation)
    {
        var place = RealPath(path);
        var parts = new List<(string What, string Path)> { ("the data directory", installation.Data.Root) };
        if (installation.Storage.Blobs is not "s3")
        {
            parts.Add(("the blob store", installation.Blobs.Location));
        }

        foreach (var (what, part) in parts)
        {
            var real = RealPath(part);
            if (IsIn(place, real))
            {
                throw new StartupException($"{path} lies in {what} {part}. Name a place outside, best on another disk.");
            }

            if (IsIn(real, place))
            {
                throw new StartupException($"{path} holds {what} {part}. Name a folder that is new, empty or the last backup's, best on another disk.");
            }
        }
    }

    private static bool IsIn(string path, string folder) =>
        string.Equals(path, folder, StringComparison.Ordinal) || path.StartsWith(folder.TrimEnd(Path.DirectorySeparatorChar) + Path.DirectorySeparatorChar, StringComparison.Ordinal);

    // Without links, as far as the path is there.
    private static string RealPath(string path)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        if (Path.GetDirectoryName(full) is not { } above)
        {
            return full;
        }

        var real = Path.Combine(RealPath(above), Path.GetFileName(full));
        return Path.Exists(real) && File.ResolveLinkTarget(real, returnFinalTarget: true) is { } target ? RealPath(target.FullName) : real;
    }
}
