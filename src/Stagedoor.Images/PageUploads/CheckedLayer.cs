using System.IO.Compression;
using System.Security.Cryptography;
using Stagedoor.Storage;
using ZstdSharp;

namespace Stagedoor.Images.PageUploads;

/// <summary>How a layer is packed.</summary>
internal enum LayerPacking
{
    None,
    Gzip,
    Zstd,

    /// <summary>In another way, which not every client can unpack.</summary>
    Unknown,
}

/// <summary>What a layer is, which takes reading it once.</summary>
/// <param name="Digest">The digest of the bytes as they are.</param>
/// <param name="Unpacked">The digest of what is packed in them.</param>
/// <param name="Size">How many bytes there are.</param>
/// <param name="UnpackedSize">How many bytes are packed in them.</param>
internal sealed record CheckedLayer(Digest Digest, Digest Unpacked, long Size, long UnpackedSize)
{
    private const int MagicBytes = 6;

    /// <summary>How these bytes are packed, by the way they begin.</summary>
    public static LayerPacking PackingOf(ReadOnlySpan<byte> head) =>
        head.StartsWith((ReadOnlySpan<byte>)[0x1f, 0x8b]) ? LayerPacking.Gzip
        : head.StartsWith((ReadOnlySpan<byte>)[0x28, 0xb5, 0x2f, 0xfd]) ? LayerPacking.Zstd
        : head.StartsWith("BZh"u8) || head.StartsWith((ReadOnlySpan<byte>)[0xfd, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0]) ? LayerPacking.Unknown
        : LayerPacking.None;

    /// <summary>How a layer is packed.</summary>
    public static LayerPacking PackingOf(Stream layer)
    {
        Span<byte> head = stackalloc byte[MagicBytes];
        return PackingOf(head[..layer.ReadAtLeast(head, MagicBytes, throwOnEndOfStream: false)]);
    }

    /// <summary>Reads a layer.</summary>
    /// <param name="layer">Its bytes.</param>
    /// <param name="packing">How it is packed.</param>
    /// <param name="algorithm">The hash function of its digest.</param>
    /// <param name="unpackedAlgorithm">That of the digest of what is packed in it.</param>
    /// <param name="largest">How many bytes may be packed in it.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>What it is; null when there is more in it.</returns>
    /// <exception cref="InvalidDataException">It cannot be unpacked.</exception>
    public static async Task<CheckedLayer?> ReadAsync(
        Stream layer, LayerPacking packing, string algorithm, string unpackedAlgorithm, long largest, CancellationToken cancellationToken)
    {
        using var outer = BlobHash.Create(algorithm);
        using var hashed = new HashedStream(layer, outer);
        using var inner = BlobHash.Create(unpackedAlgorithm);
        using var buffer = PageBuffer.Rent();
        var size = 0L;
        await using (var unpacked = Unpack(hashed, packing))
        {
            int read;
            while ((read = await ReadAsync(unpacked, buffer.Memory, cancellationToken)) > 0)
            {
                size += read;
                if (size > largest)
                {
                    return null;
                }

                inner.AppendData(buffer.Memory.Span[..read]);
            }
        }

        // Behind what is packed may be more, which belongs to the layer all the same.
        while (await hashed.ReadAsync(buffer.Memory, cancellationToken) > 0)
        {
        }

        return new(Digest.Of(algorithm, hashed.Hash.GetHashAndReset()), Digest.Of(unpackedAlgorithm, inner.GetHashAndReset()), hashed.Count, size);
    }

    private static Stream Unpack(Stream layer, LayerPacking packing) => packing switch
    {
        LayerPacking.Gzip => new GZipStream(layer, CompressionMode.Decompress, leaveOpen: true),
        LayerPacking.Zstd => new DecompressionStream(layer, leaveOpen: true),
        _ => new HashedStream(layer, null),
    };

    private static async ValueTask<int> ReadAsync(Stream unpacked, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await unpacked.ReadAsync(buffer, cancellationToken);
        }
        catch (Exception e) when (e is ZstdException or EndOfStreamException)
        {
            throw new InvalidDataException(e.Message, e);
        }
    }

    /// <summary>Hashes what is read of another stream, which it does not close.</summary>
    private sealed class HashedStream(Stream inner, IncrementalHash? hash) : ContentStream
    {
        public IncrementalHash Hash => hash!;

        public long Count { get; private set; }

        public override int Read(Span<byte> buffer) => Take(buffer, inner.Read(buffer));

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await inner.ReadAsync(buffer, cancellationToken);
            return Take(buffer.Span, read);
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                hash?.Dispose();
            }

            base.Dispose(disposing);
        }

        private int Take(ReadOnlySpan<byte> buffer, int read)
        {
            hash?.AppendData(buffer[..read]);
            Count += read;
            return read;
        }
    }
}
