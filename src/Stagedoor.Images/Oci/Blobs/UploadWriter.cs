using System.Buffers;
using System.Security.Cryptography;
using Stagedoor.Storage;

namespace Stagedoor.Images.Oci.Blobs;

/// <summary>
/// Copies a request's body into an upload. While one buffer is hashed and written, both at the same time, the other is filled from the
/// network; memory stays at two buffers whatever the size.
/// </summary>
internal static class UploadWriter
{
    private const int FirstBytes = 16 * 1024;

    /// <summary>Appends the body and answers how many bytes it had.</summary>
    /// <param name="upload">Where it goes.</param>
    /// <param name="hash">Hashes what is written; null when nobody needs it.</param>
    /// <param name="body">The body.</param>
    /// <param name="limit">How many bytes to take at most. Nothing beyond is read but one byte, to see that there is more.</param>
    /// <param name="cancellationToken">Ends it; what was appended stays.</param>
    public static async Task<Copied> CopyAsync(IBlobUpload upload, IncrementalHash? hash, Stream body, long limit, CancellationToken cancellationToken)
    {
        // Configurations and empty chunks are many and small. The pieces after the first begin on a page of the file, so that the store can
        // write them as they lie in memory.
        var small = ArrayPool<byte>.Shared.Rent(FirstBytes);
        var pages = new PageBuffer?[2];
        var turn = 0;
        var pending = Task.CompletedTask;
        long total = 0;
        try
        {
            var piece = small.AsMemory(0, FirstBytes - (int)(upload.Length % PageBuffer.Alignment));
            while (true)
            {
                var room = limit - total;
                var wanted = (int)Math.Min(piece.Length, room + 1);
                var count = await FillAsync(body, piece[..wanted], cancellationToken);
                await pending;
                pending = Task.CompletedTask;
                if (count > room)
                {
                    return new(total, IsOver: true);
                }

                if (count == 0)
                {
                    return new(total, IsOver: false);
                }

                total += count;
                pending = StoreAsync(upload, hash, piece[..count], cancellationToken);
                if (count < piece.Length)
                {
                    await pending;
                    return new(total, IsOver: false);
                }

                turn ^= 1;
                piece = (pages[turn] ??= PageBuffer.Rent()).Memory;
            }
        }
        finally
        {
            // The buffers may be in use until then, whatever ended the loop.
            await ((Task)pending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            ArrayPool<byte>.Shared.Return(small);
            foreach (var page in pages)
            {
                page?.Dispose();
            }
        }
    }

    /// <summary>Hashes what an upload holds already, for one that another process or a former life of this one has received.</summary>
    public static async Task RehashAsync(IBlobUpload upload, IncrementalHash hash, CancellationToken cancellationToken)
    {
        await using var content = await upload.OpenReadAsync(cancellationToken);
        await HashAsync(content, hash, cancellationToken);
    }

    /// <summary>Hashes a stream to its end.</summary>
    public static async Task HashAsync(Stream content, IncrementalHash hash, CancellationToken cancellationToken)
    {
        using var buffer = PageBuffer.Rent();
        int read;
        while ((read = await content.ReadAsync(buffer.Memory, cancellationToken)) > 0)
        {
            hash.AppendData(buffer.Memory.Span[..read]);
        }
    }

    private static async ValueTask<int> FillAsync(Stream body, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        var filled = 0;
        while (filled < buffer.Length)
        {
            var read = await body.ReadAsync(buffer[filled..], cancellationToken);
            if (read == 0)
            {
                break;
            }

            filled += read;
        }

        return filled;
    }

    private static async Task StoreAsync(IBlobUpload upload, IncrementalHash? hash, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        var hashed = hash is null || bytes.Length <= FirstBytes ? Task.CompletedTask : Task.Run(() => hash.AppendData(bytes.Span), CancellationToken.None);
        if (bytes.Length <= FirstBytes)
        {
            hash?.AppendData(bytes.Span);
        }

        try
        {
            await upload.AppendAsync(bytes, cancellationToken);
        }
        finally
        {
            await hashed;
        }
    }
}

/// <summary>What became of a copy.</summary>
/// <param name="Length">How many bytes were appended.</param>
/// <param name="IsOver">Whether the body goes on beyond the limit.</param>
internal readonly record struct Copied(long Length, bool IsOver);
