using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Json.Schema;

namespace Stagedoor.Testing;

/// <summary>An operation as its document describes it: what it may be asked and what it may answer.</summary>
internal sealed class DescribedOperation
{
    private static readonly EvaluationOptions s_all = new() { OutputFormat = OutputFormat.List };
    private readonly Dictionary<string, JsonNode?> _answers;
    private readonly Dictionary<string, JsonSchema?> _schemas = new(StringComparer.Ordinal);
    private readonly HashSet<string> _queries;
    private readonly JsonNode? _request;
    private readonly JsonNode? _requestExample;
    private readonly JsonObject _open;
    private readonly JsonObject _closed;
    private readonly Lock _gate = new();

    public DescribedOperation(string method, string path, JsonNode operation, JsonObject open, JsonObject closed)
    {
        (Method, Path, _open, _closed) = (method, path, open, closed);
        Name = operation["operationId"]?.GetValue<string>() ?? $"{method} {path}";
        _answers = operation["responses"]!.AsObject().ToDictionary(static r => r.Key, static r => r.Value, StringComparer.Ordinal);
        _queries = operation["parameters"]?.AsArray().Where(static p => p!["in"]!.GetValue<string>() is "query")
            .Select(static p => p!["name"]!.GetValue<string>()).ToHashSet(StringComparer.Ordinal) ?? [];
        var body = operation["requestBody"]?["content"]?["application/json"];
        (_request, _requestExample) = (body?["schema"], body?["example"]);
        // Only names of repositories have slashes.
        var pattern = Regex.Replace(Regex.Escape(path), @"\\\{[^}]+}", static m => m.Value is @"\{name}" or @"\{reference}" ? ".+" : "[^/]+", RegexOptions.None, TimeSpan.FromSeconds(1));
        Pattern = new(pattern.EndsWith('/') ? $"^{pattern}?$" : $"^{pattern}/?$", RegexOptions.NonBacktracking);
    }

    /// <summary>The service whose document it is in; empty when it is in none.</summary>
    public string Document { get; init; } = "";

    public string Method { get; }

    public string Path { get; }

    public string Name { get; }

    public Regex Pattern { get; }

    /// <summary>Whether it says what it answers when it succeeds.</summary>
    public bool IsDescribed => _answers.Keys.Any(static s => s[0] is '1' or '2' or '3');

    public bool HasRequest => _request is not null;

    /// <summary>What the answer is that its document does not say; null when it is as described.</summary>
    /// <param name="status">The HTTP status.</param>
    /// <param name="mediaType">What the body is; null for none.</param>
    /// <param name="body">The body, where it is JSON.</param>
    public string? FindProblem(int status, string? mediaType, JsonElement? body)
    {
        var key = status.ToString(CultureInfo.InvariantCulture);
        var isSuccess = status < 400;
        if (!_answers.TryGetValue(key, out var answer) && (isSuccess || !_answers.TryGetValue("default", out answer)))
        {
            return $"answers {status}, which is not described";
        }

        if (mediaType is null)
        {
            return null;
        }

        var content = answer!["content"]?.AsObject();
        if (isSuccess && content?.ContainsKey(mediaType) is not true)
        {
            return $"answers {status} with {mediaType}, which is not described";
        }

        return body is { } json ? Compare($"{(_answers.ContainsKey(key) ? key : "default")} {mediaType}", content?[mediaType]?["schema"], json, _closed) : null;
    }

    /// <summary>What a request that succeeded has that its document does not say.</summary>
    public string? FindProblem(JsonElement request) => Compare("request", _request, request, _open);

    /// <summary>What is wrong with the examples of its bodies. Of its successes one has to have an example.</summary>
    public IEnumerable<string> FindExampleProblems()
    {
        // What is answered by an object without members needs no example.
        var answers = _answers.Where(static a => a.Key[0] is '2').Select(static a => a.Value!["content"]?["application/json"]).OfType<JsonObject>()
            .Where(static c => c["schema"] is JsonObject { Count: > 0 }).ToList();
        if (answers.Count > 0 && !answers.Exists(static c => c.ContainsKey("example")))
        {
            yield return "no answer has an example";
        }

        foreach (var (key, answer) in _answers)
        {
            if (answer!["content"]?["application/json"]?["example"] is { } example
                && FindProblem(int.Parse(key, CultureInfo.InvariantCulture), "application/json", JsonSerializer.SerializeToElement(example)) is { } problem)
            {
                yield return problem;
            }
        }

        if (_request is not null)
        {
            var problem = _requestExample is null ? "the request has no example" : FindProblem(JsonSerializer.SerializeToElement(_requestExample));
            if (problem is not null)
            {
                yield return problem;
            }
        }
    }

    public string? FindUnknownQuery(IEnumerable<string> names) => names.FirstOrDefault(n => !_queries.Contains(n)) is { } unknown
        ? $"takes ?{unknown}=, which is not described"
        : null;

    private string? Compare(string what, JsonNode? schema, JsonElement body, JsonObject components)
    {
        if (schema is null)
        {
            return $"has a body ({what}) that is not described";
        }

        JsonSchema made;
        lock (_gate)
        {
            if (!_schemas.TryGetValue(what, out var known))
            {
                _schemas[what] = known = Make(schema, components);
            }

            made = known!;
        }

        var result = made.Evaluate(body, s_all);
        return result.IsValid ? null : $"{what}: " + string.Join("; ", (result.Details ?? []).Where(static d => d.Errors is not null)
            .SelectMany(static d => d.Errors!.Select(e => $"{d.InstanceLocation} {e.Value}")).Distinct(StringComparer.Ordinal).Take(5)) + $"\n{Short(body.GetRawText())}";
    }

    private static string Short(string text) => text.Length > 2000 ? text[..2000] + "…" : text;

    private static JsonSchema Make(JsonNode schema, JsonObject components)
    {
        var whole = new JsonObject { ["allOf"] = new JsonArray(schema.DeepClone()), ["$defs"] = components.DeepClone() };
        return JsonSchema.FromText(whole.ToJsonString().Replace("#/components/schemas/", "#/$defs/", StringComparison.Ordinal));
    }
}
