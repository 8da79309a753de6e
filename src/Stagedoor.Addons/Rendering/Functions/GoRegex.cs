using System.Collections.Concurrent;
using System.Text;
using System.Text.RegularExpressions;

namespace Stagedoor.Addons.Rendering.Functions;

/// <summary>Go's regular expressions on .NET's engine that does not backtrack: the same syntax as far as charts write it, and time that grows with the text alone.</summary>
internal sealed class GoRegex
{
    private const int MaxCached = 500;
    private static readonly ConcurrentDictionary<string, GoRegex> s_cache = new(StringComparer.Ordinal);

    private readonly Regex _regex;

    private GoRegex(Regex regex) => _regex = regex;

    /// <summary>Compiles; the failure is told as Go's compiler tells it.</summary>
    public static GoRegex Compile(string pattern)
    {
        if (s_cache.TryGetValue(pattern, out var cached))
        {
            return cached;
        }

        try
        {
            var regex = new GoRegex(new(Translate(pattern), RegexOptions.NonBacktracking | RegexOptions.CultureInvariant));
            if (s_cache.Count < MaxCached)
            {
                s_cache.TryAdd(pattern, regex);
            }

            return regex;
        }
        catch (RegexParseException e)
        {
            throw new FunctionException("error parsing regexp: " + e.Error switch
            {
                RegexParseError.InsufficientClosingParentheses => $"missing closing ): `{pattern}`",
                RegexParseError.InsufficientOpeningParentheses => $"unexpected ): `{pattern}`",
                RegexParseError.UnterminatedBracket => $"missing closing ]: `{pattern[pattern.IndexOf('[', StringComparison.Ordinal)..]}`",
                RegexParseError.QuantifierAfterNothing => $"missing argument to repetition operator: `{pattern[Math.Clamp(e.Offset - 1, 0, pattern.Length - 1)]}`",
                _ => $"`{pattern}`: {e.Message}",
            });
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            throw new FunctionException($"error parsing regexp: `{pattern}`: {e.Message}");
        }
    }

    public bool IsMatch(string text) => _regex.IsMatch(text);

    /// <summary>The first match, or nothing.</summary>
    public string Find(string text) => _regex.Match(text).Value;

    /// <summary>The matches that do not overlap; an empty one directly behind another counts for nothing.</summary>
    public List<Match> All(string text, long most)
    {
        var matches = new List<Match>();
        var end = -1;
        for (var match = _regex.Match(text); match.Success && (most < 0 || matches.Count < most); match = match.NextMatch())
        {
            if (match.Length > 0 || match.Index != end)
            {
                matches.Add(match);
            }

            end = match.Index + match.Length;
        }

        return matches;
    }

    /// <summary>Replaces every match; <c>$1</c> and <c>${name}</c> stand for groups unless the text is literal.</summary>
    public string Replace(string text, string with, bool isLiteral)
    {
        var replaced = new StringBuilder();
        var at = 0;
        foreach (var match in All(text, -1))
        {
            replaced.Append(text, at, match.Index - at);
            if (isLiteral)
            {
                replaced.Append(with);
            }
            else
            {
                Expand(with, match, replaced);
            }

            at = match.Index + match.Length;
        }

        return replaced.Append(text, at, text.Length - at).ToString();
    }

    private static void Expand(string template, Match match, StringBuilder into)
    {
        for (var i = 0; i < template.Length; i++)
        {
            if (template[i] != '$' || i + 1 == template.Length)
            {
                into.Append(template[i]);
                continue;
            }

            if (template[i + 1] == '$')
            {
                into.Append('$');
                i++;
                continue;
            }

            var braces = template[i + 1] == '{';
            var start = i + (braces ? 2 : 1);
            var end = start;
            while (end < template.Length && (char.IsLetterOrDigit(template[end]) || template[end] == '_'))
            {
                end++;
            }

            if (end == start || (braces && (end == template.Length || template[end] != '}')))
            {
                into.Append('$');
                continue;
            }

            into.Append(match.Groups[template[start..end]].Value);
            i = braces ? end : end - 1;
        }
    }

