using Stagedoor.Addons.Drivers.GitOps;

namespace Stagedoor.Addons.Tests.Drivers;

/// <summary>The disk under a process that dies at its nth change: from then on nothing is done any more.</summary>
/// <param name="diesAt">Which change, from 0, is the one that is not made.</param>
internal sealed class CutFiles(int diesAt) : IGitOpsFiles
{
    private readonly GitOpsDisk _disk = new();
    private int _changes;

    /// <summary>Whether two folders can be exchanged at once.</summary>
    public bool CanExchange { get; init; } = true;

    /// <summary>Whether it came to that.</summary>
    public bool IsDead { get; private set; }

    public IDisposable? TryLock(string path) => _disk.TryLock(path);

    public bool HasFolder(string path) => Alive(() => _disk.HasFolder(path));

    public bool HasFile(string path) => Alive(() => _disk.HasFile(path));

    public bool IsLink(string path) => _disk.IsLink(path);

    public void CreateFolder(string path) => Change(() => _disk.CreateFolder(path));

    public void Write(string path, ReadOnlySpan<byte> bytes)
    {
        var copy = bytes.ToArray();

        // One that dies while it writes leaves a part.
        if (!IsDead && _changes == diesAt)
        {
            _disk.Write(path, copy.AsSpan(0, copy.Length / 2));
        }

        Change(() => _disk.Write(path, copy));
    }

    public byte[] Read(string path) => Alive(() => _disk.Read(path));

    public IReadOnlyList<string> ListFolders(string path) => Alive(() => _disk.ListFolders(path));

    public void MoveFolder(string path, string newPath) => Change(() => _disk.MoveFolder(path, newPath));

    public bool TryExchange(string one, string other)
    {
        var done = false;
        if (CanExchange)
        {
            Change(() => done = _disk.TryExchange(one, other));
        }

        return done;
    }

    public void DeleteFolder(string path)
    {
        if (!IsDead && _changes == diesAt && Directory.EnumerateFiles(path).FirstOrDefault() is { } first)
        {
            File.Delete(first);
        }

        Change(() => _disk.DeleteFolder(path));
    }

    public void SyncFolder(string path) => Change(() => _disk.SyncFolder(path));

    private void Change(Action change)
    {
        IsDead |= _changes++ == diesAt;
        Alive(() =>
        {
            change();
            return true;
        });
    }

    private T Alive<T>(Func<T> work) => IsDead ? throw new IOException("The process is dead.") : work();
}
