using System.Text.Json;

namespace Stagedoor.Tracing.Otlp;

/// <summary>Goes through objects and arrays. A copy of a reader is a place, to which one may come back.</summary>
internal static class JsonMembers
{
    /// <summary>Whether there is a value, which then has to be of this kind.</summary>
    /// <exception cref="MalformedSpansException">It is of another kind.</exception>
    public static bool IsThere(Utf8JsonReader json, JsonTokenType expected = JsonTokenType.StartObject) =>
        json.TokenType is not (JsonTokenType.None or JsonTokenType.Null)
        && (json.TokenType == expected ? true
            : throw JsonValues.Malformed(ref json, expected is JsonTokenType.StartArray ? "an array is expected" : "an object is expected"));

    /// <summary>Checks that the value is an object, whose members come next.</summary>
    /// <exception cref="MalformedSpansException">It is none.</exception>
    public static void Open(ref Utf8JsonReader json) => _ = IsThere(json) ? true : throw JsonValues.Malformed(ref json, "an object is expected");

    /// <summary>Goes to the value of the next member; false at the end of the object.</summary>
    public static bool Next(ref Utf8JsonReader json, out ReadOnlySpan<byte> name)
    {
        json.Read();
        if (json.TokenType is JsonTokenType.EndObject)
        {
            name = default;
            return false;
        }

        name = json.ValueSpan;
        json.Read();
        return true;
    }
}
