using System.Buffers;

namespace Stagedoor.Tracing.Bodies;

/// <summary>Bytes whose number is not known yet, in pieces of pooled memory: what is refused has never held more than what is taken may.</summary>
/// <param name="most">How many bytes there may be.</param>
/// <param name="budget">What all requests hold together.</param>
internal sealed class PooledChunks(int most, ByteBudget budget) : IDisposable
{
    private const int First = 64 * 1024;
    private const int Largest = 1024 * 1024;

    private readonly List<byte[]> _chunks = [];
    private readonly byte[] _oneMore = new byte[1];
    private int _inLast;
    private int _next = First;

    public int Length { get; private set; }

    /// <summary>Where the next bytes go, never nothing.</summary>
    /// <exception cref="BodyException">There is no room for more.</exception>
    public Memory<byte> Room()
    {
        // Whether more comes than may is seen when it comes.
        if (Length == most)
        {
            return _oneMore;
        }

        if (_chunks.Count == 0 || _inLast == _chunks[^1].Length)
        {
            _chunks.Add(Rent(Math.Min(_next, most - Length), budget));
            (_inLast, _next) = (0, Math.Min(_next * 2, Largest));
        }

        return _chunks[^1].AsMemory(_inLast, Math.Min(_chunks[^1].Length - _inLast, most - Length));
    }

    /// <summary>Takes bytes that were put there.</summary>
    /// <exception cref="BodyException">They are too many.</exception>
    public void Advance(int bytes)
    {
        if (bytes > most - Length)
        {
            throw new BodyException(BodyProblem.TooLarge, $"the body has more than {most} bytes when it is unpacked");
        }

        Length += bytes;
        _inLast += bytes;
    }

    /// <summary>All of them in one piece, which is no longer held here.</summary>
    /// <exception cref="BodyException">There is no room for it.</exception>
    public byte[] Join()
    {
        if (_chunks.Count == 1)
        {
            var only = _chunks[0];
            _chunks.Clear();
            return only;
        }

        var joined = Rent(Length, budget);
        var at = 0;
        foreach (var chunk in _chunks)
        {
            var length = Math.Min(chunk.Length, Length - at);
            chunk.AsSpan(0, length).CopyTo(joined.AsSpan(at));
            at += length;
        }

        return joined;
    }

    public void Dispose()
    {
        foreach (var chunk in _chunks)
        {
            Return(chunk, budget);
        }

        _chunks.Clear();
    }

    public static void Return(byte[] rented, ByteBudget budget)
    {
        budget.Release(rented.Length);
        ArrayPool<byte>.Shared.Return(rented);
    }

    // What is counted is what is held, which may be more than what was asked for.
    private static byte[] Rent(int length, ByteBudget budget)
    {
        if (length == 0)
        {
            return [];
        }

        if (!budget.TryReserve(length))
        {
            throw new BodyException(BodyProblem.NoRoom, "the requests at hand hold all the memory that there is for them");
        }

        var rented = ArrayPool<byte>.Shared.Rent(length);
        budget.Hold(rented.Length - length);
        return rented;
    }
}
