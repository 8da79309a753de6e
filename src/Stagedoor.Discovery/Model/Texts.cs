using System.Globalization;

namespace Stagedoor.Discovery.Model;

/// <summary>Texts as the original's wire format has them.</summary>
internal static class Texts
{
    /// <summary>Null for nothing: empty members are absent in answers.</summary>
    public static string? OrNull(string? text) => string.IsNullOrEmpty(text) ? null : text;

    /// <summary>A map without null values; null when it is empty.</summary>
    public static IReadOnlyDictionary<string, string>? Clean(IReadOnlyDictionary<string, string>? map) =>
        map is not { Count: > 0 } ? null
        : map.Values.All(static v => v is not null) ? map
        : map.ToDictionary(static p => p.Key, static p => p.Value ?? "", StringComparer.Ordinal);

    /// <summary>The present second as decimal text.</summary>
    public static string Now(TimeProvider clock) => clock.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);

    public static bool Same(IReadOnlyDictionary<string, string>? first, IReadOnlyDictionary<string, string>? second) =>
        (first?.Count ?? 0) == (second?.Count ?? 0)
        && (first is null || first.All(p => second!.TryGetValue(p.Key, out var value) && string.Equals(value, p.Value, StringComparison.Ordinal)));
}
