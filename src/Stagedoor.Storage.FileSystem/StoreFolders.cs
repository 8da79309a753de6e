using System.Collections.Concurrent;

namespace Stagedoor.Storage.FileSystem;

/// <summary>
/// Makes the folders of objects, and sees to it that each has its own entry on disk before an object in it counts as stored. Any number of commits may
/// do so at once: a folder that exists may be another's, made and not synced yet, so only what was synced here is passed over.
/// </summary>
/// <param name="root">The store's folder.</param>
internal sealed class StoreFolders(string root)
{
    // What is in it never goes: the folders of objects are named after two digits of a digest, so there are a few hundred for each kind of content.
    private readonly ConcurrentDictionary<string, bool> _synced = new(StringComparer.Ordinal);

    /// <summary>Makes the folder of a new object, and answers which folders must be synced once the object has its name.</summary>
    internal List<string> Make(string folder)
    {
        var unsynced = new List<string> { folder };
        for (var at = folder; at.Length >= root.Length && Path.GetDirectoryName(at) is { } parent; at = parent)
        {
            if (!Directory.Exists(at) || !_synced.ContainsKey(at))
            {
                unsynced.Add(parent);
            }
        }

        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception e) when (FileFaults.Are(e))
        {
            throw FileFaults.Translate(e, StorageFault.CannotCreate);
        }

        return unsynced;
    }

    /// <summary>Syncs what <see cref="Make"/> answered.</summary>
    internal void Sync(string folder, List<string> unsynced)
    {
        foreach (var each in unsynced)
        {
            DirectorySync.Sync(each);
        }

        for (var at = folder; at.Length >= root.Length && Path.GetDirectoryName(at) is { } parent; at = parent)
        {
            _synced.TryAdd(at, true);
        }
    }
}
