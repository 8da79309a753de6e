using System.Buffers;
using System.Text;

namespace Stagedoor.Tracing.Model;

/// <summary>Makes of the path of one request the pattern that all requests of its kind have in common: what differs between them becomes <c>*</c>.</summary>
internal static class PathPattern
{
    private const int MostSegments = 10;
    private const int KeptSegments = 8;
    private const int LongToken = 20;
    private const int LongExtension = 5;

    private static readonly SearchValues<char> s_end = SearchValues.Create("?#");
    private static readonly SearchValues<char> s_hex = SearchValues.Create("0123456789abcdefABCDEF");
    private static readonly SearchValues<char> s_token = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-=.~+");

    /// <summary>The pattern of a path.</summary>
    /// <param name="path">The path as it was sent, not decoded; a query or a fragment behind it does not count.</param>
    public static string Of(ReadOnlySpan<char> path)
    {
        if (path.IndexOfAny(s_end) is >= 0 and var end)
        {
            path = path[..end];
        }

        var pattern = new StringBuilder(path.Length);
        var (segments, kept) = (0, 0);
        foreach (var range in path.Split('/'))
        {
            var segment = WithoutMatrix(path[range]);
            if (segment.IsEmpty)
            {
                continue;
            }

            if (++segments == KeptSegments + 1)
            {
                kept = pattern.Length;
            }

            pattern.Append('/');
            Append(pattern, segment, IsLast(path[range.End.Value..]));
        }

        if (segments > MostSegments)
        {
            pattern.Length = kept;
            return pattern.Append("/**").ToString();
        }

        return segments == 0 ? "/" : pattern.ToString();
    }

    // Whether no further segment comes.
    private static bool IsLast(ReadOnlySpan<char> rest) => rest.TrimStart('/').IsEmpty;

    private static ReadOnlySpan<char> WithoutMatrix(ReadOnlySpan<char> segment) => segment.IndexOf(';') is >= 0 and var at ? segment[..at] : segment;

    private static void Append(StringBuilder pattern, ReadOnlySpan<char> segment, bool isLast)
    {
        if (segment.IndexOf(':') is >= 0 and var colon)
        {
            Append(pattern, segment[..colon]);
            pattern.Append(':');
            segment = segment[(colon + 1)..];
        }

        // An address ends with letters behind a point too, and has no name to keep.
        var dot = isLast && !segment.Contains('@') ? segment.LastIndexOf('.') : -1;
        if (dot > 0 && segment[(dot + 1)..] is { Length: > 0 and <= LongExtension } extension && IsLetters(extension))
        {
            Append(pattern, segment[..dot]);
            pattern.Append('.').Append(extension);
            return;
        }

        Append(pattern, segment);
    }

    private static void Append(StringBuilder pattern, ReadOnlySpan<char> part)
    {
        if (part.Length > 0 && Differs(part))
        {
            pattern.Append('*');
        }
        else
        {
            pattern.Append(part);
        }
    }

    private static bool IsLetters(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            if (!char.IsAsciiLetter(c))
            {
                return false;
            }
        }

        return true;
    }

    // Whether the part names one thing of many.
    private static bool Differs(ReadOnlySpan<char> part)
    {
        var (digits, letters, run, longest, odd) = (0, 0, 0, 0, false);
        foreach (var c in part)
        {
            var isDigit = char.IsAsciiDigit(c);
            run = isDigit ? run + 1 : 0;
            longest = Math.Max(longest, run);
            digits += isDigit ? 1 : 0;
            letters += char.IsAsciiLetter(c) ? 1 : 0;
            odd |= c is '@' or '%' or > '~';
        }

        return odd
            || longest >= 5
            || IsNumber(part)
            || IsUuid(part)
            || (part.Length >= 8 && digits > 0 && !part.ContainsAnyExcept(s_hex))
            || (part.Length >= LongToken && digits >= 3 && letters >= 1 && !part.ContainsAnyExcept(s_token))
            || StartsWithDate(part);
    }

    // Digits with a sign before them and points or commas between them.
    private static bool IsNumber(ReadOnlySpan<char> part)
    {
        if (part[0] is '+' or '-')
        {
            part = part[1..];
        }

        var wasDigit = false;
        foreach (var c in part)
        {
            if (!char.IsAsciiDigit(c) && !(wasDigit && c is '.' or ','))
            {
                return false;
            }

            wasDigit = char.IsAsciiDigit(c);
        }

        return wasDigit;
    }

    private static bool IsUuid(ReadOnlySpan<char> part) => part.Length is 36 or 38 && Guid.TryParseExact(part, part.Length == 36 ? "D" : "B", out _);

    private static bool StartsWithDate(ReadOnlySpan<char> part)
    {
        if (part.Length < 10)
        {
            return false;
        }

        for (var i = 0; i < 10; i++)
        {
            if (i is 4 or 7 ? part[i] != '-' : !char.IsAsciiDigit(part[i]))
            {
                return false;
            }
        }

        return true;
    }
}
