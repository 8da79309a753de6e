using System.Text.Json.Serialization;

namespace Stagedoor.Addons.Tests.Oracle;

/// <summary>What became of a template: its output, or its error.</summary>
internal sealed record OracleAnswer(
    [property: JsonPropertyName("output")] string Output,
    [property: JsonPropertyName("error")] string Error);
