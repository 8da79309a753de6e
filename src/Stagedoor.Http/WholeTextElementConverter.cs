using System.Text.Json;
using System.Text.Json.Serialization;

namespace Stagedoor.Http;

/// <summary>
/// Reads members of any kind of value, and only such whose texts are texts: neither half of a character nor U+0000 nor bytes that are no UTF-8. The framework takes
/// them over unread, and throws wherever somebody looks at them later.
/// </summary>
internal sealed class WholeTextElementConverter : JsonConverter<JsonElement>
{
    public override JsonElement Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var texts = reader;
        var depth = 0;
        do
        {
            switch (texts.TokenType)
            {
                case JsonTokenType.StartObject or JsonTokenType.StartArray:
                    depth++;
                    break;
                case JsonTokenType.EndObject or JsonTokenType.EndArray:
                    depth--;
                    break;
                case JsonTokenType.String or JsonTokenType.PropertyName:
                    Check(ref texts);
                    break;
                default:
                    break;
            }
        }
        while (depth > 0 && texts.Read());

        return JsonElement.ParseValue(ref reader);
    }

    public override void Write(Utf8JsonWriter writer, JsonElement value, JsonSerializerOptions options) => value.WriteTo(writer);

    private static void Check(ref Utf8JsonReader reader)
    {
        string? text;
        try
        {
            text = reader.GetString();
        }
        catch (InvalidOperationException e)
        {
            // The reader says so of what cannot be made into text.
            throw new JsonException("A text holds half of a character, or bytes that are no UTF-8.", e);
        }

        if (!Text.IsStorable(text))
        {
            throw new JsonException("A text holds U+0000.");
        }
    }
}
