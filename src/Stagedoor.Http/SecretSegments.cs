using System.Text;

namespace Stagedoor.Http;

/// <summary>Covers keys that stand in paths, also where the path is not quite the one that a route takes.</summary>
public static class SecretSegments
{
    // No key is shorter.
    private const int KeyLength = 16;

    /// <summary>The path with what stands behind the name of such a segment covered.</summary>
    /// <param name="path">The path as it came.</param>
    /// <param name="prefixes">What such paths begin with, such as <c>/k/</c>.</param>
    public static string Mask(string path, IReadOnlyList<string> prefixes)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentNullException.ThrowIfNull(prefixes);
        if (prefixes.Count == 0)
        {
            return path;
        }

        StringBuilder? masked = null;
        var (copied, number, leading) = (0, 0, false);
        var isBehind = false;
        for (var at = 0; at < path.Length;)
        {
            var length = LengthOfSeparator(path, at);
            if (length > 0)
            {
                at += length;
                continue;
            }

            var end = at;
            while (end < path.Length && LengthOfSeparator(path, end) == 0)
            {
                end++;
            }

            var segment = path.AsSpan(at, end - at);

            // At the beginning whatever follows is one; elsewhere, where it may be somebody's name, what is as long as a key.
            if ((isBehind && (leading || segment.Length >= KeyLength)) || (leading && number > 1 && segment.Length >= KeyLength))
            {
                (masked ??= new(path.Length)).Append(path, copied, at - copied).Append(MaskedText.Mask);
                copied = end;
                isBehind = false;
            }
            else
            {
                isBehind = IsNamed(segment, prefixes);
                leading |= isBehind && number == 0;
            }

            number++;
            at = end;
        }

        return masked is null ? path : masked.Append(path, copied, path.Length - copied).ToString();
    }

    private static int LengthOfSeparator(string path, int at) =>
        path[at] == '/' ? 1 : string.Compare(path, at, "%2F", 0, 3, StringComparison.OrdinalIgnoreCase) == 0 ? 3 : 0;

    private static bool IsNamed(ReadOnlySpan<char> segment, IReadOnlyList<string> prefixes)
    {
        foreach (var prefix in prefixes)
        {
            if (segment.Equals(prefix.AsSpan().Trim('/'), StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
