namespace Stagedoor.Tracing.Store.Shared;

/// <summary>A block, or the end of one, in memory, read as a file.</summary>
/// <param name="bytes">What there is of it.</param>
/// <param name="at">Where in the block that begins.</param>
internal sealed class BlockBytes(ReadOnlyMemory<byte> bytes, long at = 0) : IStoreFile
{
    /// <summary>Opens the block, whole or its end.</summary>
    /// <exception cref="InvalidDataException">It is not as it was written.</exception>
    public static Block Open(ReadOnlyMemory<byte> bytes, long at, BlockHeader? header, SharedNames shared) =>
#pragma warning disable CA2000 // There is nothing to be disposed.
        Block.Open(new BlockBytes(bytes, at), 0, header ?? throw new InvalidDataException("It does not begin as a block does."), shared);
#pragma warning restore CA2000

    public long Length => at + bytes.Length;

    public int Read(Span<byte> into, long offset)
    {
        if (offset < at)
        {
            throw new InvalidDataException("A part of a block is not there.");
        }

        var from = bytes.Span[(int)Math.Min(offset - at, bytes.Length)..];
        var count = Math.Min(from.Length, into.Length);
        from[..count].CopyTo(into);
        return count;
    }

    public void Write(IReadOnlyList<ReadOnlyMemory<byte>> parts, long offset) => throw new NotSupportedException();

    public void SetLength(long length) => throw new NotSupportedException();

    public void Flush() => throw new NotSupportedException();

    public void Dispose()
    {
    }
}
