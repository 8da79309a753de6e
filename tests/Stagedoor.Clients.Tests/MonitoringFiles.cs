using System.Text.Json;
using System.Text.RegularExpressions;
using Stagedoor.Testing;

namespace Stagedoor.Clients.Tests;

/// <summary>What is in <c>eng/monitoring</c>.</summary>
internal static partial class MonitoringFiles
{
    internal static string Folder { get; } = Path.Combine(Checkout.Root, "eng", "monitoring");

    internal static string Rules => Read("alerts.yml");

    internal static JsonElement Dashboard => JsonSerializer.Deserialize<JsonElement>(Read("dashboard.json"));

    /// <summary>What the dashboard asks Prometheus for, with values in the place of its variables.</summary>
    internal static IReadOnlyList<string> DashboardExpressions =>
    [
        .. Dashboard.GetProperty("panels").EnumerateArray()
            .Where(static panel => panel.TryGetProperty("targets", out _))
            .SelectMany(static panel => panel.GetProperty("targets").EnumerateArray())
            .Concat(Dashboard.GetProperty("annotations").GetProperty("list").EnumerateArray())
            .Select(static target => target.GetProperty("expr").GetString()!
                .Replace("$job", "stagedoor", StringComparison.Ordinal)
                .Replace("$instance", ".*", StringComparison.Ordinal)
                .Replace("$__rate_interval", "1m", StringComparison.Ordinal)
                .Replace("$__range", "5m", StringComparison.Ordinal)),
    ];

    /// <summary>The same, and the conditions of all alerts.</summary>
    internal static IReadOnlyList<string> Expressions => [.. DashboardExpressions, .. Condition().Matches(Rules).Select(static m => m.Value)];

    internal static string Read(string name) => File.ReadAllText(Path.Combine(Folder, name));

    // From expr to the next member of the rule.
    [GeneratedRegex(@"(?<= expr: )(?:(?!\n        (?:for|labels):).)+", RegexOptions.Singleline, 10_000)]
    private static partial Regex Condition();
}
