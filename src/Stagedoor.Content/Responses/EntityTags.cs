namespace Stagedoor.Content.Responses;

/// <summary>Compares lists of entity tags with a digest.</summary>
public static class EntityTags
{
    /// <summary>The comparison of <c>If-None-Match</c>, to which weak tags are as good as others (RFC 9110 section 13.1.2).</summary>
    public static bool Match(ReadOnlySpan<char> header, ReadOnlySpan<char> digest) => Match(header, digest, weak: true);

    /// <summary>The comparison of <c>If-Match</c> and <c>If-Range</c>, to which weak tags are none (RFC 9110 section 13.1.1).</summary>
    public static bool MatchStrongly(ReadOnlySpan<char> header, ReadOnlySpan<char> digest) => Match(header, digest, weak: false);

    private static bool Match(ReadOnlySpan<char> header, ReadOnlySpan<char> digest, bool weak)
    {
        foreach (var range in header.Split(','))
        {
            var tag = header[range].Trim();
            if (weak && tag.StartsWith("W/"))
            {
                tag = tag[2..];
            }

            if (tag is "*" || tag.Trim('"').SequenceEqual(digest))
            {
                return true;
            }
        }

        return false;
    }
}
