namespace Stagedoor.Addons.Drivers.GitOps;

/// <summary>The files that releases are written to. What the file system reports is an <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/>.</summary>
internal interface IGitOpsFiles
{
    /// <summary>Holds a file open that only one process, and only one holder in it, can; <c>null</c> while another has it.</summary>
    IDisposable? TryLock(string path);

    bool HasFolder(string path);

    bool HasFile(string path);

    /// <summary>Whether something stands there that leads elsewhere.</summary>
    bool IsLink(string path);

    void CreateFolder(string path);

    /// <summary>Writes a file; it is durable when this ends.</summary>
    void Write(string path, ReadOnlySpan<byte> bytes);

    byte[] Read(string path);

    /// <summary>The names of the folders in a folder.</summary>
    IReadOnlyList<string> ListFolders(string path);

    void MoveFolder(string path, string newPath);

    /// <summary>Puts each of two folders where the other was, at once; false where the file system has no such thing.</summary>
    bool TryExchange(string one, string other);

    void DeleteFolder(string path);

    /// <summary>Makes durable what a folder holds.</summary>
    void SyncFolder(string path);
}
