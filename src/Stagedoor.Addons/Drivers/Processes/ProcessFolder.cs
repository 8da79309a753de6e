using System.Security.Cryptography;
using Stagedoor.Addons.Charts;
using Stagedoor.Addons.Drivers.GitOps;
using Stagedoor.Addons.Releases;
using Stagedoor.Addons.Rendering.Values;
using Stagedoor.Storage;

namespace Stagedoor.Addons.Drivers.Processes;

/// <summary>The folder of a release: its inventory, the files of its packages, its logs, and where it works. Faults are <see cref="DriverException"/>s.</summary>
internal sealed class ProcessFolder
{
    private const string GoneName = ".gone";

    private readonly string _root;
    private readonly string _clusterId;

    /// <exception cref="DriverRejectedException">One of the names can be none of a folder.</exception>
    public ProcessFolder(string root, string clusterId, ReleaseKey key)
    {
        foreach (var name in (string[])[clusterId, key.Namespace, key.Name])
        {
            if (!GitOpsNames.IsFolderName(name))
            {
                throw new DriverRejectedException(Reasons.ApplyRejected, $"\"{Text.Cut(Text.Repair(name), 100)}\" is no name of a cluster, a namespace or a release.");
            }
        }

        (_root, _clusterId, Path) = (root, clusterId, System.IO.Path.Combine(root, clusterId, key.Namespace, key.Name));
    }

    public string Path { get; }

    public string Logs => System.IO.Path.Combine(Path, "logs");

    private string Work => System.IO.Path.Combine(Path, "work");

    private string Inventory => System.IO.Path.Combine(Path, ProcessInventory.FileName);

    private string Packages => System.IO.Path.Combine(Path, "files");

    /// <summary>All releases of a cluster, or of all clusters.</summary>
    public static IReadOnlyList<(string ClusterId, ReleaseKey Key)> List(string root, string? clusterId) => Guarded(() => Folders(root)
        .Where(c => clusterId is null || string.Equals(c, clusterId, StringComparison.Ordinal))
        .SelectMany(c => Folders(System.IO.Path.Combine(root, c))
            .SelectMany(ns => Folders(System.IO.Path.Combine(root, c, ns)).Select(name => (c, new ReleaseKey(ns, name)))))
        .ToList());

    /// <summary>Clears away what was being taken away when the process was cut off.</summary>
    public static void Tidy(string root)
    {
        if (Directory.Exists(System.IO.Path.Combine(root, GoneName)))
        {
            Guarded(() => Directory.Delete(System.IO.Path.Combine(root, GoneName), recursive: true));
        }
    }

    /// <summary>What is installed; <c>null</c> where nothing is.</summary>
    /// <exception cref="DriverDataException">It is none that this program has written.</exception>
    public ProcessInventory? Find() => Guarded(() =>
    {
        if (File.Exists(Path))
        {
            throw new DriverUnavailableException("A file stands where the folder of the release has to be.");
        }

        if (Directory.Exists(Inventory))
        {
            throw new DriverUnavailableException($"A folder stands where {ProcessInventory.FileName} of the release has to be.");
        }

        return File.Exists(Inventory) ? ProcessInventory.Read(File.ReadAllBytes(Inventory)) : null;
    });

    /// <summary>Makes the inventory the one that counts; durable when this ends.</summary>
    public void Commit(ProcessInventory inventory) => Guarded(() =>
    {
        var disk = new GitOpsDisk();
        disk.CreateFolder(Path);
        disk.Write(Inventory + ".new", inventory.Write());
        File.Move(Inventory + ".new", Inventory, overwrite: true);
        for (var at = Path; at.Length >= _root.Length; at = System.IO.Path.GetDirectoryName(at)!)
        {
            DirectorySync.Sync(at);
        }
    });

    /// <summary>What the supervisor is told of a revision.</summary>
    public GroupOrder OrderOf(ProcessInventory inventory, ProcessSet set) => new(inventory.Key, Work, FilesOf(set), Logs, [.. set.Files.Keys], set.Services);

