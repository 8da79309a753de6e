using System.Buffers.Binary;

namespace Stagedoor.Tracing.Tests.Fuzzing;

/// <summary>Bodies that nobody meant, by number: the same number is always the same body.</summary>
#pragma warning disable CA5394 // Nobody has to guess what is tried.
internal static class Hostile
{
    private static readonly byte[][] s_openings =
    [
        [.. "["u8], [.. "{\"a\":"u8], [.. "{\"value\":{\"arrayValue\":{\"values\":["u8], [.. "{\"kvlistValue\":{\"values\":[{\"key\":\"k\",\"value\":"u8],
        [0x0B], [0x2A, 0x7F], [0x0A, 0x7F], [0x32, 0x7F], [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x07], [15, 0, 6, 12, 0, 0, 0, 1], [12, 0, 99], [13, 0, 99, 11, 12, 0, 0, 0, 1], [14, 0, 99, 14, 0, 0, 0, 1],
    ];

    private static readonly byte[][] s_numbers =
    [
        [0x7F, 0xFF, 0xFF, 0xFF], [0xFF, 0xFF, 0xFF, 0xFF], [0x80, 0, 0, 0], [0xFF, 0xFF, 0xFF, 0xFF, 0x07], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], [0x80, 0x80, 0x80, 0x80, 0x80],
        [.. "1e400"u8], [.. "-0"u8], [.. "9223372036854775808"u8], [.. "\"\\ud800\""u8], [.. "\\u0000"u8],
    ];

    public static byte[] Body(byte[] valid, int number)
    {
        var random = new Random(number);
        var body = valid;
        for (var times = random.Next(1, 4); times > 0; times--)
        {
            body = Change(body, random);
        }

        return body;
    }

    private static byte[] Change(byte[] body, Random random)
    {
        switch (random.Next(9))
        {
            case 0:
                var noise = new byte[random.Next(300)];
                random.NextBytes(noise);
                return noise;
            case 1:
                return body[..random.Next(body.Length + 1)];
            case 2:
                return Overwrite(body, random, static (random, b) => (byte)(b ^ (1 << random.Next(8))));
            case 3:
                return Overwrite(body, random, static (random, _) => (byte)random.Next(256));
            case 4:
                // The beginning of this and the end of whatever else.
                var other = Corpus.All[random.Next(Corpus.All.Count)];
                return [.. body.AsSpan(0, random.Next(body.Length + 1)), .. other.AsSpan(random.Next(other.Length))];
            case 5:
                var (from, at) = (random.Next(body.Length + 1), random.Next(body.Length + 1));
                return Insert(body, at, body.AsSpan(from, random.Next(body.Length + 1 - from)), random.Next(1, 5));
            case 6:
                return Insert(body, random.Next(body.Length + 1), s_openings[random.Next(s_openings.Length)], random.Next(1, random.Next(8) == 0 ? 20_000 : 100));
            case 7:
                return Insert(body, random.Next(body.Length + 1), s_numbers[random.Next(s_numbers.Length)], 1);
            default:
                var changed = (byte[])body.Clone();
                if (changed.Length >= 4)
                {
                    BinaryPrimitives.WriteInt32BigEndian(changed.AsSpan(random.Next(changed.Length - 3)), random.Next(4) == 0 ? int.MaxValue : random.Next());
                }

                return changed;
        }
    }

    private static byte[] Overwrite(byte[] body, Random random, Func<Random, byte, byte> change)
    {
        var changed = (byte[])body.Clone();
        for (var n = random.Next(1, 9); n > 0 && changed.Length > 0; n--)
        {
            ref var b = ref changed[random.Next(changed.Length)];
            b = change(random, b);
        }

        return changed;
    }

    // No body becomes longer than this.
    private static byte[] Insert(byte[] body, int at, ReadOnlySpan<byte> what, int times)
    {
        times = Math.Min(times, Math.Max(0, (256 << 10) - body.Length) / Math.Max(1, what.Length));
        var longer = new byte[body.Length + (what.Length * times)];
        body.AsSpan(0, at).CopyTo(longer);
        for (var i = 0; i < times; i++)
        {
            what.CopyTo(longer.AsSpan(at + (i * what.Length)));
        }

        body.AsSpan(at).CopyTo(longer.AsSpan(at + (what.Length * times)));
        return longer;
    }
}
