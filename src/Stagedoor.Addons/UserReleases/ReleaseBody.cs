using System.Text.Json;
using Stagedoor.Addons.Rendering.Values;
using Stagedoor.Addons.Rendering.Yaml;

namespace Stagedoor.Addons.UserReleases;

/// <summary>Reads what the bodies of an install and an upgrade have in common.</summary>
internal static class ReleaseBody
{
    /// <summary>The values, which are any JSON object.</summary>
    /// <exception cref="Http.ApiException">They are none.</exception>
    public static GoMap Values(JsonElement? values)
    {
        try
        {
            return values is { ValueKind: JsonValueKind.Object } given && JsonText.Read(given.GetRawText()) is GoMap map
                ? map
                : throw AddonsError.Invalid("values", "is required, and has to be a JSON object");
        }
        catch (FormatException e)
        {
            throw AddonsError.Invalid("values", e.Message);
        }
    }
}
