using System.Globalization;
using System.Text.RegularExpressions;
using Stagedoor.Addons.Rendering.Functions;
using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Charts;

/// <summary>A semantic version as charts write it: a leading <c>v</c> and missing parts are borne with.</summary>
internal sealed partial record ChartVersion(ulong Major, ulong Minor, ulong Patch, string Prerelease, string Metadata, string Original)
    : IGoObject, IComparable<ChartVersion>
{
    public string TypeName => "*semver.Version";

    public string Kind => "ptr";

    public static bool operator <(ChartVersion left, ChartVersion right) => left.CompareTo(right) < 0;

    public static bool operator <=(ChartVersion left, ChartVersion right) => left.CompareTo(right) <= 0;

    public static bool operator >(ChartVersion left, ChartVersion right) => left.CompareTo(right) > 0;

    public static bool operator >=(ChartVersion left, ChartVersion right) => left.CompareTo(right) >= 0;

    public static ChartVersion? Parse(string text)
    {
        var match = Pattern().Match(text);
        if (!match.Success || !TryNumber(match.Groups[1].Value, out var major) || !TryNumber(match.Groups[2].Value, out var minor)
            || !TryNumber(match.Groups[3].Value, out var patch))
        {
            return null;
        }

        var prerelease = match.Groups[4].Value;
        return prerelease.Split('.').Any(static p => p.Length > 1 && p[0] == '0' && p.All(char.IsAsciiDigit))
            ? null
            : new(major, minor, patch, prerelease, match.Groups[5].Value, text);
    }

    public int CompareTo(ChartVersion? other)
    {
        if (other is null)
        {
            return 1;
        }

        var numbers = (Major, Minor, Patch).CompareTo((other.Major, other.Minor, other.Patch));
        return numbers != 0 ? numbers : ComparePrerelease(Prerelease, other.Prerelease);
    }

    public bool TryField(string name, out object? value)
    {
        value = null;
        return false;
    }

    public GoFunction? FindMethod(string name) => name switch
    {
        "Major" => GoFunction.Constant(name, Major),
        "Minor" => GoFunction.Constant(name, Minor),
        "Patch" => GoFunction.Constant(name, Patch),
        "Prerelease" => GoFunction.Constant(name, Prerelease),
        "Metadata" => GoFunction.Constant(name, Metadata),
        "Original" => GoFunction.Constant(name, Original),
        "String" => GoFunction.Constant(name, Print()),
        "Compare" => new(name, "o", (_, a) => (nint)CompareTo(Other(a[0]))),
        "LessThan" => new(name, "o", (_, a) => CompareTo(Other(a[0])) < 0),
        "GreaterThan" => new(name, "o", (_, a) => CompareTo(Other(a[0])) > 0),
        "Equal" => new(name, "o", (_, a) => CompareTo(Other(a[0])) == 0),
        "IncMajor" => GoFunction.Constant(name, Of(Major + 1, 0, 0)),
        "IncMinor" => GoFunction.Constant(name, Of(Major, Minor + 1, 0)),
        "IncPatch" => GoFunction.Constant(name, Of(Major, Minor, Prerelease.Length > 0 ? Patch : Patch + 1)),
        _ => null,
    };

    public string Print() => string.Create(
        CultureInfo.InvariantCulture, $"{Major}.{Minor}.{Patch}{(Prerelease.Length > 0 ? "-" + Prerelease : "")}{(Metadata.Length > 0 ? "+" + Metadata : "")}");

    private static ChartVersion Of(ulong major, ulong minor, ulong patch)
    {
        var version = new ChartVersion(major, minor, patch, "", "", "");
        return version with { Original = version.Print() };
    }

    private static ChartVersion Other(object? value) => value as ChartVersion ?? throw new FunctionException("no version to compare with");

    private static bool TryNumber(string text, out ulong number)
    {
        number = 0;
        return text.Length == 0 || ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }

    private static int ComparePrerelease(string left, string right)
    {
        if (left.Length == 0 || right.Length == 0)
        {
            // One without is the later one.
            return (left.Length == 0 ? 1 : 0) - (right.Length == 0 ? 1 : 0);
        }

        var (a, b) = (left.Split('.'), right.Split('.'));
        for (var i = 0; i < Math.Min(a.Length, b.Length); i++)
        {
            var (isNumber, isOtherNumber) = (ulong.TryParse(a[i], NumberStyles.None, CultureInfo.InvariantCulture, out var x), ulong.TryParse(b[i], NumberStyles.None, CultureInfo.InvariantCulture, out var y));
            var order = isNumber && isOtherNumber ? x.CompareTo(y) : isNumber ? -1 : isOtherNumber ? 1 : Math.Sign(string.CompareOrdinal(a[i], b[i]));
            if (order != 0)
            {
                return order;
            }
        }

        return a.Length.CompareTo(b.Length);
    }

    [GeneratedRegex(@"^v?([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?(?:-([0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*))?(?:\+([0-9A-Za-z\-]+(?:\.[0-9A-Za-z\-]+)*))?\z", RegexOptions.NonBacktracking)]
    private static partial Regex Pattern();
}
