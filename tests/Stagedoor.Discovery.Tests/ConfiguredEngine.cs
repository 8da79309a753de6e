namespace Stagedoor.Discovery.Tests;

/// <summary>An installation with settings of its own. Later ones win.</summary>
public sealed class ConfiguredEngine(params (string Key, string Value)[] settings) : Engine
{
    protected override IEnumerable<(string Key, string Value)> Settings =>
        settings.GroupBy(static s => s.Key, StringComparer.Ordinal).Select(static g => g.Last());

    public static async Task<ConfiguredEngine> StartAsync(params (string Key, string Value)[] settings)
    {
        var engine = new ConfiguredEngine(settings);
        await engine.InitializeAsync();
        return engine;
    }
}
