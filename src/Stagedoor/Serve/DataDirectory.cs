using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Stagedoor.Serve;

/// <summary>The folder of an installation: made on the first start, marked as ours, used by one process at a time.</summary>
internal sealed class DataDirectory : IDisposable
{
    internal const string MarkerName = "stagedoor.json";

    /// <summary>The folder that is there as long as the rest is being restored.</summary>
    internal const string RestoreName = "restore";

    internal const string LockName = "stagedoor.lock";

    // Beside the lock, which nobody else can read while it is held; believed only then.
    private const string ProcessName = "stagedoor.process";
    private const int Format = 1;
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private readonly FileStream? _lock;

    private DataDirectory(string path, FileStream? @lock, Marker marker)
    {
        Root = path;
        _lock = @lock;
        InstallationId = marker.Installation;
    }

    /// <summary>The folder's full path.</summary>
    internal string Root { get; }

    /// <summary>The installation that the folder belongs to; null until a first start has come to its end.</summary>
    internal string? InstallationId { get; private set; }

    /// <summary>Opens the folder, making it when it is not there.</summary>
    /// <exception cref="StartupException">It cannot be written, is in use, or holds something that is not ours.</exception>
    internal static DataDirectory Open(string path)
    {
        var root = Path.GetFullPath(path);
        try
        {
            var marker = ReadMarker(root);
            if (!Directory.Exists(root))
            {
                CreatePrivate(root);
            }

            var held = new FileStream(Path.Combine(root, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            try
            {
                File.Delete(Path.Combine(root, ProcessName));
                // Again, now that nobody else has it: a restore may have been ended meanwhile.
                marker ??= ReadMarker(root);
                if (marker is null)
                {
                    WriteMarker(root, marker = new("stagedoor", Format));
                }

                ShutFiles(root);
                return new(root, held, marker);
            }
            catch
            {
                held.Dispose();
                throw;
            }
        }
        catch (IOException e) when (Directory.Exists(root) && File.Exists(Path.Combine(root, LockName)) && FindHolder(root) is { } holder)
        {
            throw new StartupException($"The data directory {root} is in use by another stagedoor process{holder}. Stop it, or name another with --data.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartupException($"The data directory {root} cannot be written: {StartFailure.Reason(e)}, or name another with --data.", e);
        }
    }

    /// <summary>The folder as it is, for looking only: it is not locked, and nothing is made. Null when it is not there or empty.</summary>
    /// <exception cref="StartupException">It is a file, or holds something that is not ours, or a newer program's.</exception>
    internal static DataDirectory? Look(string path) => ReadMarker(Path.GetFullPath(path)) is { } marker ? new(Path.GetFullPath(path), null, marker) : null;

    /// <summary>The folder as it would be. Makes nothing.</summary>
    internal static DataDirectory Imagine(string path) => new(Path.GetFullPath(path), null, new("stagedoor", Format));

    /// <summary>The process that has the folder, and its address once it listens; null when none has.</summary>
    internal static RunningProcess? FindRunning(string path)
    {
        var file = Path.Combine(Path.GetFullPath(path), LockName);
        if (!File.Exists(file))
        {
            return null;
        }

        try
        {
            using var free = OpenLock(file);
            return null;
        }
        catch (IOException)
        {
            var process = Path.Combine(Path.GetFullPath(path), ProcessName);
            return File.Exists(process) ? JsonSerializer.Deserialize(File.ReadAllText(process), DataDirectoryJson.Default.RunningProcess) : new(0, null);
        }
    }

    /// <summary>
    /// The address that a process has announced for the folder; null when none has. One that was killed may have left its own. Unlike
    /// <see cref="FindRunning"/> it does not touch the lock, and so can be asked while another process starts.
    /// </summary>
    internal static string? FindAddress(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(Path.Combine(Path.GetFullPath(path), ProcessName)), DataDirectoryJson.Default.RunningProcess)?.Url;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Who else may read what is in the folder, in words; null when nobody may.</summary>
    internal static string? FindOpenness(string path)
    {
        if (OperatingSystem.IsWindows() || !Directory.Exists(path))
        {
            return null;
        }

        var mode = File.GetUnixFileMode(path);
        return (mode & ~Private) is UnixFileMode.None
            ? null
            : $"{path} has mode {Convert.ToString((int)mode, 8)}: others see the names of its files, though the files are their owner's alone. chmod 700 {path}";
    }

    /// <summary>Says beside the lock who holds it, and where it listens.</summary>
    internal void Announce(string url) => SecretFiles.Write(
        Path.Combine(Root, ProcessName), JsonSerializer.SerializeToUtf8Bytes(new(Environment.ProcessId, url), DataDirectoryJson.Default.RunningProcess));

    /// <summary>Notes that the folder belongs to the installation.</summary>
    internal void Belong(string installationId)
    {
        if (!string.Equals(InstallationId, installationId, StringComparison.Ordinal))
        {
            WriteMarker(Root, new("stagedoor", Format) { Installation = installationId });
            InstallationId = installationId;
        }
    }

    /// <summary>Marks a folder, whose files are all there, as that of the installation.</summary>
    internal static void Found(string root, string installationId) => WriteMarker(root, new("stagedoor", Format) { Installation = installationId });

    /// <summary>
    /// What is in a folder, but for what belongs to the file system itself: the root of a fresh ext4 volume holds <c>lost+found</c>, and is empty all the same.
    /// </summary>
    internal static IEnumerable<string> EntriesOf(string root) =>
        Directory.EnumerateFileSystemEntries(root).Where(static e => Path.GetFileName(e) is not "lost+found");

    /// <summary>Makes the folder, unless it is there, for its owner alone.</summary>
    internal static void Make(string root)
    {
        if (!Directory.Exists(root))
        {
            CreatePrivate(root);
        }
    }

    public void Dispose()
    {
        if (_lock is null)
        {
            return;
        }

        File.Delete(Path.Combine(Root, ProcessName));
        _lock.Dispose();
    }

    private static string? FindHolder(string root) => FindRunning(root) switch
    {
        { ProcessId: > 0 } running => $" ({running.ProcessId}, {running.Url})",
        { } => "",
        null => null,
    };

    // On a disk that is mounted read-only the lock can be tried all the same.
    private static FileStream OpenLock(string file)
    {
        try
        {
            return new(file, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (StartFailure.IsReadOnly(e))
        {
            return new(file, FileMode.Open, FileAccess.Read, FileShare.None);
        }
    }

    private static void CreatePrivate(string root)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(root);
        }
        else
        {
            Directory.CreateDirectory(root, Private);
        }
    }

    // Files that a program of before had made for everybody to read. A folder that is shut shuts what is in it.
    private static void ShutFiles(string root)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        foreach (var entry in EntriesOf(root))
        {
            if ((File.GetUnixFileMode(entry) & ~Private) is not UnixFileMode.None)
            {
                File.SetUnixFileMode(entry, Directory.Exists(entry) ? Private : UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }
        }
    }

    // Null when the folder is not there or empty.
    private static Marker? ReadMarker(string root)
    {
        if (File.Exists(root))
        {
            throw new StartupException($"The data directory {root} is a file. Name a folder with --data.");
        }

        var path = Path.Combine(root, MarkerName);
        if (!File.Exists(path))
        {
            return !Directory.Exists(root) || EntriesOf(root).All(static e => Path.GetFileName(e) is LockName or MarkerName + SecretFiles.Unfinished)
                ? null
                : throw new StartupException(Directory.Exists(Path.Combine(root, RestoreName))
                    ? $"The restore into {root} has not come to its end. Run the same 'stagedoor restore' again: it goes on where it was."
                    : $"The data directory {root} is not empty and was not made by stagedoor. Name an empty or new folder with --data.");
        }

        Marker? marker;
        try
        {
            marker = JsonSerializer.Deserialize(File.ReadAllText(path), DataDirectoryJson.Default.Marker);
        }
        catch (JsonException e)
        {
            throw Damaged(root, e);
        }

        return marker switch
        {
            null or { Format: < 1 } or { Installation: "" } => throw Damaged(root, null),
            { Format: > Format } => throw new StartupException(
                $"The data directory {root} was written by a newer stagedoor (format {marker.Format}). Start that version."),
            _ => marker,
        };
    }

    private static StartupException Damaged(string root, Exception? inner) =>
        new($"The data directory {root} has a damaged {MarkerName}. Restore it, or name another folder with --data.", inner);

    private static void WriteMarker(string root, Marker marker) => SecretFiles.Write(
        Path.Combine(root, MarkerName), Encoding.UTF8.GetBytes(JsonSerializer.Serialize(marker, DataDirectoryJson.Default.Marker) + "\n"));

    /// <summary>The content of <c>stagedoor.json</c>.</summary>
    internal sealed record Marker(string Product, int Format)
    {
        [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
        public string? Installation { get; init; }
    }
}

/// <summary>A process that has a data directory.</summary>
/// <param name="ProcessId">Its id; 0 while it starts.</param>
/// <param name="Url">Where it listens.</param>
internal sealed record RunningProcess(int ProcessId, string? Url);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(DataDirectory.Marker))]
[JsonSerializable(typeof(RunningProcess))]
internal sealed partial class DataDirectoryJson : JsonSerializerContext;
