using System.Buffers;
using System.IO.Enumeration;
using System.Text;

namespace Stagedoor.Tracing.Model;

/// <summary>A rule of a service's own for the names of its transactions, as <c>GET,POST_/cart/{user}</c> or <c>ALL_/rest/**</c>.</summary>
/// <remarks><c>?</c> stands for one character, <c>*</c> for any inside of a segment, <c>{x}</c> for a segment, <c>**</c> for any number of them.</remarks>
internal sealed class TransactionRule
{
    private const int MaxPattern = 50;

    private static readonly SearchValues<char> s_pattern = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789?*|={}&/");

    private readonly string[] _methods;
    private readonly string _pattern;
    private readonly string[] _segments;

    private TransactionRule(string[] methods, string pattern)
    {
        _methods = methods;
        _pattern = pattern;
        _segments = Array.ConvertAll(pattern[1..].Split('/'), Expression);
    }

    /// <summary>Reads a rule; null when it is none.</summary>
    public static TransactionRule? Parse(string text)
    {
        var underscore = text.IndexOf('_', StringComparison.Ordinal);
        if (underscore <= 0)
        {
            return null;
        }

        var methods = text[..underscore].Split(',');
        var pattern = text[(underscore + 1)..];
        return pattern.Length is > 1 and <= MaxPattern
            && pattern[0] == '/'
            && pattern[^1] != '/'
            && !pattern.AsSpan().ContainsAnyExcept(s_pattern)
            && !pattern.Contains("//", StringComparison.Ordinal)
            && (methods is ["ALL"] || Array.TrueForAll(methods, static m => new HttpTransaction { Method = m }.Verb is not "OTHER" and var verb && string.Equals(m, verb, StringComparison.Ordinal)))
            ? new(methods, pattern)
            : null;
    }

    /// <summary>The name by this rule; null when it does not match.</summary>
    /// <param name="verb">The method as names begin with it.</param>
    /// <param name="path">The path as it was sent.</param>
    public string? Name(string verb, string path)
    {
        if (_methods is not ["ALL"] && Array.IndexOf(_methods, verb) < 0)
        {
            return null;
        }

        var end = path.AsSpan().IndexOfAny('?', '#');
        var segments = (end < 0 ? path : path[..end]).Trim('/').Split('/');
        return Matches(segments) ? $"{verb}_{_pattern}" : null;
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
