using System.Text;

namespace Stagedoor.Tracing.Masking;

/// <summary>Finds parameters in the queries of URLs, and in their fragments, and leaves their values out.</summary>
internal sealed class QueryMask
{
    private readonly byte[][] _keys;

    private QueryMask(byte[][] keys) => _keys = keys;

    // As OpenTelemetry's conventions have it for url.full.
    private static ReadOnlySpan<byte> Masked => "REDACTED"u8;

    /// <summary>For names that are separated by commas; null when there is none.</summary>
    public static QueryMask? Of(string keys)
    {
        var names = keys.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return names.Length == 0 ? null : new(Array.ConvertAll(names, Encoding.UTF8.GetBytes));
    }

    /// <summary>The text without those values; null when it has none of them.</summary>
    /// <param name="text">A URL, or what of one begins with its path.</param>
    /// <param name="isQuery">Whether it is a query alone.</param>
    public byte[]? Mask(ReadOnlySpan<byte> text, bool isQuery)
    {
        var start = isQuery ? 0 : text.IndexOfAny((byte)'?', (byte)'#') + 1;
        if (start == 0 && !isQuery)
        {
            return null;
        }

        List<byte>? masked = null;
        var copied = 0;
        for (var at = start; Find(text, at) is (var from and >= 0, var to); at = to)
        {
            masked ??= new(text.Length + 16);
            masked.AddRange(text[copied..from]);
            masked.AddRange(Masked);
            copied = to;
        }

        masked?.AddRange(text[copied..]);
        return masked?.ToArray();
    }

    // Where the next value is; -1 when there is none. It ends where the next parameter begins, and not at a character that it may hold itself.
    private (int From, int To) Find(ReadOnlySpan<byte> text, int at)
    {
        while (text[at..].IndexOf((byte)'=') is >= 0 and var equals)
        {
            var from = at + equals + 1;
            var name = text.Slice(at, equals);
            name = name[(name.LastIndexOfAny("?&;#"u8) + 1)..];
            at = from;
            if (IsKey(name))
            {
                var length = text[from..].IndexOfAny((byte)'&', (byte)'#');
                var to = length < 0 ? text.Length : from + length;
                if (to > from && !text[from..to].SequenceEqual(Masked))
                {
                    return (from, to);
                }

                at = to;
            }
        }

        return (-1, 0);
    }

    private bool IsKey(ReadOnlySpan<byte> name)
    {
        foreach (var key in _keys)
        {
            if (key.Length == name.Length && Ascii.EqualsIgnoreCase(key, name))
            {
                return true;
            }
        }

        return false;
    }
}
