namespace Stagedoor.Serve;

/// <summary>Secrets in the data directory, readable by its owner alone.</summary>
internal sealed class SecretFiles(DataDirectory data) : ISecretFiles
{
    public async Task<string> WriteAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        var path = Path.Combine(data.Root, name);
        await WriteAsync(path, stream => stream.WriteAsync(content, cancellationToken).AsTask());
        return path;
    }

    public void Delete(string name) => File.Delete(Path.Combine(data.Root, name));

    /// <summary>Writes a file that nobody else can read and that is on the disk afterwards.</summary>
    internal static async Task WriteAsync(string path, Func<Stream, Task> write)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        // The mode counts only for a file that is new.
        File.Delete(path);
        await using var file = new FileStream(path, options);
        await write(file);
        // FlushAsync leaves the bytes with the operating system; these must be on the disk before what they belong to is.
#pragma warning disable CA1849
        file.Flush(flushToDisk: true);
#pragma warning restore CA1849
    }
}
