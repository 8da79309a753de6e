using System.Buffers;
using System.Text;
using System.Text.Unicode;

namespace Stagedoor.Gateway.Signing;

/// <summary>Reads a request target as it stands on the wire, before any server has decoded it.</summary>
/// <remarks>
/// A signature is accepted in a few readings of the path (<see cref="CanonicalRequest"/>). Every path for which two readings could
/// name two resources is refused here, so a target has to pass this check before its signature means anything.
/// </remarks>
internal static class RawTarget
{
    /// <summary>What RFC 3986 lets stand in a path unescaped.</summary>
    private static readonly SearchValues<char> s_plainPath = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/:@!$&'()*+,;=");

    private static readonly SearchValues<char> s_plainQuery = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/:@!$&'()*+,;=?");

    private const string NoTextInPath = "invalid UTF-8 in the path";
    private const string NoTextInQuery = "invalid UTF-8 in the query";

    private static ReadOnlySpan<byte> EncodedSlash => "%2F"u8;

    /// <summary>The normalised path of a target in origin or absolute form, or <c>*</c>, which servers take with OPTIONS only.</summary>
    /// <param name="target">The raw request target.</param>
    /// <param name="allowEncodedSlash">Whether the route takes <c>%2F</c> within a segment.</param>
    public static NormalizedTarget Check(string target, bool allowEncodedSlash = false)
    {
        if (string.Equals(target, "*", StringComparison.Ordinal))
        {
            return new(target, null);
        }

        var (path, query) = Split(target);
        if (!path.StartsWith('/'))
        {
            return new(null, "the path does not start with '/'");
        }

        string? decoded;
        if (!path.ContainsAnyExcept(s_plainPath))
        {
            decoded = path.Length == target.Length ? target : path.ToString();
        }
        else if (Decode(path, allowEncodedSlash, out decoded) is { } problem)
        {
            return new(null, problem, IsTextProblem: problem is NoTextInPath);
        }

        return CheckSegments(decoded) is { } wrongPath ? new(null, wrongPath)
            : CheckQuery(query) is { } wrongQuery ? new(null, wrongQuery, IsQueryProblem: true, IsTextProblem: wrongQuery is NoTextInQuery)
            : new(decoded, null);
    }

    /// <summary>The raw path and the raw query, without the authority of an absolute-form target.</summary>
    public static Parts Split(ReadOnlySpan<char> target)
    {
        var isAbsolute = WithoutAuthority(target, "http://", out var rest) || WithoutAuthority(target, "https://", out rest);
        if (isAbsolute)
        {
            target = rest;
        }

        var question = target.IndexOf('?');
        var path = question < 0 ? target : target[..question];
        var query = question < 0 ? default : target[(question + 1)..];
        return new(isAbsolute && path.IsEmpty ? "/" : path, query);
    }

