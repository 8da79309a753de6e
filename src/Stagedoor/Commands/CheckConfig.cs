using Stagedoor.Serve;

namespace Stagedoor.Commands;

/// <summary><c>stagedoor config check</c></summary>
internal static class CheckConfig
{
    /// <summary>Tells what a start would refuse, a line each; the exit code.</summary>
    internal static async Task<int> RunAsync(ServeSettings settings, TextWriter output, TextWriter error)
    {
        using var configuration = new ConfigurationManager();
        IReadOnlyList<string> problems;
        try
        {
            ServeConfiguration.Collect(configuration, settings);
            problems = SettingCheck.Problems(configuration, settings.Modules);
        }
        catch (StartupException e)
        {
            problems = [e.Message];
        }

        foreach (var line in problems.Concat(SettingCheck.Warnings(settings)))
        {
            await error.WriteLineAsync($"stagedoor: {line}");
        }

        await output.WriteLineAsync(problems.Count switch { 0 => "A start would take these settings.", 1 => "1 setting is wrong.", var n => $"{n} settings are wrong." });
        return problems.Count == 0 ? 0 : 1;
    }
}
