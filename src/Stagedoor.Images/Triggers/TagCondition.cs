using System.Text.RegularExpressions;
using Stagedoor.Images.Tags;

namespace Stagedoor.Images.Triggers;

/// <summary>
/// Which tags a trigger is for: all, one, or those that a regular expression matches anywhere in them. Expressions are matched in linear time, so that
/// nobody's expression can hold up a push.
/// </summary>
internal sealed class TagCondition
{
    public const string All = "all";
    public const string Tag = "tag";
    public const string Regular = "regular";

    /// <summary>The condition of a trigger for all tags.</summary>
    public const string Everything = ".*";

    public const int MaxLength = 255;

    private const int MaxKept = 2000;

    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(100);

    // Making an expression takes longer than using it.
    private readonly CacheGeneration _generation;
    private readonly BoundedCache<string, Regex> _expressions;

    public TagCondition(TimeProvider clock)
    {
        _generation = new(clock);
        _expressions = new(_generation, MaxKept, TimeSpan.FromHours(1), keys: StringComparer.Ordinal);
    }

    /// <summary>Why this is no condition of this type; null when it is one.</summary>
    public static string? FindProblem(string type, string condition) => type switch
    {
        All => condition is Everything ? null : $"condition is {Everything} where trigger_type is {All}",
        Tag => TagName.IsValid(condition) ? null : $"condition is a tag where trigger_type is {Tag}",
        _ => IsExpression(condition) ? null : $"condition is a regular expression of at most {MaxLength} characters, without lookarounds and backreferences, where trigger_type is {Regular}",
    };

    /// <summary>Whether this can be matched in linear time.</summary>
    public static bool IsExpression(string text) => text.Length <= MaxLength && Text.IsStorable(text) && Compile(text) is not null;

    public bool Matches(string type, string condition, string tag) => type switch
    {
        All => true,
        Tag => string.Equals(condition, tag, StringComparison.Ordinal),
        _ => Matches(condition, tag),
    };

    /// <summary>Whether the expression matches anywhere in the tag.</summary>
    public bool Matches(string expression, string tag)
    {
        var regex = _expressions.Find(expression);
        if (regex is null)
        {
            var reading = _generation.Begin();
            regex = Compile(expression);
            if (regex is null)
            {
                return false;
            }

            _expressions.Keep(expression, regex, reading);
        }

        try
        {
            return regex.IsMatch(tag);
        }
        catch (RegexMatchTimeoutException)
        {
            return false;
        }
    }

    private static Regex? Compile(string expression)
    {
        try
        {
            return new(expression, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, s_patience);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }
}
