using System.Text;

namespace Stagedoor.Tracing.Masking;

/// <summary>Finds parameters in the queries of URLs, and in their fragments, and leaves their values out, and who logs in before the host.</summary>
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
        var login = isQuery ? default : LoginIn(text);
        var start = isQuery ? 0 : text.IndexOfAny((byte)'?', (byte)'#') + 1;
        if (start == 0 && !isQuery && login == default)
        {
            return null;
        }

        List<byte>? masked = null;
        var copied = 0;
        if (login is (var first and > 0, var last))
        {
            masked = [.. text[..first], .. Masked];
            if (text[first..last].Contains((byte)':'))
            {
                masked.Add((byte)':');
                masked.AddRange(Masked);
            }

            copied = last;
        }

        for (var at = Math.Max(start, copied); (start > 0 || isQuery) && Find(text, at) is (var from and >= 0, var to); at = to)
        {
            masked ??= new(text.Length + 16);
            masked.AddRange(text[copied..from]);
            masked.AddRange(Masked);
            copied = to;
        }

        masked?.AddRange(text[copied..]);
        return masked?.ToArray();
    }

    // Where "user:password" stands in front of a host; the default where nothing does, or nothing that was not left out.
    private static (int From, int To) LoginIn(ReadOnlySpan<byte> text)
    {
        var from = text.IndexOf("://"u8) + 3;
        if (from < 3)
        {
            return default;
        }

        var host = text[from..];
        var end = host.IndexOfAny("/?# "u8);
        var at = (end < 0 ? host : host[..end]).LastIndexOf((byte)'@');
        return at <= 0 || host[..at].SequenceEqual("REDACTED:REDACTED"u8) || host[..at].SequenceEqual(Masked) ? default : (from, from + at);
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
