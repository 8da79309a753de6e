using System.Globalization;
using Stagedoor.Discovery;
using Stagedoor.Gateway;
using Stagedoor.Gateway.Iam;
using Stagedoor.Http;
using Stagedoor.Images;
using Stagedoor.Storage.S3;

namespace Stagedoor.Serve;

/// <summary>Knows the name of every setting, so that a misspelt one is refused instead of silently doing nothing.</summary>
internal static class SettingNames
{
    // What a section's settings are called is what its options classes' properties are called.
    private static readonly Dictionary<string, Type[]> s_sections = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Tls"] = [typeof(TlsOptions)],
        ["Storage"] = [typeof(StorageOptions)],
        ["Storage:S3"] = [typeof(S3Options)],
        ["Gateway"] = [typeof(GatewayOptions), typeof(IamOptions)],
        ["Images"] = [typeof(ImagesOptions)],
        ["Images:Collector"] = [typeof(CollectorOptions)],
        ["Images:Scrubber"] = [typeof(ScrubberOptions)],
        ["Discovery"] = [typeof(DiscoveryOptions)],
        ["Discovery:Quotas"] = [typeof(QuotaOptions)],
        ["Discovery:Metrics"] = [typeof(MetricsOptions)],
        ["Discovery:Rbac"] = [typeof(RbacOptions)],
        ["Errors"] = [typeof(ErrorOptions)],
    };

    private static readonly string[] s_plain = ["Data", "Urls", "Modules", "ExternalUrl"];

    /// <exception cref="StartupException">A setting does not exist.</exception>
    internal static void Check(IConfiguration configuration)
    {
        foreach (var setting in configuration.GetChildren())
        {
            if (s_sections.ContainsKey(setting.Key))
            {
                Check(setting);
            }
            else if (!s_plain.Contains(setting.Key, StringComparer.OrdinalIgnoreCase)
                && !string.Equals(setting.Key, "Logging", StringComparison.OrdinalIgnoreCase))
            {
                throw Unknown(setting.Key, [.. s_plain, .. s_sections.Keys.Where(static k => !k.Contains(':', StringComparison.Ordinal)), "Logging"]);
            }
        }
    }

    private static void Check(IConfigurationSection section)
    {
        var known = s_sections[section.Path].SelectMany(static t => t.GetProperties()).Select(static p => p.Name)
            .Concat(s_sections.Keys.Where(k => k.StartsWith(section.Path + ":", StringComparison.OrdinalIgnoreCase)).Select(k => k[(section.Path.Length + 1)..]))
            .Distinct(StringComparer.OrdinalIgnoreCase).ToList();
        foreach (var setting in section.GetChildren())
        {
            if (!known.Contains(setting.Key, StringComparer.OrdinalIgnoreCase))
            {
                throw Unknown(setting.Path, known);
            }

            if (s_sections.ContainsKey(setting.Path))
            {
                Check(setting);
            }
        }
    }

    private static StartupException Unknown(string name, IReadOnlyCollection<string> known) => new(string.Create(
        CultureInfo.InvariantCulture, $"The setting '{name}' does not exist. There are: {string.Join(", ", known.Order(StringComparer.Ordinal))}."));
}
