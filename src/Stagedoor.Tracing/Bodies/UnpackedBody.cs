using System.Buffers.Binary;
using System.IO.Compression;
using ZstdSharp;
using ZstdSharp.Unsafe;

namespace Stagedoor.Tracing.Bodies;

/// <summary>A request's whole body, unpacked and in one piece, in memory that is given back. Whoever gave it to a batch disposes of it after the batch.</summary>
internal sealed class UnpackedBody : IDisposable
{
    /// <summary>The ways in which a body may be packed, for senders.</summary>
    public const string Encodings = "gzip, zstd, deflate";

    // What is packed for HTTP needs no larger window (RFC 9659); a header that asks for more would have it at once.
    private const int MostWindowLog = 23;

    private readonly ByteBudget _budget;
    private readonly int _length;
    private byte[]? _bytes;

    private UnpackedBody(byte[] bytes, int length, long packed, ByteBudget budget)
    {
        Packed = packed;
        _bytes = bytes;
        _length = length;
        _budget = budget;
    }

    /// <summary>How many bytes were sent of it.</summary>
    public long Packed { get; }

    /// <summary>Its bytes, until it is disposed of; the rest of their array may be written to.</summary>
    public ArraySegment<byte> Bytes => new(_bytes ?? [], 0, _bytes is null ? 0 : _length);

    /// <summary>Reads a body.</summary>
    /// <param name="body">The body as it is sent.</param>
    /// <param name="encoding">Its <c>Content-Encoding</c>; nothing or <c>identity</c> for one that is not packed. <c>deflate</c> and <c>zlib</c> are the format of zlib.</param>
    /// <param name="detectsGzip">Whether one that does not say so is unpacked too when it begins as gzip does, as Zipkin's collector takes it.</param>
    /// <param name="limits">How long it may be.</param>
    /// <param name="budget">What all requests hold together.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="BodyException">It is not taken.</exception>
    public static async ValueTask<UnpackedBody> ReadAsync(
        Stream body, string? encoding, bool detectsGzip, BodyLimits limits, ByteBudget budget, CancellationToken cancellationToken)
    {
        var packing = PackingOf(encoding);
        var head = ReadOnlyMemory<byte>.Empty;
        if (packing is Packing.None && detectsGzip)
        {
            var begin = new byte[2];
            head = begin.AsMemory(0, await body.ReadAtLeastAsync(begin, begin.Length, throwOnEndOfStream: false, cancellationToken));
            packing = head.Span is [0x1F, 0x8B] ? Packing.Gzip : Packing.None;
        }

        using var packed = new PackedStream(body, head, packing is Packing.None ? int.MaxValue : limits.Packed);
        using var chunks = new PooledChunks(limits.Unpacked, budget);
        try
        {
            await ReadAsync(packed, packing, chunks, cancellationToken);
        }
        catch (Exception e) when (!packed.HasFailed && e is (InvalidDataException or ZstdException or IOException))
        {
            // Nothing at all is an empty body, however it would have been packed.
            if (packed.Count > 0)
            {
                throw new BodyException(BodyProblem.Damaged, "the body is damaged or cut off, so that it cannot be unpacked", e);
            }
        }

        var read = new UnpackedBody(chunks.Join(), chunks.Length, packed.Count, budget);
        if (packed.Count > 0 && !IsWhole(packing, packed.Tail, read.Bytes))
        {
            read.Dispose();
            throw new BodyException(BodyProblem.Damaged, "the body does not end where what is packed in it does");
        }

        return read;
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _bytes, null) is { Length: > 0 } bytes)
        {
            PooledChunks.Return(bytes, _budget);
        }
    }

    private static Packing PackingOf(string? encoding) => encoding?.Trim().ToUpperInvariant() switch
    {
        null or "" or "IDENTITY" => Packing.None,
        "GZIP" => Packing.Gzip,
        "DEFLATE" or "ZLIB" => Packing.Zlib,
        "ZSTD" => Packing.Zstd,
        _ => throw new BodyException(BodyProblem.UnknownEncoding, $"the content encoding is none of {Encodings}"),
    };

    private static async ValueTask ReadAsync(PackedStream packed, Packing packing, PooledChunks chunks, CancellationToken cancellationToken)
    {
        await using var unpacked = Unpack(packed, packing);
        int read;
        while ((read = await unpacked.ReadAsync(chunks.Room(), cancellationToken)) > 0)
        {
            chunks.Advance(read);
        }

        // What stands behind is no part of it, and is found at the end.
        var rest = new byte[256];
        while (await packed.ReadAsync(rest, cancellationToken) > 0)
        {
        }
    }

    private static Stream Unpack(PackedStream packed, Packing packing)
    {
        switch (packing)
        {
            case Packing.Gzip:
                return new GZipStream(packed, CompressionMode.Decompress, leaveOpen: true);
            case Packing.Zlib:
                return new ZLibStream(packed, CompressionMode.Decompress, leaveOpen: true);
            case Packing.Zstd:
                var zstd = new DecompressionStream(packed, leaveOpen: true);
                zstd.SetParameter(ZSTD_dParameter.ZSTD_d_windowLogMax, MostWindowLog);
                return zstd;
            default:
                return packed;
        }
    }

    // The streams of the runtime leave out what stands behind, and one that is cut off in its last bytes or before another part of it may pass for whole.
    private static bool IsWhole(Packing packing, ReadOnlySpan<byte> tail, ReadOnlySpan<byte> unpacked)
    {
        switch (packing)
        {
            case Packing.Gzip:
                // Of the last part alone: its length, and before it its checksum, which the stream has compared when there is one part.
                var length = BinaryPrimitives.ReadUInt32LittleEndian(tail[4..]);
                return length == unpacked.Length
                    || (length < unpacked.Length && Checksums.Crc32(unpacked[^(int)length..]) == BinaryPrimitives.ReadUInt32LittleEndian(tail));
            case Packing.Zlib:
                return Checksums.Adler32(unpacked) == BinaryPrimitives.ReadUInt32BigEndian(tail[4..]);
            default:
                return true;
        }
    }

    private enum Packing
    {
        None,
        Gzip,
        Zlib,
        Zstd,
    }
}
