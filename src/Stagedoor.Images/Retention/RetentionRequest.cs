using System.Text.Json;
using System.Text.Json.Serialization;
using Stagedoor.Http.Describing;

namespace Stagedoor.Images.Retention;

/// <summary>A rule as requests write it.</summary>
internal sealed record RetentionRequest(string? Algorithm, IReadOnlyList<RetentionRequest.Rule?>? Rules)
{
    public const string Algorithms = "or";

    private const string NumberSchema = """{"type":["string","integer"]}""";

    /// <summary>The rule, well formed.</summary>
    /// <exception cref="Http.ApiException">It is not.</exception>
    public IReadOnlyList<RetentionRule> Read()
    {
        var algorithm = Required("algorithm", Algorithm);
        var rules = Rules ?? throw ImagesError.RequiredParameterMissing("rules");
        if (algorithm is not Algorithms)
        {
            throw ImagesError.InvalidParameter($"algorithm={Text.Cut(Text.Repair(algorithm), 100)}; it is {Algorithms}");
        }

        var rule = rules is [{ } one] ? Read(one) : throw ImagesError.InvalidParameter("rules has exactly one entry");
        return RetentionPolicy.FindProblem(rule) is { } problem ? throw ImagesError.InvalidParameter(problem) : [rule];
    }

    private static RetentionRule Read(Rule rule)
    {
        var template = Required("template", rule.Template);
        var numbers = rule.Params ?? throw ImagesError.RequiredParameterMissing("params");
        var selectors = rule.TagSelectors ?? throw ImagesError.RequiredParameterMissing("tag_selectors");
        return new(
            template,
            new(template is RetentionRule.ByDate ? Number(numbers.Days) : null, template is RetentionRule.ByNumber ? Number(numbers.Num) : null),
            [.. selectors.Select(static s => new TagSelector(Required("kind", s?.Kind), Required("pattern", s?.Pattern)))]);
    }

    private static string Required(string name, string? text) => string.IsNullOrEmpty(text) ? throw ImagesError.RequiredParameterMissing(name) : text;

    // As clients in several languages send it, and without zeros before it.
    private static string? Number(JsonElement? element) => (element switch
    {
        { ValueKind: JsonValueKind.String } text => text.GetString(),
        { ValueKind: JsonValueKind.Number } number => number.GetRawText(),
        _ => null,
    })?.TrimStart('0');

    /// <summary>One rule.</summary>
    internal sealed record Rule(string? Template, Numbers? Params, [property: JsonPropertyName("tag_selectors")] IReadOnlyList<Selector?>? TagSelectors);

    /// <summary>Its number.</summary>
    internal sealed record Numbers([property: Schema(NumberSchema)] JsonElement? Days, [property: Schema(NumberSchema)] JsonElement? Num);

    /// <summary>Tags that it leaves alone.</summary>
    internal sealed record Selector(string? Kind, string? Pattern);
}
