using System.Text.Json.Nodes;

namespace Stagedoor.Operations;

/// <summary>
/// Requests and answers of operations as documents show them. They were recorded while tests ran (<c>docs/examples</c>), so each has happened; names, keys and addresses in
/// them are replaced.
/// </summary>
internal sealed class OpenApiExamples
{
    private readonly JsonObject _operations;

    private OpenApiExamples(JsonObject operations) => _operations = operations;

    /// <summary>The examples of a service; none where nothing is recorded for it.</summary>
    public static OpenApiExamples Of(string service)
    {
        using var stream = typeof(OpenApiExamples).Assembly.GetManifestResourceStream($"examples/{service}.json");
        return new(stream is null ? [] : JsonNode.Parse(stream)!.AsObject());
    }

    /// <summary>A body that the operation took; null when none is recorded.</summary>
    public JsonNode? Request(string operation) => _operations[operation]?["request"]?.DeepClone();

    /// <summary>What it answered with this status; null when that is not recorded.</summary>
    public JsonNode? Response(string operation, int status) =>
        _operations[operation] is { } example && example["status"]?.GetValue<int>() == status ? example["response"]?.DeepClone() : null;
}
