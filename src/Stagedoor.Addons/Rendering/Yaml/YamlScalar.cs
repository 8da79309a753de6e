using System.Globalization;
using System.Text.RegularExpressions;
using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Rendering.Yaml;

/// <summary>What a scalar without quotes is to Helm's YAML parser, which keeps to YAML 1.1: <c>yes</c> is true and <c>0777</c> is octal.</summary>
internal static partial class YamlScalar
{
    /// <summary>The kinds of value.</summary>
    internal enum Kind
    {
        Text,
        Null,
        Bool,
        Integer,
        Float,
        Time,
        Merge,
    }

    /// <summary>Resolves a plain scalar: <c>long</c>, <c>ulong</c>, <c>double</c>, <c>bool</c>, <c>null</c>, or the text itself.</summary>
    public static (Kind Kind, object? Value) Resolve(string text)
    {
        if (text.Length == 0)
        {
            return (Kind.Null, null);
        }

        switch (text)
        {
            case "y" or "Y" or "yes" or "Yes" or "YES" or "true" or "True" or "TRUE" or "on" or "On" or "ON":
                return (Kind.Bool, true);
            case "n" or "N" or "no" or "No" or "NO" or "false" or "False" or "FALSE" or "off" or "Off" or "OFF":
                return (Kind.Bool, false);
            case "~" or "null" or "Null" or "NULL":
                return (Kind.Null, null);
            case ".nan" or ".NaN" or ".NAN":
                return (Kind.Float, double.NaN);
            case ".inf" or ".Inf" or ".INF" or "+.inf" or "+.Inf" or "+.INF":
                return (Kind.Float, double.PositiveInfinity);
            case "-.inf" or "-.Inf" or "-.INF":
                return (Kind.Float, double.NegativeInfinity);
            case "<<":
                return (Kind.Merge, text);
        }

        if (text[0] is '+' or '-' or '.' || char.IsAsciiDigit(text[0]))
        {
            return Number(text);
        }

        return (Kind.Text, text);
    }

    /// <summary>Whether an older YAML would take it for a number with colons, 1:30.</summary>
    public static bool IsSexagesimal(string text) => text.Contains(':', StringComparison.Ordinal) && Sexagesimal().IsMatch(text);

    private static (Kind Kind, object? Value) Number(string text)
    {
        if (text[0] != '.')
        {
            if (char.IsAsciiDigit(text[0]) && IsTime(text))
            {
                return (Kind.Time, text);
            }

            var plain = text.Replace("_", "", StringComparison.Ordinal);
            if (GoNumber.TryParseInteger(plain, out var integer))
            {
                return (Kind.Integer, integer);
            }

            if (GoNumber.TryParseUnsigned(plain, out var unsigned))
            {
                return (Kind.Integer, unsigned);
            }

            if (plain.Length > 3 && plain.StartsWith("-0b", StringComparison.Ordinal) && GoNumber.TryParseInteger("-0b" + plain[3..], out integer))
            {
                return (Kind.Integer, integer);
            }

            if (Float().IsMatch(plain) && GoNumber.TryParseFloat(plain, out var number))
            {
                return (Kind.Float, number);
            }
        }
        else if (Float().IsMatch(text.Replace("_", "", StringComparison.Ordinal)) && GoNumber.TryParseFloat(text.Replace("_", "", StringComparison.Ordinal), out var number))
        {
            return (Kind.Float, number);
        }

        return (Kind.Text, text);
    }

    private static bool IsTime(string text) => text.Length >= 8 && text[4] == '-' && Time().Match(text) is { Success: true } match
        && DateTime.TryParseExact(
            $"{match.Groups[1].Value}-{match.Groups[2].Value.PadLeft(2, '0')}-{match.Groups[3].Value.PadLeft(2, '0')}",
            "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _);

    [GeneratedRegex(@"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\z", RegexOptions.NonBacktracking)]
    private static partial Regex Float();

    [GeneratedRegex(@"^[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?\z", RegexOptions.NonBacktracking)]
    private static partial Regex Sexagesimal();

    [GeneratedRegex(@"^([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(([Tt]| )[0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}(\.[0-9]+)?( ?(Z|[-+][0-9]{2}(:[0-9]{2})?))?)?\z", RegexOptions.NonBacktracking)]
    private static partial Regex Time();
}
