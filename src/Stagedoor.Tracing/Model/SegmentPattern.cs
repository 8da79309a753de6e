using System.IO.Enumeration;
using System.Text;

namespace Stagedoor.Tracing.Model;

/// <summary>A pattern of paths, as <c>/cart/{user}</c> or <c>/rest/**</c>.</summary>
/// <param name="pattern">The pattern, which begins with <c>/</c>.</param>
/// <remarks><c>?</c> stands for one character, <c>*</c> for any inside of a segment, <c>{x}</c> for a segment, <c>**</c> for any number of them.</remarks>
internal sealed class SegmentPattern(string pattern)
{
    private readonly string[] _segments = Array.ConvertAll(pattern.Trim('/').Split('/'), Expression);

    /// <summary>Whether a path is of the pattern; a query or a fragment behind it does not count.</summary>
    public bool Fits(string path)
    {
        var end = path.AsSpan().IndexOfAny('?', '#');
        return Matches((end < 0 ? path : path[..end]).Trim('/').Split('/'));
    }

    // In as many steps as the product of both lengths, whatever the pattern: the last "**" is tried again with one segment more.
    private bool Matches(string[] path)
    {
        var (at, of, star, after) = (0, 0, -1, 0);
        while (at < path.Length)
        {
            if (of < _segments.Length && _segments[of] is "**")
            {
                (star, after) = (of++, at);
            }
            else if (of < _segments.Length && FileSystemName.MatchesSimpleExpression(_segments[of], path[at], ignoreCase: false))
            {
                (at, of) = (at + 1, of + 1);
            }
            else if (star >= 0)
            {
                (at, of) = (++after, star + 1);
            }
            else
            {
                return false;
            }
        }

        while (of < _segments.Length && _segments[of] is "**")
        {
            of++;
        }

        return of == _segments.Length;
    }

    // A name in braces is one character at least.
    private static string Expression(string segment)
    {
        var expression = new StringBuilder(segment.Length);
        var rest = segment.AsSpan();
        while (rest.IndexOf('{') is >= 0 and var open && rest[open..].IndexOf('}') is >= 0 and var length)
        {
            expression.Append(rest[..open]).Append("?*");
            rest = rest[(open + length + 1)..];
        }

        return expression.Append(rest).ToString();
    }
}
