using System.Buffers;
using System.IO.Pipelines;

namespace Stagedoor.Http;

/// <summary>A whole small body in one piece, in memory that is given back; for whoever needs its bytes. What only becomes objects needs no such piece.</summary>
public sealed class PooledBody : IDisposable
{
    // A caller that announces much and sends nothing does not hold more than this.
    private const int FirstRent = 64 * 1024;
    private byte[] _bytes;
    private int _length;

    private PooledBody(int capacity) => _bytes = ArrayPool<byte>.Shared.Rent(capacity);

    /// <summary>Its bytes, until it is disposed of.</summary>
    public ReadOnlySpan<byte> Span => _bytes.AsSpan(0, _length);

    /// <summary>The body; null when it is longer than <paramref name="max"/> bytes.</summary>
    /// <param name="body">The body.</param>
    /// <param name="announced">What its <c>Content-Length</c> says.</param>
    /// <param name="max">What it may have.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async ValueTask<PooledBody?> ReadAsync(PipeReader body, long? announced, int max, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(body);
        if (announced > max)
        {
            return null;
        }

        var pooled = new PooledBody((int)Math.Clamp(announced ?? FirstRent, 1, FirstRent));
        try
        {
            while (true)
            {
                var read = await body.ReadAsync(cancellationToken);
                var fits = pooled._length + read.Buffer.Length <= max;
                if (fits)
                {
                    pooled.Append(read.Buffer);
                }

                body.AdvanceTo(read.Buffer.End);
                if (!fits)
                {
                    pooled.Dispose();
                    return null;
                }

                if (read.IsCompleted)
                {
                    return pooled;
                }
            }
        }
        catch
        {
            pooled.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_bytes);
        (_bytes, _length) = ([], 0);
    }

    private void Append(ReadOnlySequence<byte> more)
    {
        var needed = _length + (int)more.Length;
        if (needed > _bytes.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, _bytes.Length * 2));
            Span.CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = larger;
        }

        more.CopyTo(_bytes.AsSpan(_length));
        _length = needed;
    }
}
