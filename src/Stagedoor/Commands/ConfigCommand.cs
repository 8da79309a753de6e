using System.CommandLine;
using Stagedoor.Serve;

namespace Stagedoor.Commands;

/// <summary><c>stagedoor config</c>: what a start with these settings would use, and who said so.</summary>
internal static class ConfigCommand
{
    internal static Command Create()
    {
        var names = new Argument<string[]>("NAME") { Description = "Only settings whose key contains one of these.", Arity = ArgumentArity.ZeroOrMore };
        var data = new Option<string?>("--data") { Description = "Folder of the installation (default ./data).", HelpName = "DIR" };
        var urls = new Option<string?>("--urls") { Description = "Addresses it is to listen on.", HelpName = "URLS" };
        var config = new Option<string?>("--config") { Description = "JSON file with settings.", HelpName = "FILE" };
        var changed = new Option<bool>("--changed") { Description = "Only settings that somebody has set." };
        var command = new Command("config", "Show every setting with its value and where that comes from.") { names, data, urls, config, changed };
        command.SetAction(parsed => Run(
            new() { Data = parsed.GetValue(data), Urls = parsed.GetValue(urls), Config = parsed.GetValue(config) },
            parsed.GetValue(names) ?? [],
            parsed.GetValue(changed)));
        return command;
    }

    private static int Run(ServeSettings settings, string[] names, bool changed)
    {
        using var configuration = new ConfigurationManager();
        try
        {
            ServeConfiguration.Collect(configuration, settings);
        }
        catch (StartupException e)
        {
            Console.Error.WriteLine($"stagedoor: {e.Message}");
            return 1;
        }

        var named = Lines(configuration)
            .Where(line => names.Length == 0 || names.Any(name => line.Key.Contains(name, StringComparison.OrdinalIgnoreCase)))
            .ToList();
        var lines = named.FindAll(line => !changed || line.Source.Kind is not SettingSourceKind.Default);
        var (keyWidth, valueWidth) = (lines.Select(static l => l.Key.Length).DefaultIfEmpty().Max(), lines.Select(static l => l.Value.Length).DefaultIfEmpty().Max());
        foreach (var (key, value, source) in lines)
        {
            Console.WriteLine($"{key.PadRight(keyWidth)}  {value.PadRight(valueWidth)}  {source.Place}");
        }

        if (lines.Count == 0)
        {
            Console.Error.WriteLine(named.Count > 0 ? "stagedoor: nothing is set; every setting is at its default." : "stagedoor: no setting has such a name. All: stagedoor config");
        }

        var problems = SettingCheck.Problems(configuration, settings.Modules);
        foreach (var problem in problems.Concat(SettingCheck.StrayVariables(settings.Variables.Keys)))
        {
            Console.Error.WriteLine($"stagedoor: {problem}");
        }

        return problems.Count == 0 && named.Count > 0 ? 0 : 1;
    }

    private static IEnumerable<(string Key, string Value, SettingSource Source)> Lines(ConfigurationManager configuration)
    {
        // Names of the user's own choice are shown where they are set.
        var chosen = SettingCheck.Leaves(configuration).Where(static key => SettingNames.Product.Find(key) is { } s && s.Key.Contains('{', StringComparison.Ordinal));
        foreach (var key in SettingNames.Product.All.Select(static s => s.Key).Where(static key => !key.Contains('{', StringComparison.Ordinal)).Concat(chosen))
        {
            var setting = SettingNames.Product.Find(key)!;
            var value = configuration[key] ?? setting.Default;
            yield return (key, string.IsNullOrEmpty(value) ? "-" : setting.IsSecret ? MaskedText.Mask : MaskedText.Of(value), SettingSource.Of(configuration, key));
        }
    }
}
