using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Json.Schema;

namespace Stagedoor.Addons.Charts;

/// <summary>Reads the text of a schema. Its patterns are those of whoever made the chart: none of them may take longer than the text is long.</summary>
internal static class SchemaText
{
    private static readonly IKeywordHandler[] s_own = [new LinearPattern()];
    private static readonly Dialect s_draft6 = Dialect.Draft06.With(s_own);
    private static readonly Dialect s_draft7 = Dialect.Draft07.With(s_own);
    private static readonly Dialect s_draft2019 = Dialect.Draft201909.With(s_own);
    private static readonly Dialect s_draft2020 = Dialect.Draft202012.With(s_own);

    /// <summary>The schema of a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="names">The patterns for names of properties in it, which the library matches.</param>
    public static JsonSchema Read(string text, out IReadOnlyList<string> names)
    {
        var node = JsonNode.Parse(text.TrimStart('\uFEFF'));
        names = [.. Names(node)];
        var dialect = DialectOf(node);
        (node as JsonObject)?.Remove("$schema");
        return JsonSchema.FromText(node?.ToJsonString() ?? "null", new() { Dialect = dialect });
    }

    // Many charts name a dialect that there is not, such as "http://json-schema.org/schema#", or draft 4: Helm reads those as draft 7.
    private static Dialect DialectOf(JsonNode? node) => node is JsonObject schema && schema["$schema"] is JsonValue named
        ? named.ToString().TrimEnd('#').Replace("https://", "http://", StringComparison.Ordinal) switch
        {
            "http://json-schema.org/draft-06/schema" => s_draft6,
            "http://json-schema.org/draft/2019-09/schema" => s_draft2019,
            "http://json-schema.org/draft/2020-12/schema" => s_draft2020,
            _ => s_draft7,
        }
        : s_draft2020;

    private static IEnumerable<string> Names(JsonNode? node) => node switch
    {
        JsonObject map => map.SelectMany(static m => m is { Key: "patternProperties", Value: JsonObject patterns } ? patterns.Select(static p => p.Key).Concat(Names(patterns)) : Names(m.Value)),
        JsonArray list => list.SelectMany(Names),
        _ => [],
    };

    private sealed class LinearPattern : IKeywordHandler
    {
        // For what cannot be matched in one pass.
        private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(250);

        public string Name => "pattern";

        public object? ValidateKeywordValue(JsonElement value)
        {
            if (value.ValueKind is not JsonValueKind.String)
            {
                throw new JsonSchemaException("pattern has to be a text");
            }

            var pattern = value.GetString()!;
            try
            {
                return new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
            }
            catch (NotSupportedException)
            {
                return new Regex(pattern, RegexOptions.CultureInvariant, s_patience);
            }
        }

        public void BuildSubschemas(KeywordData keyword, BuildContext context)
        {
            // It has none.
        }

        public KeywordEvaluation Evaluate(KeywordData keyword, EvaluationContext context) => context.Instance.ValueKind is not JsonValueKind.String
            ? KeywordEvaluation.Ignore
            : ((Regex)keyword.Value!).IsMatch(context.Instance.GetString()!)
                ? new() { Keyword = Name, IsValid = true }
                : new() { Keyword = Name, IsValid = false, Error = $"The text does not match the pattern {keyword.RawValue.GetRawText()}" };
    }
}
