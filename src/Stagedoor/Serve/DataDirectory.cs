using System.Text.Json;

namespace Stagedoor.Serve;

/// <summary>The folder of an installation: made on the first start, marked as ours, used by one process at a time.</summary>
internal sealed class DataDirectory : IDisposable
{
    private const string MarkerName = "stagedoor.json";
    private const string LockName = "stagedoor.lock";
    private const int Format = 1;
    private readonly FileStream _lock;

    private DataDirectory(string path, FileStream @lock)
    {
        Root = path;
        _lock = @lock;
    }

    /// <summary>The folder's full path.</summary>
    internal string Root { get; }

    /// <summary>Opens the folder, making it when it is not there.</summary>
    /// <exception cref="StartupException">It cannot be written, is in use, or holds something that is not ours.</exception>
    internal static DataDirectory Open(string path)
    {
        var root = Path.GetFullPath(path);
        try
        {
            if (File.Exists(root))
            {
                throw new StartupException($"The data directory {root} is a file. Name a folder with --data.");
            }

            var marker = Path.Combine(root, MarkerName);
            if (!Directory.Exists(root))
            {
                CreatePrivate(root);
            }

            if (!File.Exists(marker))
            {
                if (Directory.EnumerateFileSystemEntries(root).Any(static e => Path.GetFileName(e) is not LockName))
                {
                    throw new StartupException(
                        $"The data directory {root} is not empty and was not made by stagedoor. Name an empty or new folder with --data.");
                }
            }
            else
            {
                CheckFormat(marker, root);
            }

            var held = new FileStream(Path.Combine(root, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            if (!File.Exists(marker))
            {
                File.WriteAllText(marker, $$"""{"product":"stagedoor","format":{{Format}}}""" + "\n");
            }

            return new(root, held);
        }
        catch (IOException e) when (Directory.Exists(root) && File.Exists(Path.Combine(root, LockName)))
        {
            throw new StartupException($"The data directory {root} is in use by another stagedoor process. Stop it, or name another with --data.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartupException($"The data directory {root} cannot be written: {e.Message} Check its owner, or name another with --data.", e);
        }
    }

    public void Dispose() => _lock.Dispose();

    private static void CreatePrivate(string root)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(root);
        }
        else
        {
            Directory.CreateDirectory(root, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private static void CheckFormat(string marker, string root)
    {
        int format;
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllText(marker));
            format = document.RootElement.GetProperty("format").GetInt32();
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new StartupException($"The data directory {root} has a damaged {MarkerName}. Restore it, or name another folder with --data.", e);
        }

        if (format > Format)
        {
            throw new StartupException($"The data directory {root} was written by a newer stagedoor (format {format}). Start that version.");
        }
    }
}
