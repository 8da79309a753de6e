namespace Stagedoor.Images;

/// <summary>The grammar that names of organizations and repositories share: letters and digits, joined by separators of one kind at a time.</summary>
internal static class NameRule
{
    /// <summary>Letters and digits joined by <c>.</c>, one or two <c>_</c>, any number of <c>-</c>, and <c>/</c> where allowed.</summary>
    public static bool Matches(ReadOnlySpan<char> name, int maxLength, bool slashes)
    {
        if (name.IsEmpty || name.Length > maxLength || !char.IsAsciiLetterLower(name[^1]) && !char.IsAsciiDigit(name[^1]))
        {
            return false;
        }

        var previous = '/';
        var run = 0;
        foreach (var c in name)
        {
            if (char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c))
            {
                run = 0;
            }
            else
            {
                run = c == previous ? run + 1 : 1;
                var first = !char.IsAsciiLetterLower(previous) && !char.IsAsciiDigit(previous);
                var known = c switch
                {
                    '.' => run == 1,
                    '_' => run <= 2,
                    '-' => true,
                    '/' => slashes && run == 1,
                    _ => false,
                };
                if (!known || (first && c != previous) || (first && run == 1))
                {
                    return false;
                }
            }

            previous = c;
        }

        return true;
    }
}
