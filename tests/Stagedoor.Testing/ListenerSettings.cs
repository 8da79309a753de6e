using Stagedoor.Serve;

namespace Stagedoor.Testing;

/// <summary>The ports of modules beside the main one. Many hosts run at once, and each would want the same ones.</summary>
public static class ListenerSettings
{
    /// <summary>The settings that move them or switch them off.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Modules.All.SelectMany(static m => m.Traits.Listeners).Select(static l => l.Setting)];

    /// <summary>Settings with which none is opened, but for those that are given.</summary>
    public static IReadOnlyDictionary<string, string?> Off(params (string Setting, string? Value)[] others)
    {
        var settings = All.ToDictionary(static s => s, static _ => (string?)"off", StringComparer.OrdinalIgnoreCase);
        foreach (var (setting, value) in others)
        {
            settings[setting] = value;
        }

        return settings;
    }

    /// <summary>The same as variables of an environment.</summary>
    public static IReadOnlyDictionary<string, string> OffInEnvironment() => All.ToDictionary(VariableOf, static _ => "off", StringComparer.Ordinal);

    private static string VariableOf(string setting) => "STAGEDOOR__" + setting.Replace(":", "__", StringComparison.Ordinal);
}