    private static bool WithoutAuthority(ReadOnlySpan<char> target, string scheme, out ReadOnlySpan<char> rest)
    {
        rest = default;
        if (!target.StartsWith(scheme, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        var end = target[scheme.Length..].IndexOfAny('/', '?');
        rest = end < 0 ? default : target[(scheme.Length + end)..];
        return true;
    }

    private static string? Decode(ReadOnlySpan<char> path, bool allowEncodedSlash, out string? decoded)
    {
        decoded = null;
        var pooled = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(path.Length));
        try
        {
            if (DecodeBytes(path, allowEncodedSlash, pooled, out var length) is { } problem)
            {
                return problem;
            }

            var bytes = pooled.AsSpan(0, length);
            if (!Utf8.IsValid(bytes))
            {
                return NoTextInPath;
            }

            if (CheckSecondDecoding(bytes, allowEncodedSlash) is { } doubled)
            {
                return doubled;
            }

            decoded = Encoding.UTF8.GetString(bytes);
            return null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(pooled);
        }
    }

    private static string? DecodeBytes(ReadOnlySpan<char> path, bool allowEncodedSlash, Span<byte> bytes, out int length)
    {
        length = 0;
        while (!path.IsEmpty)
        {
            if (path[0] != '%')
            {
                if (path[0] is '\\' or '#' or <= ' ' or '\x7F')
                {
                    return "a character in the path that has to be escaped";
                }

                if (Rune.DecodeFromUtf16(path, out var rune, out var consumed) != OperationStatus.Done)
                {
                    return NoTextInPath;
                }

                length += rune.EncodeToUtf8(bytes[length..]);
                path = path[consumed..];
                continue;
            }

            if (!Percent.TryReadEscape(path, out var value))
            {
                return "bad percent-escape in the path";
            }

            switch (value)
            {
                case < 0x20 or 0x7F:
                    return "control character in the path";
                case (byte)'\\':
                    return "backslash in the path";
                case (byte)'/' when !allowEncodedSlash:
                    return "encoded slash in the path";
                case (byte)'/':
                    EncodedSlash.CopyTo(bytes[length..]);
                    length += EncodedSlash.Length;
                    break;
                default:
                    bytes[length++] = value;
                    break;
            }

            path = path[3..];
        }

        return null;
    }

    /// <summary>
    /// Refuses what is still an escape after decoding: a proxy or service that decodes again would see another path. The encoded slash
    /// is the exception, because the Go SDK escapes the <c>%2F</c> of its caller once more while the others send it as it is.
    /// </summary>
    private static string? CheckSecondDecoding(Span<byte> path, bool allowEncodedSlash)
    {
        for (var i = 0; i < path.Length - 2; i++)
        {
            if (path[i] != '%' || !char.IsAsciiHexDigit((char)path[i + 1]) || !char.IsAsciiHexDigit((char)path[i + 2]))
            {
                continue;
            }

            if (!allowEncodedSlash || path[i + 1] != '2' || (path[i + 2] | 0x20) != 'f')
            {
                return "doubly escaped character in the path";
            }

            path[i + 2] = (byte)'F';
        }

        return null;
    }

    private static string? CheckSegments(ReadOnlySpan<char> path)
    {
        // The first separator is the leading slash; a last one that is a plain slash may end the path.
        var rest = path[1..];
        while (!rest.IsEmpty)
        {
            var plain = rest.IndexOf('/');
            var encoded = rest.IndexOf("%2F", StringComparison.Ordinal);
            var isEncoded = encoded >= 0 && (plain < 0 || encoded < plain);
            var end = isEncoded ? encoded : plain;
            var segment = end < 0 ? rest : rest[..end];
            if (segment is "." or "..")
            {
                return "dot segment in the path";
            }

            rest = end < 0 ? default : rest[(end + (isEncoded ? 3 : 1))..];
            if (segment.IsEmpty || (isEncoded && rest.IsEmpty))
            {
                return "empty segment in the path";
            }
        }

        return null;
    }

    private static string? CheckQuery(ReadOnlySpan<char> query)
    {
        if (!query.ContainsAnyExcept(s_plainQuery))
        {
            return null;
        }

        var pooled = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(query.Length));
        try
        {
            var length = 0;
            while (!query.IsEmpty)
            {
                if (query[0] is '#' or <= ' ' or '\x7F')
                {
                    return "a character in the query that has to be escaped";
                }

                if (query[0] == '%')
                {
                    if (!Percent.TryReadEscape(query, out var value) || value == 0)
                    {
                        return "bad percent-escape in the query";
                    }

                    pooled[length++] = value;
                    query = query[3..];
                    continue;
                }

                if (Rune.DecodeFromUtf16(query, out var rune, out var consumed) != OperationStatus.Done)
                {
                    return NoTextInQuery;
                }

                length += rune.EncodeToUtf8(pooled.AsSpan(length));
                query = query[consumed..];
            }

            return Utf8.IsValid(pooled.AsSpan(0, length)) ? null : NoTextInQuery;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(pooled);
        }
    }

    /// <summary>The two halves of a target.</summary>
    public readonly ref struct Parts(ReadOnlySpan<char> path, ReadOnlySpan<char> query)
    {
        public ReadOnlySpan<char> Path { get; } = path;

        public ReadOnlySpan<char> Query { get; } = query;

        public void Deconstruct(out ReadOnlySpan<char> path, out ReadOnlySpan<char> query)
        {
            path = Path;
            query = Query;
        }
    }
}
