using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using Stagedoor.Http;

namespace Stagedoor.Images.Packages;

/// <summary>Members that bodies about packages have in common. They are read by hand where a wrong one has a code of its own.</summary>
internal static class PackageBody
{
    public const string TextSchema = """{"type":"string"}""";
    public const string BooleanSchema = """{"type":"boolean"}""";
    public const string ObjectSchema = """{"type":"object"}""";

    public const int MaxDescription = 30_000;

    private const string App = "app";

    /// <summary>Reads the body, which is a JSON object.</summary>
    /// <exception cref="ApiException">It is none.</exception>
    public static async Task<T> ReadAsync<T>(HttpContext context, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return await JsonSerializer.DeserializeAsync(context.Request.Body, type, context.RequestAborted)
                ?? throw ImagesError.InvalidParameter("body: null, expected a JSON object");
        }
        catch (JsonException e)
        {
            throw ImagesError.InvalidParameter($"body: {WireJson.Describe(e)}");
        }
    }

    /// <summary>Whether the member is there and not null.</summary>
    public static bool IsGiven(JsonElement? element) => element is { ValueKind: not (JsonValueKind.Null or JsonValueKind.Undefined) };

    /// <summary>A member that has to be there, and not empty.</summary>
    /// <exception cref="ApiException">It is not.</exception>
    public static JsonElement Require(JsonElement? element, string name) =>
        IsGiven(element) && element is not { ValueKind: JsonValueKind.String } ? element!.Value
        : IsGiven(element) && element!.Value.ValueEquals("") is false ? element.Value
        : throw ImagesError.RequiredParameterMissing(name);

    /// <summary>The text of a member; null when it is none.</summary>
    public static string? TextOf(JsonElement element)
    {
        if (element.ValueKind is not JsonValueKind.String)
        {
            return null;
        }

        try
        {
            return element.GetString();
        }
        catch (InvalidOperationException)
        {
            // Half of a character.
            return null;
        }
    }

    /// <exception cref="ApiException">The type is not that of packages.</exception>
    public static void CheckType(JsonElement type)
    {
        if (TextOf(type) is not App)
        {
            throw ImagesError.PackageTypeIsNotApp(Shown(type));
        }
    }

    /// <summary>Whether things of that type are asked for here; everything is where none is given.</summary>
    /// <exception cref="ApiException">There is no such type.</exception>
    public static bool IsOfType(string? type) => type is null or "" or App || (type is "image" ? false : throw ImagesError.InvalidPackageType(Text.Cut(type, 100)));

    /// <summary>The value of <c>is_public</c>; null when it is not given.</summary>
    /// <exception cref="ApiException">It is no boolean.</exception>
    public static bool? ReadIsPublic(JsonElement? element) => element switch
    {
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        null or { ValueKind: JsonValueKind.Null or JsonValueKind.Undefined } => null,
        { } other => throw ImagesError.InvalidIsPublic($"is_public={Shown(other)}; true or false, without quotes"),
    };

    /// <summary>The manifests as they are kept; null when they are not given.</summary>
    /// <exception cref="ApiException">They are no object.</exception>
    public static string? ReadManifests(JsonElement? element) => element switch
    {
        null or { ValueKind: JsonValueKind.Null or JsonValueKind.Undefined } => null,
        { ValueKind: JsonValueKind.Object } value => Storable(value.GetRawText()),
        { } other => throw ImagesError.InvalidPackageManifests($"manifests={Shown(other)}; expected an object"),
    };

    /// <summary>A description; null when it is not given.</summary>
    /// <exception cref="ApiException">It is too long, or no text.</exception>
    public static string? ReadDescription(JsonElement? element)
    {
        if (!IsGiven(element))
        {
            return null;
        }

        var text = TextOf(element!.Value);
        return text is null || !Text.IsStorable(text) ? throw ImagesError.InvalidParameter("description is no text")
            : text.Length > MaxDescription ? throw ImagesError.DescriptionTooLong(MaxDescription)
            : text;
    }

    // The raw text spells what it cannot hold with escapes; a NUL among them is one only where it is read.
    private static string Storable(string json) =>
        Text.IsStorable(json) ? json : throw ImagesError.InvalidPackageManifests("manifests hold what is no text");

    /// <summary>As much of a member as a person can use.</summary>
    public static string Shown(JsonElement element) => Text.Cut(Text.Repair(element.ValueKind is JsonValueKind.String ? TextOf(element) ?? "" : element.GetRawText()), 100);
}
