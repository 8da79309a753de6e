using System.Text.Json;
using Stagedoor.Addons.Charts;

namespace Stagedoor.Addons.Instances;

/// <summary>An add-on that another one requires or conflicts with: one of a name, in a range of versions, or any of several.</summary>
internal sealed record Requirement(string? Name, string? Version, IReadOnlyList<Requirement>? AnyOf)
{
    /// <summary>Those of a version's row. What is written there in another shape requires nothing.</summary>
    public static IReadOnlyList<Requirement> Read(string json)
    {
        try
        {
            return [.. (JsonSerializer.Deserialize(json, InstancesJson.Wire.IReadOnlyListRequirement) ?? []).Where(static r => r is not null)];
        }
        catch (JsonException)
        {
            return [];
        }
    }

    /// <summary>The add-ons that would do.</summary>
    public IEnumerable<Requirement> Alternatives => AnyOf is { Count: > 0 } some ? some.Where(static s => s is not null) : [this];

    public bool IsMetBy(string template, string version) => Alternatives.Any(a => string.Equals(a.Name, template, StringComparison.Ordinal) && a.Takes(version));

    /// <summary>Whether a version is in the range; without one every version is.</summary>
    public bool Takes(string version) => string.IsNullOrWhiteSpace(Version)
        || (VersionRange.Parse(Version) is { } range && ChartVersion.Parse(version) is { } parsed && range.Contains(parsed));

    public override string ToString() => string.Join(" or ", Alternatives.Select(static a => string.IsNullOrWhiteSpace(a.Version) ? a.Name : $"{a.Name} {a.Version}"));
}
