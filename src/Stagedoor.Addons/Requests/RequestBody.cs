using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Stagedoor.Http;

namespace Stagedoor.Addons.Requests;

/// <summary>Reads what a body says. It comes as one value, so that each text in it has been looked at: none holds U+0000 or half of a character.</summary>
internal static class RequestBody
{
    /// <summary>The body as an object of that type.</summary>
    /// <exception cref="ApiException">It is none.</exception>
    public static T Parse<T>(JsonElement body, JsonTypeInfo<T> type, string name = "body")
        where T : class
    {
        if (body.ValueKind is not JsonValueKind.Object)
        {
            throw AddonsError.Invalid(name, "has to be a JSON object");
        }

        try
        {
            return body.Deserialize(type)!;
        }
        catch (JsonException e)
        {
            throw AddonsError.Invalid(name, $"not the expected JSON at {e.Path ?? "$"}");
        }
    }

    /// <summary>A text of the request, which is a JSON object itself.</summary>
    /// <exception cref="ApiException">It is none, or holds what cannot be stored.</exception>
    public static JsonElement ParseText(string text, string name)
    {
        try
        {
            return JsonSerializer.Deserialize(text, AddonsJson.Wire.JsonElement);
        }
        catch (JsonException e)
        {
            throw AddonsError.Invalid(name, $"is no JSON at {e.Path ?? "$"}, line {e.LineNumber + 1 ?? 1}");
        }
    }

    /// <summary>Refuses a kind or a version of the interface that is another's.</summary>
    public static void CheckKind(string? kind, string? apiVersion, string expected)
    {
        if (kind is not null && !string.Equals(kind, expected, StringComparison.OrdinalIgnoreCase))
        {
            throw AddonsError.Invalid("kind", $"has to be {expected}");
        }

        if (apiVersion is not null and not "v3")
        {
            throw AddonsError.Invalid("apiVersion", "has to be v3");
        }
    }

    /// <summary>A text of at most so many characters.</summary>
    /// <exception cref="ApiException">It is longer.</exception>
    public static string Short(string? text, string field, int most) =>
        text is null || text.Length <= most ? text ?? "" : throw AddonsError.Invalid(field, $"has at most {most} characters");

    /// <summary>Whether a query parameter says yes.</summary>
    public static bool IsTrue(string? text) => text is not null && (text.Equals("true", StringComparison.OrdinalIgnoreCase) || text is "1");

    /// <summary>A time as answers have it: UTC, to the second.</summary>
    public static string Time(long milliseconds) =>
        DateTimeOffset.FromUnixTimeMilliseconds(milliseconds).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
}
