using System.Text.RegularExpressions;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>What a server that works shows in <c>/metrics</c> is what <c>docs/metrics.md</c> says, and what rules and dashboard ask for.</summary>
public sealed partial class MetricTests(MonitoredProcess monitored) : IClassFixture<MonitoredProcess>
{
    // The audit log is looked at minutes after the start, and the collector comes every half hour.
    private static readonly string[] s_later = ["stagedoor_audit_check_timestamp_seconds", "stagedoor_images_collector_end_timestamp_seconds"];

    private static string Page => File.ReadAllText(Path.Combine(Checkout.Root, "docs", "metrics.md"));

    [Fact]
    public void A_scrape_and_the_page_of_metrics_name_the_same() => Assert.Equal(
        Row().Matches(Page).Select(static m => $"{m.Groups["name"].Value} {m.Groups["kind"].Value}").Order(StringComparer.Ordinal),
        Type().Matches(monitored.Scrape).Select(static m => $"{m.Groups["name"].Value} {m.Groups["kind"].Value}").Order(StringComparer.Ordinal));

    [Fact]
    public void Each_metric_has_a_series_with_the_labels_of_the_page()
    {
        var series = Series().Matches(monitored.Scrape).ToLookup(
            static m => Suffix().Replace(m.Groups["name"].Value, ""),
            static m => string.Join(' ', Label().Matches(m.Groups["labels"].Value).Select(static l => l.Groups["name"].Value).Where(static l => l is not "le")),
            StringComparer.Ordinal);

        Assert.All(Row().Matches(Page).Where(static m => !s_later.Contains(m.Groups["name"].Value, StringComparer.Ordinal)), row =>
        {
            // A histogram's parts have its name, as far as the suffix.
            var found = series[row.Groups["name"].Value].Distinct(StringComparer.Ordinal);
            var labels = string.Join(' ', Code().Matches(row.Groups["labels"].Value).Select(static m => m.Groups["text"].Value));
            Assert.True(found.SequenceEqual([labels], StringComparer.Ordinal), $"{row.Groups["name"].Value}: the page has [{labels}], a scrape [{string.Join("; ", found)}]");
        });
    }

    [Fact]
    public async Task Promtool_finds_nothing_wrong_with_a_scrape()
    {
        Tool.Require("promtool");

        var result = await Tool.RunAsync(new ToolCall("promtool", ["check", "metrics"]) { Input = monitored.Scrape });

        Assert.Empty(result.ShouldSucceed().Error + result.Output);
    }

    [Fact]
    public void What_rules_and_dashboard_ask_for_is_there()
    {
        var there = Type().Matches(monitored.Scrape).Select(static m => m.Groups["name"].Value).ToHashSet(StringComparer.Ordinal);

        Assert.All(MonitoringFiles.Expressions, expression => Assert.All(
            Metric().Matches(expression).Select(static m => m.Value),
            name => Assert.True(there.Contains(name) || there.Contains(Suffix().Replace(name, "")), $"{expression} asks for {name}, which no scrape shows.")));
    }

    [GeneratedRegex(@"^\| `(?<name>\w+)` \| (?<kind>\w+) \| [^|]* \| (?<labels>[^|]*) \|", RegexOptions.Multiline | RegexOptions.NonBacktracking)]
    private static partial Regex Row();

    [GeneratedRegex(@"^# TYPE (?<name>\w+) (?<kind>\w+)$", RegexOptions.Multiline | RegexOptions.NonBacktracking)]
    private static partial Regex Type();

    [GeneratedRegex(@"^(?<name>[a-z]\w*)(?:\{(?<labels>.*)\})? [^ ]+$", RegexOptions.Multiline | RegexOptions.NonBacktracking)]
    private static partial Regex Series();

    [GeneratedRegex(@"(?<name>\w+)=""(?:[^""\\]|\\.)*""", RegexOptions.NonBacktracking)]
    private static partial Regex Label();

    [GeneratedRegex("`(?<text>[^`]+)`", RegexOptions.NonBacktracking)]
    private static partial Regex Code();

    [GeneratedRegex("_(?:bucket|sum|count)$", RegexOptions.NonBacktracking)]
    private static partial Regex Suffix();

    [GeneratedRegex(@"\b(?:stagedoor|process|dotnet)_\w+", RegexOptions.NonBacktracking)]
    private static partial Regex Metric();
}
