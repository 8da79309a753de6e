using System.Buffers;
using System.Security.Cryptography;
using Stagedoor.Storage;

namespace Stagedoor.Content.Uploads;

/// <summary>
/// Copies a request's body into an upload. While one buffer is hashed and written, both at the same time, the other is filled from the
/// network; memory stays at two buffers whatever the size.
/// </summary>
internal static class UploadWriter
{
    /// <summary>How much of a body is read at first. What is not longer is written in one go.</summary>
    internal const int FirstBytes = 16 * 1024;

    /// <summary>Appends the body and answers how many bytes it had.</summary>
    /// <param name="upload">Where it goes.</param>
    /// <param name="hash">Hashes what is written; null when nobody needs it.</param>
    /// <param name="body">The body.</param>
    /// <param name="limit">How many bytes to take at most. Nothing beyond is read but one byte, to see that there is more.</param>
    /// <param name="watch">Is told before and after each read;</param>
    /// <param name="cancellationToken">Ends it; what was appended stays.</param>
    public static async Task<Copied> CopyAsync(
        IBlobUpload upload, IncrementalHash? hash, Stream body, long limit, ICopyWatch watch, CancellationToken cancellationToken)
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
                var wanted = room < piece.Length ? (int)room + 1 : piece.Length;
                var count = await FillAsync(body, piece[..wanted], watch, cancellationToken);
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

    private static async ValueTask<int> FillAsync(Stream body, Memory<byte> buffer, ICopyWatch watch, CancellationToken cancellationToken)
    {
        var filled = 0;
        while (filled < buffer.Length)
        {
            watch.OnRead();
            var read = await body.ReadAsync(buffer[filled..], cancellationToken);
            watch.OnArrived(read);
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
public readonly record struct Copied(long Length, bool IsOver);

/// <summary>Watches a body arrive.</summary>
internal interface ICopyWatch
{
    /// <summary>The next bytes are waited for.</summary>
    void OnRead();

    /// <summary>Some have come; none at the end. What it throws ends the copy.</summary>
    void OnArrived(int count);
}
