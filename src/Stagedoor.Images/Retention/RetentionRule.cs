using System.Text.Json;
using System.Text.Json.Serialization;
using Stagedoor.Errors;
using Stagedoor.Http;

namespace Stagedoor.Images.Retention;

/// <summary>A rule as it is stored and shown.</summary>
internal sealed record RetentionRule(string Template, RetentionParams Params, IReadOnlyList<TagSelector> TagSelectors)
{
    /// <summary>Tags that were not moved for some days go.</summary>
    public const string ByDate = "date_rule";

    /// <summary>All but some tags go, those that were moved last stay.</summary>
    public const string ByNumber = "tag_rule";

    /// <summary>The stored text of rules.</summary>
    public static string Write(IReadOnlyList<RetentionRule> rules) => JsonSerializer.Serialize(rules, RetentionJson.Wire.IReadOnlyListRetentionRule);

    /// <summary>The rules of a stored text.</summary>
    /// <exception cref="ApiException">It is not what <see cref="Write"/> has written.</exception>
    public static IReadOnlyList<RetentionRule> Read(string text)
    {
        try
        {
            return JsonSerializer.Deserialize(text, RetentionJson.Wire.IReadOnlyListRetentionRule) is [{ Params: not null, TagSelectors: not null }] rules
                && RetentionPolicy.FindProblem(rules[0]) is null
                ? rules
                : throw new ApiException(ImagesCodes.JsonConversionFailed, "the stored retention rule is not one");
        }
        catch (JsonException e)
        {
            throw new ApiException(ImagesCodes.JsonConversionFailed, "the stored retention rule is not one", inner: e);
        }
    }
}

/// <summary>The number of a rule, as text: the one that its template asks for.</summary>
internal sealed record RetentionParams(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Days,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Num);

/// <summary>Tags that a rule leaves alone.</summary>
/// <param name="Kind"><c>label</c> for the tag of this name, <c>regexp</c> for those that the expression matches anywhere.</param>
/// <param name="Pattern">The name or the expression.</param>
internal sealed record TagSelector(string Kind, string Pattern);
