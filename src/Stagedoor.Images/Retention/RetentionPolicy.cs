using System.Globalization;
using System.Text.RegularExpressions;
using Stagedoor.Images.Tags;

namespace Stagedoor.Images.Retention;

/// <summary>A rule that can be applied.</summary>
internal sealed class RetentionPolicy
{
    public const int MaxDays = 365;
    public const int MaxNumber = 1000;
    public const int MaxSelectors = 100;
    public const int MaxPattern = 255;

    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(100);

    private readonly HashSet<string> _labels;
    private readonly Regex[] _expressions;

    private RetentionPolicy(RetentionRule rule)
    {
        Days = rule.Template is RetentionRule.ByDate ? Number(rule.Params.Days) : null;
        Kept = rule.Template is RetentionRule.ByNumber ? Number(rule.Params.Num) : null;
        _labels = rule.TagSelectors.Where(static s => s.Kind is "label").Select(static s => s.Pattern).ToHashSet(StringComparer.Ordinal);
        _expressions = [.. rule.TagSelectors.Where(static s => s.Kind is "regexp").Select(static s => Compile(s.Pattern)!)];
    }

    /// <summary>After how many days a tag goes that was not moved; null for the other kind of rule.</summary>
    public int? Days { get; }

    /// <summary>How many tags stay; null for the other kind of rule.</summary>
    public int? Kept { get; }

    /// <summary>The policy of a rule in which there is no problem.</summary>
    public static RetentionPolicy Of(RetentionRule rule) => new(rule);

    /// <summary>Why this is no rule; null when it is one.</summary>
    public static string? FindProblem(RetentionRule rule)
    {
        var (name, text, most) = rule.Template switch
        {
            RetentionRule.ByDate => ("days", rule.Params.Days, MaxDays),
            RetentionRule.ByNumber => ("num", rule.Params.Num, MaxNumber),
            _ => ("", null, 0),
        };
        return most == 0 ? $"template is {RetentionRule.ByDate} or {RetentionRule.ByNumber}"
            : Number(text) is not { } number || number < 1 || number > most ? $"params.{name} of a {rule.Template} is a whole number from 1 to {most}"
            : rule.TagSelectors.Count > MaxSelectors ? $"tag_selectors has more than {MaxSelectors} entries"
            : rule.TagSelectors.Select(FindProblem).FirstOrDefault(static p => p is not null);
    }

    /// <summary>What exempts a tag from the rule; null when nothing does.</summary>
    public string? FindExemption(string tag)
    {
        if (_labels.Contains(tag))
        {
            return $"exempt by the label {tag}";
        }

        try
        {
            return Array.Find(_expressions, e => e.IsMatch(tag)) is { } expression ? $"exempt by the regexp {expression}" : null;
        }
        catch (RegexMatchTimeoutException e)
        {
            // Nobody knows whether it is: then it stays.
            return $"the regexp {e.Pattern} took too long";
        }
    }

    private static string? FindProblem(TagSelector? selector) => selector switch
    {
        { Kind: "label", Pattern: { } tag } => TagName.IsValid(tag) ? null : "the pattern of a label is a tag",
        { Kind: "regexp", Pattern: { } pattern } => Compile(pattern) is null
            ? $"the pattern of a regexp is a regular expression of at most {MaxPattern} characters, without lookarounds and backreferences" : null,
        _ => "kind is label or regexp",
    };

    private static int? Number(string? text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static Regex? Compile(string pattern)
    {
        if (pattern.Length > MaxPattern || !Text.IsStorable(pattern))
        {
            return null;
        }

        try
        {
            return new(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, s_patience);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }
}
