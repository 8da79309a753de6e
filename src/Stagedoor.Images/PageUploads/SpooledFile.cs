using Microsoft.Win32.SafeHandles;
using Stagedoor.Storage;

namespace Stagedoor.Images.PageUploads;

/// <summary>A file of this process's own. It is written from its beginning to its end once, and then read from anywhere.</summary>
internal sealed class SpooledFile(SafeFileHandle file) : IDisposable
{
    public long Length { get; private set; }

    /// <exception cref="StorageException">It cannot be written.</exception>
    public async ValueTask AppendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            await RandomAccess.WriteAsync(file, bytes, Length, cancellationToken);
            Length += bytes.Length;
        }
        catch (Exception e) when (IsFault(e))
        {
            throw Translate(e);
        }
    }

    /// <summary>Fills the buffer from a place of the file, as far as the file goes.</summary>
    /// <exception cref="StorageException">It cannot be read.</exception>
    public int Read(Span<byte> buffer, long offset)
    {
        try
        {
            var filled = 0;
            while (filled < buffer.Length && RandomAccess.Read(file, buffer[filled..], offset + filled) is > 0 and var read)
            {
                filled += read;
            }

            return filled;
        }
        catch (Exception e) when (IsFault(e))
        {
            throw Translate(e);
        }
    }

    /// <summary>A part of the file, to be read once.</summary>
    public Stream Open(long offset, long length) => new Part(this, offset, length);

    public void Dispose() => file.Dispose();

    internal static bool IsFault(Exception e) => e is IOException or UnauthorizedAccessException;

    internal static StorageException Translate(Exception e) => new(StorageSource.Blobs, StorageFault.Failed, e.Message, e);

    private async ValueTask<int> ReadAsync(Memory<byte> buffer, long offset, CancellationToken cancellationToken)
    {
        try
        {
            return await RandomAccess.ReadAsync(file, buffer, offset, cancellationToken);
        }
        catch (Exception e) when (IsFault(e))
        {
            throw Translate(e);
        }
    }

    private sealed class Part(SpooledFile file, long offset, long length) : ContentStream
    {
        private long _at;

        public override int Read(Span<byte> buffer)
        {
            var read = file.Read(buffer[..(int)Math.Min(buffer.Length, length - _at)], offset + _at);
            _at += read;
            return read;
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await file.ReadAsync(buffer[..(int)Math.Min(buffer.Length, length - _at)], offset + _at, cancellationToken);
            _at += read;
            return read;
        }
    }
}
