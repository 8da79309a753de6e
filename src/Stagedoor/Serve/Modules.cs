namespace Stagedoor.Serve;

/// <summary>Which services this process runs: all, or those that <c>Modules</c> names, separated by commas. The gateway always runs.</summary>
internal static class Modules
{
    internal const string Images = "images";

    internal const string Discovery = "discovery";

    private static readonly string[] s_all = [Images, Discovery];

    /// <exception cref="StartupException">The setting names a service that does not exist.</exception>
    internal static bool IsOn(IConfiguration configuration, string name)
    {
        if (configuration["Modules"] is not { Length: > 0 } setting)
        {
            return true;
        }

        var named = setting.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var unknown = named.FirstOrDefault(n => !s_all.Contains(n, StringComparer.OrdinalIgnoreCase));
        return unknown is null
            ? named.Contains(name, StringComparer.OrdinalIgnoreCase)
            : throw new StartupException($"Modules names '{unknown}', which does not exist. There are: {string.Join(", ", s_all)}.");
    }
}
