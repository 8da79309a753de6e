using System.Text.Json;
using System.Text.Json.Serialization;

namespace Stagedoor.Discovery.Requests;

/// <summary>
/// Reads texts of requests, names of members in maps among them, and refuses what not every database and every client can hold. Half of a character
/// the reader refuses itself.
/// </summary>
internal sealed class StorableTextConverter : JsonConverter<string>
{
    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType is JsonTokenType.String ? Take(ref reader) : throw new JsonException();

    public override string ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Take(ref reader);

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);

    public override void WriteAsPropertyName(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WritePropertyName(value);

    private static string Take(ref Utf8JsonReader reader)
    {
        // Unescaped it is no JSON.
        var text = reader.GetString()!;
        return reader.ValueIsEscaped && !Text.IsStorable(text) ? throw new JsonException() : text;
    }
}
