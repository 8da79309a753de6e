using System.Text.Json;
using System.Text.RegularExpressions;

namespace Stagedoor.Addons.Templates;

/// <summary>Some clusters that a version is for.</summary>
internal sealed record SupportEntry(string? ClusterType, IReadOnlyList<string>? ClusterVersion, IReadOnlyList<string>? Category);

/// <summary>Which clusters a version is for.</summary>
internal static class SupportVersions
{
    private const int MaxEntries = 100;
    private const int MaxPattern = 200;

    private static readonly string[] s_usual = ["CCE", "Turbo"];

    /// <summary>What is wrong with it; null when nothing is.</summary>
    public static string? FindProblem(IReadOnlyList<SupportEntry> entries)
    {
        if (entries.Count > MaxEntries)
        {
            return $"has at most {MaxEntries} entries";
        }

        foreach (var entry in entries)
        {
            if (entry is not { ClusterType.Length: > 0 and <= 64, ClusterVersion.Count: <= MaxEntries })
            {
                return "each entry has a clusterType and a list clusterVersion";
            }

            foreach (var pattern in entry.ClusterVersion)
            {
                if (pattern is null || pattern.Length > MaxPattern || Compile(pattern) is null)
                {
                    return $"clusterVersion '{Text.Repair(Text.Cut(pattern ?? "", 100))}' is no regular expression of at most {MaxPattern} characters without look-around and back references";
                }
            }
        }

        return null;
    }

    /// <summary>Whether the cluster is among those of the list; an empty list is for all.</summary>
    public static bool Fits(string json, string type, string category, string version)
    {
        var entries = JsonSerializer.Deserialize(json, AddonsJson.Wire.IReadOnlyListSupportEntry) ?? [];
        return entries.Count == 0 || entries.Any(e => Fits(e, type, category, version));
    }

    /// <summary>Whether the list has clusters of a category; an empty list is for all.</summary>
    public static bool HasCategory(string json, string category)
    {
        var entries = JsonSerializer.Deserialize(json, AddonsJson.Wire.IReadOnlyListSupportEntry) ?? [];
        return entries.Count == 0 || entries.Any(e => Categories(e).Contains(category, StringComparer.Ordinal));
    }

    private static IReadOnlyList<string> Categories(SupportEntry entry) => entry.Category is { Count: > 0 } some ? some : s_usual;

    private static bool Fits(SupportEntry entry, string type, string category, string version)
    {
        var parts = version.Split('.');
        var minor = string.Join('.', parts.Take(2));
        return string.Equals(entry.ClusterType, type, StringComparison.Ordinal)
            && Categories(entry).Contains(category, StringComparer.Ordinal)
            && (entry.ClusterVersion ?? []).Any(p => Compile(p) is { } pattern && (pattern.IsMatch(version) || pattern.IsMatch(minor)));
    }

    // Some write them between slashes. They are those of whoever publishes, so that none of them may take long.
    private static Regex? Compile(string pattern)
    {
        var text = pattern is ['/', .. var inner, '/'] ? inner : pattern;
        try
        {
            return new($"^(?:{text})", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return null;
        }
    }
}
