using Microsoft.Win32.SafeHandles;

namespace Stagedoor.Storage;

/// <summary>An opened object, or a part of one.</summary>
/// <param name="size">The whole object's size in bytes.</param>
/// <param name="length">How many bytes this part has.</param>
/// <param name="body">The part's bytes.</param>
/// <param name="file">The file behind it, when it is one, for sending without copying.</param>
/// <param name="offset">Where the part begins in the file.</param>
public sealed class BlobContent(long size, long length, Stream body, SafeFileHandle? file = null, long offset = 0) : IAsyncDisposable
{
    public long Size { get; } = size;

    public long Length { get; } = length;

    public Stream Body { get; } = body;

    public SafeFileHandle? File { get; } = file;

    public long Offset { get; } = offset;

    public ValueTask DisposeAsync() => Body.DisposeAsync();
}
