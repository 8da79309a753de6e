using System.Text.Json;
using Stagedoor.Addons.Requests;
using Stagedoor.Http;

namespace Stagedoor.Addons.Instances;

/// <summary>Reads the body of an install or an upgrade.</summary>
internal static class InstanceBody
{
    public const string DependenciesKey = "addon.install/dependencies";
    public const string ValuesKey = "addon.upgrade/values";

    /// <summary>Whose fields that others have changed in the cluster are: overwrite, none or preserve.</summary>
    public const string ConflictsKey = "addon.upgrade/conflicts";

    private const string Overwrite = "overwrite";
    private const int MaxAnnotations = 50;
    private const int MaxAnnotation = 4_000;

    // They say what to do, and are done with then.
    private static readonly string[] s_consumed = ["addon.install/type", "addon.upgrade/type", DependenciesKey, ValuesKey];

    /// <summary>The body, whose annotation <c>addon.KIND/type</c> says what it is.</summary>
    /// <exception cref="ApiException">A field is missing, or not what it has to be.</exception>
    public static InstanceRequest Read(JsonElement body, string kind)
    {
        var request = RequestBody.Parse(body, InstancesJson.Wire.InstanceRequest);
        RequestBody.CheckKind(request.Kind, request.ApiVersion, "Addon");
        var metadata = request.Metadata ?? throw AddonsError.Invalid("metadata", "is required");
        var key = $"addon.{kind}/type";
        if (metadata.Annotations?.GetValueOrDefault(key) is not { } type || !string.Equals(type, kind, StringComparison.Ordinal))
        {
            throw AddonsError.Invalid($"metadata.annotations[{key}]", $"is required, and has to be {kind}");
        }

        CheckAnnotations(metadata.Annotations);
        if (metadata.Annotations.GetValueOrDefault(ConflictsKey) is not (null or Overwrite or "none" or "preserve"))
        {
            throw AddonsError.Invalid($"metadata.annotations[{ConflictsKey}]", "has to be overwrite, none or preserve");
        }

        var spec = request.Spec ?? throw AddonsError.Invalid("spec", "is required");
        Required(spec.ClusterId, "spec.clusterID");
        Required(spec.AddonTemplateName, "spec.addonTemplateName");
        if (kind is "upgrade")
        {
            Required(spec.Version, "spec.version");
        }

        return spec.Values is { ValueKind: JsonValueKind.Object } ? request : throw AddonsError.Invalid("spec.values", "is required, and has to be a JSON object");
    }

    /// <summary>A text that has to be there.</summary>
    /// <exception cref="ApiException">It is not.</exception>
    public static string Required(string? text, string field) => string.IsNullOrEmpty(text) ? throw AddonsError.Invalid(field, "is required") : text;

    /// <summary>One of a few words in an annotation.</summary>
    /// <returns>Whether the annotation is there.</returns>
    /// <exception cref="ApiException">It says something else.</exception>
    public static bool Says(this InstanceRequest request, string key, string word) => request.Metadata?.Annotations?.GetValueOrDefault(key) switch
    {
        null => false,
        var text when string.Equals(text, word, StringComparison.Ordinal) => true,
        _ => throw AddonsError.Invalid($"metadata.annotations[{key}]", $"has to be {word}"),
    };

    /// <summary>The annotations that are kept, as JSON.</summary>
    public static string Kept(this InstanceRequest request) => JsonSerializer.Serialize(
        request.Metadata!.Annotations!.Where(static a => !s_consumed.Contains(a.Key, StringComparer.Ordinal)).ToDictionary(StringComparer.Ordinal),
        InstancesJson.Wire.DictionaryStringString);

    /// <summary>Whose fields that others have changed in the cluster are; the add-on's where nothing is said.</summary>
    public static string ConflictsOf(Instance instance) =>
        JsonSerializer.Deserialize(instance.Annotations, InstancesJson.Wire.DictionaryStringString)?.GetValueOrDefault(ConflictsKey) ?? Overwrite;

    private static void CheckAnnotations(Dictionary<string, string> annotations)
    {
        if (annotations.Count > MaxAnnotations || annotations.Any(static a => a.Value is null || a.Key.Length + a.Value.Length > MaxAnnotation || !Text.IsStorable(a.Key) || !Text.IsStorable(a.Value)))
        {
            throw AddonsError.Invalid("metadata.annotations", $"has at most {MaxAnnotations} texts of at most {MaxAnnotation} characters");
        }
    }
}