    /// <summary>Puts the files of a package where its services find them.</summary>
    /// <exception cref="DriverRejectedException">The bytes of a file are nowhere to be had.</exception>
    public void Unpack(ProcessSet set, ReleasePlan plan) => Guarded(() =>
    {
        var target = FilesOf(set);
        if (set.Files.All(f => IsIntact(System.IO.Path.Combine(target, f.Key[ProcessSet.FilesFolder.Length..]), f.Value)))
        {
            Directory.CreateDirectory(target);
            return;
        }

        var recorded = plan.Record.Chart.List("files").OfType<GoMap>().Where(f => set.Files.ContainsKey(f.Text("name")))
            .ToDictionary(static f => f.Text("name"), static f => f.Text("data"), StringComparer.Ordinal);
        var fresh = target + ".new";
        Delete(fresh);
        foreach (var (path, hash) in set.Files)
        {
            var bytes = plan.Files?.GetValueOrDefault(path) ?? (recorded.TryGetValue(path, out var text) ? Convert.FromBase64String(text) : null);
            if (bytes is null || !string.Equals(Convert.ToHexStringLower(SHA256.HashData(bytes)), hash, StringComparison.Ordinal))
            {
                throw new DriverRejectedException(Reasons.PackageMissing, $"The file {path} of the package is not there any more.");
            }

            var file = System.IO.Path.Combine(fresh, path[ProcessSet.FilesFolder.Length..]);
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(file)!);
            File.WriteAllBytes(file, bytes);
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }
        }

        Directory.CreateDirectory(fresh);
        Delete(target);
        Directory.Move(fresh, target);
    });

    /// <summary>Clears away the files of packages that none of these revisions has.</summary>
    public void Prune(params IEnumerable<ProcessSet> kept) => Guarded(() =>
    {
        var names = kept.Select(FilesOf).ToHashSet(StringComparer.Ordinal);
        foreach (var folder in Directory.Exists(Packages) ? Directory.GetDirectories(Packages) : [])
        {
            if (!names.Contains(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    });

    /// <summary>Takes the folder away.</summary>
    public void Remove() => Guarded(() =>
    {
        if (!Directory.Exists(Path))
        {
            return;
        }

        // Out of sight in one step; what a cut leaves is cleared away at the next start.
        var gone = System.IO.Path.Combine(_root, GoneName);
        Directory.CreateDirectory(gone);
        var aside = System.IO.Path.Combine(gone, Guid.CreateVersion7().ToString("N"));
        Directory.Move(Path, aside);
        DirectorySync.Sync(System.IO.Path.GetDirectoryName(Path)!);
        Directory.Delete(aside, recursive: true);
        foreach (var parent in (string[])[System.IO.Path.GetDirectoryName(Path)!, System.IO.Path.Combine(_root, _clusterId)])
        {
            if (!Directory.EnumerateFileSystemEntries(parent).Any())
            {
                Directory.Delete(parent);
            }
        }
    });

    private static void Guarded(Action work) => Guarded<object?>(() =>
    {
        work();
        return null;
    });

    private static T Guarded<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The words of the file system hold paths of this machine.
            throw new DriverUnavailableException(
                e is UnauthorizedAccessException ? "A folder of the release must not be read or written." : "The files of the release cannot be read or written.", e);
        }
    }

    private static IEnumerable<string> Folders(string path) => Directory.Exists(path)
        ? new DirectoryInfo(path).EnumerateDirectories().Where(static d => d.LinkTarget is null && GitOpsNames.IsFolderName(d.Name)).Select(static d => d.Name).Order(StringComparer.Ordinal)
        : [];

    private static bool IsIntact(string file, string hash) => File.Exists(file)
        && string.Equals(Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file))), hash, StringComparison.Ordinal);

    private static void Delete(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // Revisions with the same files share them.
    private string FilesOf(ProcessSet set)
    {
        var text = string.Concat(set.Files.OrderBy(static f => f.Key, StringComparer.Ordinal).Select(static f => $"{f.Key}\0{f.Value}\n"));
        return System.IO.Path.Combine(Packages, Convert.ToHexStringLower(SHA256.HashData(GoText.Encode(text)))[..32]);
    }
}
