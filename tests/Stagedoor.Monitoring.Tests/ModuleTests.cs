using System.Net;
using Stagedoor.Testing;
using Xunit;
using static Stagedoor.Monitoring.Tests.Dashboard;

namespace Stagedoor.Monitoring.Tests;

/// <summary>The dashboard as a module that runs without the registry, or not at all, and that had no database of its own once.</summary>
public sealed class ModuleTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_dashboard_runs_without_the_registry()
    {
        await using var app = await StagedoorApp.StartAsync(("Modules", "monitoring"));
        await UploadAsync(app, Report("alone", interfaces: Row("Provider.a.b")));

        using var registry = await app.Anonymous.GetAsync("/v4/default/registry/microservices", Cancellation);

        Assert.Single(await QueryAsync(app, "service=alone"));
        Assert.Equal(HttpStatusCode.NotFound, registry.StatusCode);
    }

    [Fact]
    public async Task The_registry_brings_the_dashboard_with_it_as_it_always_did()
    {
        await using var app = await StagedoorApp.StartAsync(("Modules", "discovery"));

        using var dashboard = await app.Anonymous.GetAsync("/v2/default/csemonitor/services", Cancellation);
        using var registry = await app.Anonymous.GetAsync("/v4/default/registry/microservices", Cancellation);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), (dashboard.StatusCode, registry.StatusCode));
    }

    [Fact]
    public async Task Without_both_there_is_no_dashboard()
    {
        await using var app = await StagedoorApp.StartAsync(("Modules", "images"));

        using var dashboard = await app.Admin.GetAsync("/v2/default/csemonitor/services", Cancellation);

        Assert.Equal(HttpStatusCode.NotFound, dashboard.StatusCode);
    }

    [Theory]
    [InlineData("Discovery:Anonymous", "never")]
    [InlineData("Discovery:Rbac:Enabled", "true")]
    public async Task Settings_of_the_engine_keep_strangers_out_without_the_registry_too(string key, string value)
    {
        await using var app = await StagedoorApp.StartAsync(("Modules", "monitoring"), (key, value));

        using var stranger = await app.Anonymous.GetAsync("/v2/default/csemonitor/services", Cancellation);
        using var admin = await app.Admin.GetAsync("/v2/default/csemonitor/services", Cancellation);

        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.OK), (stranger.StatusCode, admin.StatusCode));
    }

    [Fact]
    public async Task Minutes_in_the_database_of_discovery_are_brought_over()
    {
        await using var app = await StagedoorApp.StartAsync();
        var minute = app.Clock.GetUtcNow().AddHours(-2).ToUnixTimeMilliseconds() / 60_000 * 60_000;
        app.Sabotage("discovery").Execute($"""
            INSERT INTO metric_rollup
                (tenant, service, level, minute, app, version, instance, instance_id, slots, qps_sum, weight, latency_sum, failure_sum, p99, breaker_open)
            VALUES ('default/default', 'old', 'Provider', {minute}, 'shop', '1.0.0', 'host-1', '', 6, 18, 30, 300, 3, 71, 1)
            """);
        // Some of the same minute is there already.
        app.Sabotage("monitoring").Execute($"""
            INSERT INTO metric_rollup
                (tenant, service, level, minute, app, version, instance, instance_id, slots, qps_sum, weight, latency_sum, failure_sum, p99, breaker_open)
            VALUES ('default/default', 'old', 'Provider', {minute}, 'shop', '1.0.0', 'host-1', '', 3, 9, 15, 150, 0, 40, 0)
            """);

        await app.RestartAsync();

        await Eventually.TrueAsync("the minute is brought over", TimeSpan.FromSeconds(30), async () =>
        {
            var points = await SeriesAsync(app, $"service=old&from={minute}&step=60");
            return points is [var point] && point.GetProperty("p99").GetDouble() is 71;
        });
        var brought = Assert.Single(await SeriesAsync(app, $"service=old&from={minute}&step=60"));
        Assert.Equal((3, 10, true), (brought.GetProperty("qps").GetDouble(), brought.GetProperty("latency").GetDouble(), brought.GetProperty("breakerOpen").GetBoolean()));
        Assert.Equal(0, app.Sabotage("discovery").Count("metric_rollup"));
    }
}
