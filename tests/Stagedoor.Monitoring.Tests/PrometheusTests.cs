using Stagedoor.Testing;
using Xunit;
using static Stagedoor.Monitoring.Tests.Dashboard;

namespace Stagedoor.Monitoring.Tests;

/// <summary>Metrics of services among the process's own.</summary>
public sealed class PrometheusTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_interface_is_a_series_of_each_gauge_until_it_is_silent()
    {
        await using var app = await StagedoorApp.StartAsync(("Discovery:Metrics:MaxPrometheusSeries", "100"));
        var row = Row("Provider.a.\"b\"", qps: 2.5, latency: 20, total: 10, failure: 4);
        row["circuitBreakerOpen"] = true;
        await UploadAsync(app, Report("gauged", "host-1", row, Row("Consumer.a.\"b\"", qps: 1)));

        var seen = await GaugesAsync(app, "gauged");
        app.Clock.Advance(TimeSpan.FromSeconds(61));
        var silent = await GaugesAsync(app, "gauged");

        const string Labels = """tenant="default/default",app="shop",service="gauged",version="1.0.0",instance="host-1",function="a.\"b\"",type="Provider" """;
        var labels = Labels.TrimEnd();
        Assert.Equal(8, seen.Count);
        Assert.Contains($"stagedoor_cse_qps{{{labels}}} 2.5", seen);
        Assert.Contains($"stagedoor_cse_latency_seconds{{{labels}}} 0.02", seen);
        Assert.Contains($"stagedoor_cse_failure_ratio{{{labels}}} 0.4", seen);
        Assert.Contains($"stagedoor_cse_breaker_open{{{labels}}} 1", seen);
        Assert.Empty(silent);
    }

    [Theory]
    [InlineData(2, "c,b")]
    [InlineData(3, "c,b,a")]
    [InlineData(0, "")]
    public async Task Only_the_busiest_are_shown(int max, string expected)
    {
        await using var app = await StagedoorApp.StartAsync(("Discovery:Metrics:MaxPrometheusSeries", $"{max}"));
        var service = $"busy-{max}";
        await UploadAsync(app, Report(service, "host-1", Row("Provider.a", qps: 1), Row("Provider.b", qps: 2), Row("Provider.c", qps: 3)));

        var shown = (await GaugesAsync(app, service)).Where(static l => l.StartsWith("stagedoor_cse_qps", StringComparison.Ordinal)).ToList();

        Assert.Equal(
            expected.Split(',', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal),
            shown.Select(static l => l.Split("function=\"")[1][..1]).Order(StringComparer.Ordinal));
    }

    private static async Task<List<string>> GaugesAsync(StagedoorApp app, string service)
    {
        var text = await app.Anonymous.GetStringAsync("/metrics", Cancellation);
        return [.. text.Split('\n').Where(l => l.Contains($"service=\"{service}\"", StringComparison.Ordinal))];
    }
}
