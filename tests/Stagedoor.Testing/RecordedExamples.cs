using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Stagedoor.Testing;

/// <summary>
/// Keeps for the API descriptions what tests have sent and got: with <c>STAGEDOOR_ACCEPT=1</c>, a process adds to <c>docs/examples</c> the operations that have no
/// example there yet. Of several that it has seen it takes the one that shows the most and is still short.
/// </summary>
internal static partial class RecordedExamples
{
    private const int MaxLength = 1500;

    private static readonly bool s_isOn = Environment.GetEnvironmentVariable("STAGEDOOR_ACCEPT") is "1";
    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly Lock s_gate = new();
    private static readonly Dictionary<(string Document, string Operation), JsonObject> s_seen = [];

    static RecordedExamples()
    {
        if (s_isOn)
        {
            AppDomain.CurrentDomain.ProcessExit += static (_, _) => Write();
        }
    }

    /// <summary>A call that has succeeded as described.</summary>
    public static void Note(DescribedOperation operation, JsonElement? request, int status, JsonElement? response)
    {
        if (!s_isOn || (request is null && response is null))
        {
            return;
        }

        var example = new JsonObject { ["status"] = status };
        Add("request", request);
        Add("response", response);
        lock (s_gate)
        {
            var key = (operation.Document, operation.Name);
            if (!s_seen.TryGetValue(key, out var known) || Rank(example) > Rank(known))
            {
                s_seen[key] = example;
            }
        }

        void Add(string name, JsonElement? body)
        {
            if (body is { } json)
            {
                example[name] = Clean("", JsonNode.Parse(json.GetRawText()));
            }
        }
    }

    // The longest of those that are short; of the others the shortest.
    private static int Rank(JsonObject example) => example.ToJsonString().Length is var length && length <= MaxLength ? length : -length;

    private static JsonNode? Clean(string name, JsonNode? node) => node switch
    {
        JsonObject members => new JsonObject(members.Select(static m => KeyValuePair.Create(m.Key, Clean(m.Key, m.Value)))),
        JsonArray items => new JsonArray([.. items.Select(i => Clean(name, i))]),
        JsonValue value when value.TryGetValue(out string? text) => Secret().IsMatch(name) ? "…" : Address().Replace(text, "registry.example.com"),
        null => null,
        _ => node.DeepClone(),
    };

    private static void Write()
    {
        foreach (var document in s_seen.GroupBy(static s => s.Key.Document))
        {
            var file = Path.Combine(Checkout.Root, "docs", "examples", document.Key + ".json");
            if (!File.Exists(file))
            {
                continue;
            }

            var known = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
            foreach (var ((_, operation), example) in document)
            {
                known.TryAdd(operation, example);
            }

            var sorted = new JsonObject(known.OrderBy(static o => o.Key, StringComparer.Ordinal).Select(static o => KeyValuePair.Create(o.Key, o.Value?.DeepClone())));
            File.WriteAllText(file, sorted.ToJsonString(s_json) + "\n");
        }
    }

    [GeneratedRegex("^(?:password|secret|sk|ak|access|token|access_token|auth|signature|key)$", RegexOptions.NonBacktracking)]
    private static partial Regex Secret();

    [GeneratedRegex(@"127\.0\.0\.1:[0-9]+|localhost:[0-9]+", RegexOptions.NonBacktracking)]
    private static partial Regex Address();
}
