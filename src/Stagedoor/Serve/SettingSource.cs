using Microsoft.Extensions.Configuration.Json;

namespace Stagedoor.Serve;

/// <summary>Who said what a setting is.</summary>
/// <param name="Kind">The sort of place.</param>
/// <param name="Name">The setting's name as it is written there, for messages: a variable's, an option's, or the key and its file.</param>
internal sealed record SettingSource(SettingSourceKind Kind, string Name)
{
    /// <summary>The sort of place in a word, and which one; null for a default.</summary>
    internal (string Source, string? From) Place => Kind switch
    {
        SettingSourceKind.Default => ("default", null),
        SettingSourceKind.File => ("file", Name[(Name.IndexOf(" in ", StringComparison.Ordinal) + 4)..]),
        SettingSourceKind.Variable => ("variable", Name),
        _ => ("option", Name),
    };

    /// <summary>Where the value of <paramref name="key"/> comes from; the last that says one wins.</summary>
    internal static SettingSource Of(IConfigurationRoot configuration, string key)
    {
        var providers = configuration.Providers.ToList();
        var said = providers.FindLastIndex(p => p.TryGet(key, out _));
        return said < 0 ? new(SettingSourceKind.Default, key) : providers[said] switch
        {
            JsonConfigurationProvider file => new(SettingSourceKind.File, $"{key} in {file.Source.FileProvider?.GetFileInfo(file.Source.Path!).PhysicalPath ?? file.Source.Path}"),
            SettingVariables variables => new(SettingSourceKind.Variable, variables.NameOf(key)),
            _ when said == 0 => new(SettingSourceKind.Default, key),
            // The last but one holds the command line, the last what tests ask for.
            _ when said == providers.Count - 2 => new(SettingSourceKind.Argument, $"--{key.ToLowerInvariant()}"),
            _ => new(SettingSourceKind.Argument, key),
        };
    }
}

/// <summary>The sorts of places that settings come from, each winning over those before it.</summary>
internal enum SettingSourceKind
{
    Default,
    File,
    Variable,
    Argument,
}
