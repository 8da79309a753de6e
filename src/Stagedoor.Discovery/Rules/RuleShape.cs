using Stagedoor.Discovery.Model;
using Stagedoor.Http;

namespace Stagedoor.Discovery.Rules;

/// <summary>What a rule must look like.</summary>
internal static class RuleShape
{
    /// <summary>The most rules that a request may bring.</summary>
    public const int MaxRules = 100;

    private const int MaxPattern = 64;
    private const int MaxDescription = 256;
    private const string TagPrefix = "tag_";
    private static readonly string[] s_attributes = ["ServiceId", "AppId", "ServiceName", "Version", "Description", "Level", "Status"];

    /// <summary>The rule with nothing in it but what callers decide, without anything empty.</summary>
    /// <exception cref="ApiException">A member is not allowed; the detail names it.</exception>
    public static Rule Complete(Rule? sent)
    {
        Require(sent is not null, "rules", "objects, none of them null");
        Require(sent!.RuleType is "WHITE" or "BLACK", "ruleType", "WHITE or BLACK");
        Require(IsAttribute(sent.Attribute), "attribute", $"tag_ and the key of a tag, or one of {string.Join(", ", s_attributes)}");
        Require(IsPattern(sent.Pattern), "pattern", $"a regular expression of 1 to {MaxPattern} characters, without what needs backtracking");
        Require(sent.Description is null || Names.Length(sent.Description) <= MaxDescription, "description", $"at most {MaxDescription} characters");
        return new()
        {
            RuleType = sent.RuleType,
            Attribute = sent.Attribute,
            Pattern = sent.Pattern,
            Description = Texts.OrNull(sent.Description),
        };
    }

    private static bool IsAttribute(string? attribute) =>
        s_attributes.Contains(attribute, StringComparer.Ordinal)
        || (attribute is not null && attribute.StartsWith(TagPrefix, StringComparison.Ordinal) && Names.IsTagPart(attribute[TagPrefix.Length..]));

    private static bool IsPattern(string? pattern)
    {
        if (string.IsNullOrEmpty(pattern) || Names.Length(pattern) > MaxPattern)
        {
            return false;
        }

        try
        {
            CompiledRule.Compile(pattern);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static void Require(bool condition, string field, string rule)
    {
        if (!condition)
        {
            throw DiscoveryError.Invalid(field, rule);
        }
    }
}
