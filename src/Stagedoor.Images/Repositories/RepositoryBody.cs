using System.Text.Json;

namespace Stagedoor.Images.Repositories;

/// <summary>Members that bodies about repositories have in common.</summary>
internal static class RepositoryBody
{
    public const int MaxDescription = 30_000;

    /// <summary>The value of <c>is_public</c>.</summary>
    /// <exception cref="Http.ApiException">It is missing, or no boolean.</exception>
    public static bool ReadIsPublic(JsonElement? element) => element switch
    {
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        null or { ValueKind: JsonValueKind.Null or JsonValueKind.Undefined } => throw ImagesError.RequiredParameterMissing("is_public"),
        { } other => throw ImagesError.InvalidIsPublic($"is_public={Text.Cut(other.GetRawText(), 100)}; true or false, without quotes"),
    };

    /// <summary>A description; null stays null.</summary>
    /// <exception cref="Http.ApiException">It is too long, or no text.</exception>
    public static string? ReadDescription(string? text, int limit = MaxDescription) => text switch
    {
        null => null,
        _ when text.Length > limit => throw ImagesError.DescriptionTooLong(limit),
        _ when !Text.IsStorable(text) => throw ImagesError.InvalidParameter("description is no text"),
        _ => text,
    };
}
