using System.Text;
using Stagedoor.Tracing.Otlp;
using Stagedoor.Tracing.Spans;

namespace Stagedoor.Tracing.Tests;

/// <summary>Tries a decoder with bytes that nobody meant: it reads spans or tells that they are none, and keeps no more than in proportion.</summary>
#pragma warning disable CA5394 // Nobody has to guess what is tried.
internal static class Mutations
{
    private const string Characters = "{}[]\",:\\0123456789.eE-+nulltruefals \u00ff";

    /// <summary>Changes characters of a valid document.</summary>
    public static void TryText(string valid, Func<byte[], SpanBatch> read) =>
        Try(Encoding.UTF8.GetBytes(valid), 30_000, static random => (byte)Characters[random.Next(Characters.Length)], read);

    /// <summary>Changes bytes of a valid message.</summary>
    public static void TryBinary(byte[] valid, Func<byte[], SpanBatch> read) => Try(valid, 100_000, static random => (byte)random.Next(256), read);

    private static void Try(byte[] valid, int rounds, Func<Random, byte> next, Func<byte[], SpanBatch> read)
    {
        var random = new Random(7);
        for (var length = 0; length < valid.Length; length++)
        {
            Try(valid[..length], read);
        }

        for (var i = 0; i < rounds; i++)
        {
            var bytes = (byte[])valid.Clone();
            for (var n = random.Next(1, 5); n > 0; n--)
            {
                var at = random.Next(bytes.Length);
                bytes[at] = random.Next(4) == 0 ? (byte)(bytes[at] ^ (1 << random.Next(8))) : next(random);
            }

            Try(random.Next(4) == 0 ? bytes[..random.Next(bytes.Length)] : bytes, read);
        }

        for (var i = 0; i < rounds / 4; i++)
        {
            var bytes = new byte[random.Next(200)];
            random.NextBytes(bytes);
            Try(bytes, read);
        }
    }

    private static void Try(byte[] bytes, Func<byte[], SpanBatch> read)
    {
        try
        {
            _ = SpanText.Of(read(bytes));
        }
        catch (MalformedSpansException)
        {
            // That is the other answer.
        }
    }
}
