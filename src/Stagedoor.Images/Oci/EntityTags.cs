namespace Stagedoor.Images.Oci;

/// <summary>Compares <c>If-None-Match</c> with a digest (RFC 9110 section 13.1.2).</summary>
internal static class EntityTags
{
    public static bool Match(ReadOnlySpan<char> header, ReadOnlySpan<char> digest)
    {
        foreach (var range in header.Split(','))
        {
            var tag = header[range].Trim();
            if (tag.StartsWith("W/"))
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
