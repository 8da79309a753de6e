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
    private const int BufferBytes = 512 * 1024;
    private const int FirstBytes = 16 * 1024;

    /// <summary>Appends the body and answers how many bytes it had.</summary>
    /// <param name="upload">Where it goes.</param>
    /// <param name="hash">Hashes what is written; null when nobody needs it.</param>
    /// <param name="body">The body.</param>
    /// <param name="limit">How many bytes to take at most. Nothing beyond is read but one byte, to see that there is more.</param>
    /// <param name="cancellationToken">Ends it; what was appended stays.</param>
    public static async Task<Copied> CopyAsync(IBlobUpload upload, IncrementalHash? hash, Stream body, long limit, CancellationToken cancellationToken)
    {
        // Configurations and empty chunks are many and small.
        var filling = ArrayPool<byte>.Shared.Rent(FirstBytes);
        byte[]? working = null;
        var pending = Task.CompletedTask;
        long total = 0;
        try
        {
            while (true)
            {
                var room = limit - total;
                var count = await FillAsync(body, filling.AsMemory(0, (int)Math.Min(filling.Length, room + 1)), cancellationToken);
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
                var full = count == filling.Length;
                var written = working;
                working = filling;
                filling = written ?? ArrayPool<byte>.Shared.Rent(BufferBytes);
                pending = StoreAsync(upload, hash, working.AsMemory(0, count), cancellationToken);
                if (!full)
                {
                    await pending;
                    pending = Task.CompletedTask;
                    return new(total, IsOver: false);
                }

                if (working.Length < BufferBytes)
                {
                    await pending;
                    ArrayPool<byte>.Shared.Return(working);
                    working = null;
                }
            }
        }
        finally
        {
            // The buffer may be in use until then, whatever ended the loop.
            await ((Task)pending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            ArrayPool<byte>.Shared.Return(filling);
            if (working is not null)
            {
                ArrayPool<byte>.Shared.Return(working);
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
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            int read;
            while ((read = await content.ReadAsync(buffer, cancellationToken)) > 0)
            {
                hash.AppendData(buffer, 0, read);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
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
