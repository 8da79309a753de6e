using System.Text;

namespace Stagedoor.Addons.Rendering.Yaml;

/// <summary>The order of the keys of a map in YAML: letters after everything else, and a run of digits by its number, so that a2 is before a10.</summary>
internal static class NaturalOrder
{
    public static int Compare(string left, string right)
    {
        Rune[] a = [.. left.EnumerateRunes()];
        Rune[] b = [.. right.EnumerateRunes()];
        var common = Math.Min(a.Length, b.Length);
        for (var i = 0; i < common; i++)
        {
            if (a[i] != b[i])
            {
                return CompareAt(a, b, i);
            }
        }

        return a.Length.CompareTo(b.Length);
    }

    private static int CompareAt(Rune[] a, Rune[] b, int at)
    {
        var (isLetter, isOtherLetter) = (Rune.IsLetter(a[at]), Rune.IsLetter(b[at]));
        if (isLetter || isOtherLetter)
        {
            return isLetter == isOtherLetter ? a[at].CompareTo(b[at]) : isOtherLetter ? -1 : 1;
        }

        // A zero inside a number counts as a digit of it, and one that leads it does not.
        var inNumber = (a[at].Value == '0' || b[at].Value == '0') && FollowsDigit(a, at);
        var (number, end) = Number(a, at, inNumber);
        var (other, otherEnd) = Number(b, at, inNumber);
        return number != other ? number.CompareTo(other) : end != otherEnd ? end.CompareTo(otherEnd) : a[at].CompareTo(b[at]);
    }

    private static bool FollowsDigit(Rune[] text, int at)
    {
        for (var i = at - 1; i >= 0 && Rune.IsDigit(text[i]); i--)
        {
            if (text[i].Value != '0')
            {
                return true;
            }
        }

        return false;
    }

    private static (long Number, int End) Number(Rune[] text, int at, bool inNumber)
    {
        var number = inNumber ? 1L : 0L;
        for (; at < text.Length && Rune.IsDigit(text[at]); at++)
        {
            number = unchecked((number * 10) + (text[at].Value - '0'));
        }

        return (number, at);
    }
}