    private static string Translate(string pattern)
    {
        var translated = new StringBuilder(pattern.Length);
        var isMultiline = IsMultiline(pattern);
        var inClass = false;
        for (var i = 0; i < pattern.Length; i++)
        {
            var c = pattern[i];
            if (c == '\\' && i + 1 < pattern.Length)
            {
                i = TranslateEscape(pattern, i, inClass, translated);
            }
            else if (inClass)
            {
                if (c == '[' && i + 1 < pattern.Length && pattern[i + 1] == ':' && pattern.IndexOf(":]", i, StringComparison.Ordinal) is > 0 and var close)
                {
                    translated.Append(Posix(pattern[(i + 2)..close]));
                    i = close + 1;
                    continue;
                }

                inClass = c != ']';
                // A bracket inside a class would begin a subtraction after a hyphen.
                translated.Append(c == '[' ? "\\[" : c.ToString());
            }
            else if (c == '[')
            {
                inClass = true;
                translated.Append(c);
                if (i + 1 < pattern.Length && pattern[i + 1] == '^')
                {
                    translated.Append(pattern[++i]);
                }

                if (i + 1 < pattern.Length && pattern[i + 1] == ']')
                {
                    translated.Append("\\]");
                    i++;
                }
            }
            else if (c == '$' && !isMultiline)
            {
                // .NET's $ also matches before a last line end.
                translated.Append("\\z");
            }
            else if (c == '(' && string.CompareOrdinal(pattern, i, "(?P<", 0, 4) == 0)
            {
                translated.Append("(?<");
                i += 3;
            }
            else
            {
                translated.Append(c);
            }
        }

        return translated.ToString();
    }

    private static bool IsMultiline(string pattern)
    {
        for (var at = pattern.IndexOf("(?", StringComparison.Ordinal); at >= 0; at = pattern.IndexOf("(?", at + 2, StringComparison.Ordinal))
        {
            for (var i = at + 2; i < pattern.Length && pattern[i] is 'i' or 's' or 'm' or 'U'; i++)
            {
                if (pattern[i] == 'm')
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static int TranslateEscape(string pattern, int at, bool inClass, StringBuilder translated)
    {
        var c = pattern[at + 1];
        switch (c)
        {
            case 'd' or 'w' or 's':
                var set = c switch { 'd' => "0-9", 'w' => "0-9A-Za-z_", _ => "\\t\\n\\f\\r " };
                translated.Append(inClass ? set : $"[{set}]");
                return at + 1;
            case 'D' or 'W' or 'S' when !inClass:
                translated.Append(c switch { 'D' => "[^0-9]", 'W' => "[^0-9A-Za-z_]", _ => "[^\\t\\n\\f\\r ]" });
                return at + 1;
            case 'Q':
                var end = pattern.IndexOf("\\E", at, StringComparison.Ordinal);
                translated.Append(Regex.Escape(pattern[(at + 2)..(end < 0 ? pattern.Length : end)]));
                return end < 0 ? pattern.Length : end + 1;
            case 'p' or 'P' when at + 2 < pattern.Length && pattern[at + 2] != '{':
                translated.Append('\\').Append(c).Append('{').Append(pattern[at + 2]).Append('}');
                return at + 2;
            case 'x' when at + 2 < pattern.Length && pattern[at + 2] == '{' && pattern.IndexOf('}', at) is > 0 and var close
                && int.TryParse(pattern.AsSpan(at + 3, close - at - 3), System.Globalization.NumberStyles.AllowHexSpecifier, null, out var value) && Rune.IsValid(value):
                translated.Append(Regex.Escape(new Rune(value).ToString()));
                return close;
            default:
                translated.Append('\\').Append(c);
                return at + 1;
        }
    }

    private static string Posix(string name) => name switch
    {
        "alnum" => "0-9A-Za-z",
        "alpha" => "A-Za-z",
        "ascii" => "\\x00-\\x7F",
        "blank" => "\\t ",
        "cntrl" => "\\x00-\\x1F\\x7F",
        "digit" => "0-9",
        "graph" => "!-~",
        "lower" => "a-z",
        "print" => " -~",
        "punct" => "!-/:-@\\[-`{-~",
        "space" => "\\t\\n\\v\\f\\r ",
        "upper" => "A-Z",
        "word" => "0-9A-Za-z_",
        "xdigit" => "0-9A-Fa-f",
        _ => throw new ArgumentException($"invalid character class range: `[:{name}:]`", nameof(name)),
    };
}
