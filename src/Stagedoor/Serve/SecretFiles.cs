namespace Stagedoor.Serve;

/// <summary>Secrets in the data directory, readable by its owner alone.</summary>
internal sealed class SecretFiles(DataDirectory data) : ISecretFiles
{
    /// <summary>What the name of a file ends with until it is whole.</summary>
    internal const string Unfinished = ".new";

    public Task<string> WriteAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var path = Path.Combine(data.Root, name);
        Write(path, content.Span);
        return Task.FromResult(path);
    }

    public void Delete(string name) => File.Delete(Path.Combine(data.Root, name));

    /// <summary>
    /// Writes a small file that nobody else can read and that is on the disk afterwards. Whatever ends the process meanwhile, the file is whole: as
    /// it was before, or as it is to be.
    /// </summary>
    internal static void Write(string path, ReadOnlySpan<byte> content)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        // The mode counts only for a file that is new.
        var unfinished = path + Unfinished;
        File.Delete(unfinished);
        using (var file = new FileStream(unfinished, options))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }

        File.Move(unfinished, path, overwrite: true);
    }
}
