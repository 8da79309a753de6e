using System.Text.RegularExpressions;

namespace Stagedoor.Addons.Charts;

/// <summary>
/// The versions that a constraint such as <c>&gt;=1.19-0 &lt;2 || ~3.1</c> takes in. A version before a release is taken only by a constraint that names one.
/// </summary>
internal sealed partial class VersionRange
{
    private readonly List<List<Constraint>> _alternatives;

    private VersionRange(List<List<Constraint>> alternatives) => _alternatives = alternatives;

    public static VersionRange? Parse(string text)
    {
        var alternatives = new List<List<Constraint>>();
        foreach (var part in text.Split("||"))
        {
            var all = new List<Constraint>();
            var rest = Hyphen().Replace(part, ">=$1 <=$2").Trim();
            while (rest.Length > 0)
            {
                var match = One().Match(rest);
                if (!match.Success || Constraint.Of(match.Groups[1].Value, match.Groups[2].Value) is not { } constraint)
                {
                    return null;
                }

                all.Add(constraint);
                rest = rest[match.Length..].TrimStart(' ', ',', '\t');
            }

            if (all.Count == 0)
            {
                return null;
            }

            alternatives.Add(all);
        }

        return new(alternatives);
    }

    public bool Contains(ChartVersion version) => _alternatives.Exists(all => all.TrueForAll(c => c.Contains(version)));

    [GeneratedRegex(@"([0-9vVxX\*][^\s,]*)\s+-\s+([0-9vVxX\*][^\s,]*)", RegexOptions.NonBacktracking)]
    private static partial Regex Hyphen();

    [GeneratedRegex(@"^(=|!=|>|<|>=|=>|<=|=<|~|~>|\^|)\s*([0-9vxX\*][0-9A-Za-z\.\-\+\*]*)", RegexOptions.NonBacktracking)]
    private static partial Regex One();

    // What is not written of the version: nothing, the patch, the minor and the patch, or all.
    private sealed record Constraint(string Operator, ChartVersion Version, int Written)
    {
        public static Constraint? Of(string op, string text)
        {
            var core = text.TrimStart('v');
            var end = core.AsSpan().IndexOfAny("-+");
            var suffix = end < 0 ? "" : core[end..];
            var parts = (end < 0 ? core : core[..end]).Split('.');
            if (parts.Length > 3)
            {
                return null;
            }

            var wild = Array.FindIndex(parts, static p => p is "x" or "X" or "*");
            var written = wild < 0 ? parts.Length : wild;
            if (Array.Exists(parts[..written], static p => p.Length == 0 || p.Any(static c => !char.IsAsciiDigit(c))))
            {
                return null;
            }

            var full = string.Join('.', parts.Take(written).Concat(["0", "0", "0"]).Take(3)) + suffix;
            return ChartVersion.Parse(full) is { } version ? new(op, version, written) : null;
        }

        public bool Contains(ChartVersion version)
        {
            if (version.Prerelease.Length > 0 && Version.Prerelease.Length == 0)
            {
                return false;
            }

            var order = version.CompareTo(Version);
            return Operator switch
            {
                "" or "=" => Written == 3 ? order == 0 : IsWithin(version, Written),
                "!=" => Written == 3 ? order != 0 : !IsWithin(version, Written),
                ">" => Written == 3 ? order > 0 : order > 0 && !IsWithin(version, Written),
                "<" => order < 0,
                ">=" or "=>" => order >= 0,
                "<=" or "=<" => Written == 3 ? order <= 0 : order <= 0 || IsWithin(version, Written),
                "~" or "~>" => order >= 0 && IsWithin(version, Math.Min(Written, 2)),
                _ => order >= 0 && IsCompatible(version),
            };
        }

        private bool IsWithin(ChartVersion version, int parts) => parts < 1 || (version.Major == Version.Major
            && (parts < 2 || (version.Minor == Version.Minor && (parts < 3 || version.Patch == Version.Patch))));

        // The first part that is not 0 must not change.
        private bool IsCompatible(ChartVersion version) =>
            Version.Major > 0 || Written < 2 ? IsWithin(version, Math.Min(Written, 1))
            : Version.Minor > 0 || Written < 3 ? IsWithin(version, 2)
            : IsWithin(version, 3);
    }
}
