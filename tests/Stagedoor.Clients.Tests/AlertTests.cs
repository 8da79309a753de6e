using System.Text.RegularExpressions;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>The rules, the configuration and the dashboard of <c>eng/monitoring</c>, without a server.</summary>
public sealed partial class AlertTests
{
    public static TheoryData<string> Alerts => [.. Alert().Matches(MonitoringFiles.Rules).Select(static m => m.Groups["name"].Value)];

    [Theory]
    [InlineData("check", "config", "prometheus.yml")]
    [InlineData("check", "rules", "alerts.yml")]
    [InlineData("test", "rules", "alerts.test.yml")]
    public async Task Promtool_finds_nothing_wrong(params string[] arguments)
    {
        Tool.Require("promtool");

        var result = await Tool.RunAsync(new ToolCall("promtool", arguments) { Folder = MonitoringFiles.Folder });

        Assert.Contains("SUCCESS", result.ShouldSucceed().Output, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Alerts))]
    public void Each_alert_is_tested_firing_and_quiet(string alert)
    {
        var tests = MonitoringFiles.Read("alerts.test.yml");

        Assert.Contains($"- name: {alert} fires\n", tests, StringComparison.Ordinal);
        Assert.Contains($"- name: {alert} is quiet\n", tests, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_alert_says_what_to_do_in_a_section_that_is_there()
    {
        var sections = Heading().Matches(File.ReadAllText(Path.Combine(Checkout.Root, "docs", "troubleshooting.md")))
            .Select(static m => Slug(m.Groups["title"].Value)).ToHashSet(StringComparer.Ordinal);
        var books = Book().Matches(MonitoringFiles.Rules).Select(static m => m.Groups["section"].Value).ToList();

        Assert.Equal(Alerts.Count, books.Count);
        Assert.All(books, section => Assert.True(sections.Contains(section), $"docs/troubleshooting.md has no section #{section}."));
    }

    [Fact]
    public void Each_panel_has_an_id_of_its_own_and_a_title()
    {
        var panels = MonitoringFiles.Dashboard.GetProperty("panels").EnumerateArray().ToList();

        Assert.Equal(panels.Count, panels.Select(static p => p.GetProperty("id").GetInt32()).Distinct().Count());
        Assert.Equal(
            ["Overview", "Gateway", "Images", "Discovery", "Storage", "Process"],
            panels.Where(static p => p.GetProperty("type").GetString() is "row").Select(static p => p.GetProperty("title").GetString()));
        Assert.All(panels, static p => Assert.NotEmpty(p.GetProperty("title").GetString()!));
    }

    // As GitHub and the product's own pages make the anchor of a heading.
    private static string Slug(string title) =>
        string.Concat(title.ToLowerInvariant().Where(static c => char.IsLetterOrDigit(c) || c is ' ' or '-' or '_')).Replace(' ', '-');

    [GeneratedRegex("- alert: (?<name>\\w+)", RegexOptions.NonBacktracking)]
    private static partial Regex Alert();

    [GeneratedRegex("runbook_url: \"http://\\{\\{ \\$labels.instance \\}\\}/docs/troubleshooting#(?<section>[a-z0-9-]+)\"", RegexOptions.NonBacktracking)]
    private static partial Regex Book();

    [GeneratedRegex("^##+ (?<title>.+)$", RegexOptions.Multiline | RegexOptions.NonBacktracking)]
    private static partial Regex Heading();
}
