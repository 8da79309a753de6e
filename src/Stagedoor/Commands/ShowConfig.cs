using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Stagedoor.Serve;

namespace Stagedoor.Commands;

/// <summary><c>stagedoor config show</c></summary>
internal static class ShowConfig
{
    /// <summary>What is to be shown, and how.</summary>
    /// <param name="Names">Parts of keys; empty for all.</param>
    /// <param name="IsChangedOnly">Whether only what somebody has set is shown.</param>
    /// <param name="IsJson">Whether a program reads it.</param>
    internal sealed record Wish(IReadOnlyList<string> Names, bool IsChangedOnly, bool IsJson);

    /// <summary>A setting as it is.</summary>
    /// <param name="Key">Its key.</param>
    /// <param name="Value">Its value, masked where it is a secret; null when there is none.</param>
    /// <param name="Source"><c>default</c>, <c>file</c>, <c>variable</c> or <c>option</c>.</param>
    /// <param name="From">The file, the variable or the option; null for a default.</param>
    /// <param name="IsSecret">Whether its value is for nobody's eyes.</param>
    internal sealed record Entry(string Key, string? Value, string Source, string? From, bool IsSecret);

    /// <summary>Shows them; the exit code.</summary>
    internal static async Task<int> RunAsync(ServeSettings settings, Wish wish, TextWriter output, TextWriter error)
    {
        using var configuration = new ConfigurationManager();
        try
        {
            ServeConfiguration.Collect(configuration, settings);
        }
        catch (StartupException e)
        {
            await error.WriteLineAsync($"stagedoor: {e.Message}");
            return 1;
        }

        var named = Entries(configuration)
            .Where(entry => wish.Names.Count == 0 || wish.Names.Any(name => entry.Key.Contains(name, StringComparison.OrdinalIgnoreCase)))
            .ToList();
        var shown = named.FindAll(entry => !wish.IsChangedOnly || entry.From is not null);
        await WriteAsync(shown, wish.IsJson, output);
        if (shown.Count == 0)
        {
            await error.WriteLineAsync(named.Count > 0 ? "stagedoor: nothing is set; every setting is at its default." : "stagedoor: no setting has such a name. All: stagedoor config show");
        }

        var problems = SettingCheck.Problems(configuration, settings.Modules);
        foreach (var problem in problems.Concat(SettingCheck.Warnings(settings)))
        {
            await error.WriteLineAsync($"stagedoor: {problem}");
        }

        return problems.Count == 0 && named.Count > 0 ? 0 : 1;
    }

    private static async Task WriteAsync(List<Entry> entries, bool isJson, TextWriter output)
    {
        if (isJson)
        {
            await output.WriteLineAsync(Printable.Json(JsonSerializer.Serialize(entries, ConfigJson.Readable.ListEntry)));
            return;
        }

        var lines = entries.ConvertAll(static e => (e.Key, Value: e.Value ?? "-", Place: e.From is null ? e.Source : $"{e.Source} {e.From}"));
        var (keyWidth, valueWidth) = (lines.Select(static l => l.Key.Length).DefaultIfEmpty().Max(), lines.Select(static l => l.Value.Length).DefaultIfEmpty().Max());
        foreach (var (key, value, place) in lines)
        {
            await output.WriteLineAsync($"{key.PadRight(keyWidth)}  {value.PadRight(valueWidth)}  {place}");
        }
    }

    private static IEnumerable<Entry> Entries(ConfigurationManager configuration)
    {
        // Names of the user's own choice are shown where they are set.
        var chosen = SettingCheck.Leaves(configuration).Where(static key => SettingNames.Product.Find(key) is { } s && s.Key.Contains('{', StringComparison.Ordinal));
        foreach (var key in SettingNames.Product.All.Select(static s => s.Key).Where(static key => !key.Contains('{', StringComparison.Ordinal)).Concat(chosen))
        {
            var setting = SettingNames.Product.Find(key)!;
            var value = configuration[key] ?? setting.Default;
            var (source, from) = SettingSource.Of(configuration, key).Place;
            yield return new(key, string.IsNullOrEmpty(value) ? null : setting.IsSecret ? MaskedText.Mask : MaskedText.Of(value), source, from, setting.IsSecret);
        }
    }
}

[JsonSerializable(typeof(List<ShowConfig.Entry>))]
internal sealed partial class ConfigJson : JsonSerializerContext
{
    /// <summary>Leaves letters of all scripts as they are.</summary>
    internal static ConfigJson Readable { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
