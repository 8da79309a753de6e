using System.Buffers;

namespace Stagedoor.Tracing.Model;

/// <summary>A rule of a service's own for the names of its transactions, as <c>GET,POST_/cart/{user}</c> or <c>ALL_/rest/**</c>.</summary>
/// <remarks><c>?</c> stands for one character, <c>*</c> for any inside of a segment, <c>{x}</c> for a segment, <c>**</c> for any number of them.</remarks>
internal sealed class TransactionRule
{
    private const int MaxPattern = 50;

    private static readonly SearchValues<char> s_pattern = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789?*|={}&/");

    private readonly string[] _methods;
    private readonly string _pattern;
    private readonly SegmentPattern _segments;

    private TransactionRule(string[] methods, string pattern)
    {
        _methods = methods;
        _pattern = pattern;
        _segments = new(pattern);
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
    public string? Name(string verb, string path) =>
        (_methods is ["ALL"] || Array.IndexOf(_methods, verb) >= 0) && _segments.Fits(path) ? $"{verb}_{_pattern}" : null;
}
