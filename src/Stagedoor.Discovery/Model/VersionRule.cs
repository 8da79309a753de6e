using System.Diagnostics.CodeAnalysis;

namespace Stagedoor.Discovery.Model;

/// <summary>Which versions of a microservice are meant: one, one and newer, a range without its end, or the latest.</summary>
internal sealed class VersionRule
{
    private const int MaxLength = 129;
    private const string LatestText = "latest";

    private readonly Kind _kind;
    private readonly ServiceVersion _from;
    private readonly ServiceVersion _to;

    private VersionRule(string text, Kind kind, ServiceVersion from = default, ServiceVersion to = default) =>
        (Text, _kind, _from, _to) = (text, kind, from, to);

    private enum Kind
    {
        Exact,
        AtLeast,
        Range,
        Latest,
    }

    /// <summary>What a request that names no version means.</summary>
    public static VersionRule Any { get; } = Parse("0+");

    /// <summary>The rule as it was written.</summary>
    public string Text { get; }

    /// <summary>The rule names one version and nothing else.</summary>
    public bool IsExact => _kind is Kind.Exact;

    /// <summary>Only the highest registered version counts, whatever it is.</summary>
    public bool IsLatest => _kind is Kind.Latest;

    /// <summary>Undoes what clients do to a rule: a doubly encoded plus sign, and a plus sign that a form decoder took for a blank.</summary>
    /// <param name="text">The query value after one decoding; null and empty mean any version.</param>
    public static string Normalize(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return Any.Text;
        }

        var plain = text.Replace("%2B", "+", StringComparison.OrdinalIgnoreCase);
        return plain.EndsWith(' ') ? string.Concat(plain.AsSpan(0, plain.Length - 1), "+") : plain;
    }

    public static VersionRule Parse(string text) =>
        TryParse(text, out var rule) ? rule : throw new FormatException($"'{text}' is no version rule.");

    public static bool TryParse(string text, [NotNullWhen(true)] out VersionRule? rule)
    {
        rule = null;
        if (text.Length is 0 or > MaxLength)
        {
            return false;
        }

        if (string.Equals(text, LatestText, StringComparison.Ordinal))
        {
            rule = new(text, Kind.Latest);
        }
        else if (text.EndsWith('+'))
        {
            rule = ServiceVersion.TryParse(text.AsSpan(0, text.Length - 1), out var from) ? new(text, Kind.AtLeast, from) : null;
        }
        else if (text.IndexOf('-', StringComparison.Ordinal) is > 0 and var dash)
        {
            rule = ServiceVersion.TryParse(text.AsSpan(0, dash), out var from) && ServiceVersion.TryParse(text.AsSpan(dash + 1), out var to)
                ? from <= to ? new(text, Kind.Range, from, to) : new(text, Kind.Range, to, from)
                : null;
        }
        else
        {
            rule = ServiceVersion.TryParse(text, out var only) ? new(text, Kind.Exact, only) : null;
        }

        return rule is not null;
    }

    /// <summary>Whether a version is meant.</summary>
    /// <param name="text">The version as registered.</param>
    /// <param name="version">The same, parsed.</param>
    /// <param name="highest">The highest version that is registered.</param>
    public bool Matches(string text, ServiceVersion version, ServiceVersion highest) => _kind switch
    {
        Kind.Exact => string.Equals(text, Text, StringComparison.Ordinal),
        Kind.AtLeast => version >= _from,
        Kind.Range => version >= _from && version < _to,
        _ => version == highest,
    };

    public override string ToString() => Text;
}
