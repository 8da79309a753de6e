using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Monitoring.Rollups;
using Stagedoor.Testing;
using Xunit;
using static Stagedoor.Monitoring.Tests.Dashboard;

namespace Stagedoor.Monitoring.Tests;

/// <summary>Metrics over time: from memory, and from the database for what came before.</summary>
public sealed class SeriesTests(Dashboard dashboard) : IClassFixture<Dashboard>
{
    private const string Invalid = "SVCSTG.CSE.4001000";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [Provokes(Invalid)]
    [InlineData("")]
    [InlineData("service=%20")]
    [InlineData("service=a&from=yesterday")]
    [InlineData("service=a&to=-1")]
    [InlineData("service=a&from=10&to=10")]
    [InlineData("service=a&from=99999999999999999999")]
    [InlineData("service=a&to=0")]
    [InlineData("service=a&step=9")]
    [InlineData("service=a&step=15")]
    [InlineData("service=a&step=86410")]
    [InlineData("service=a&type=both")]
    [InlineData("service=a&from=0&to=15010000&step=10")]
    public async Task A_question_that_makes_no_sense_is_refused(string query)
    {
        using var response = await dashboard.App.Anonymous.GetAsync($"/v2/default/csemonitor/series?{query}", Cancellation);

        await response.ShouldFailAsync(400, Invalid);
    }

    [Theory]
    [InlineData("service=a&step=10")]
    [InlineData("service=a&step=86400&from=1750000000000")]
    [InlineData("service=a&type=CONSUMER")]
    [InlineData("service=a&from=0&to=15000000&step=10")]
    [InlineData("service=a&from=9000000000000&to=9100000000000")]
    [InlineData("service=a&from=&to=&step=&instance=&function=")]
    public async Task A_series_of_nothing_has_no_points(string query) => Assert.Empty(await SeriesAsync(dashboard.App, query));

    [Fact]
    public async Task A_report_is_a_point()
    {
        await dashboard.UploadAsync(Report(
            "point", "host-1", Row("Provider.a.b", qps: 2, latency: 10, total: 30, failure: 3), Row("Provider.a.c", qps: 1, latency: 50, total: 10), Row("Consumer.x.y", qps: 8)));

        var point = (await SeriesAsync(dashboard.App, "service=point"))[^1];

        Assert.Equal(
            (3, 20, 7.5, 0, false),
            (Number(point, "qps"), Number(point, "latency"), Number(point, "failureRate"), Number(point, "p99"), point.GetProperty("breakerOpen").GetBoolean()));
        Assert.Equal(0, Number(point, "time") % 10_000);
        Assert.Equal(8, Number((await SeriesAsync(dashboard.App, "service=point&type=consumer"))[^1], "qps"));
        Assert.Equal(1, Number((await SeriesAsync(dashboard.App, "service=point&function=a.c"))[^1], "qps"));
        Assert.Equal(8, Number((await SeriesAsync(dashboard.App, "service=point&function=Consumer.x.y"))[^1], "qps"));
        Assert.Equal(3, Number((await SeriesAsync(dashboard.App, "service=point&instance=host-1&appId=shop"))[^1], "qps"));
        Assert.Empty(await SeriesAsync(dashboard.App, "service=point&instance=host-2"));
        Assert.Empty(await SeriesAsync(dashboard.App, "service=point&appId=bank"));
    }

    [Fact]
    public async Task Points_follow_each_other_and_longer_steps_are_means()
    {
        await using var app = await StagedoorApp.StartAsync();

        // From a minute's beginning on: its mean stands for the slots in which nothing was told, once it is rolled up.
        app.Clock.Advance(TimeSpan.FromMilliseconds(60_000 - (app.Clock.GetUtcNow().ToUnixTimeMilliseconds() % 60_000)));
        var from = app.Clock.GetUtcNow().ToUnixTimeMilliseconds();
        for (var i = 1; i <= 6; i++)
        {
            await UploadAsync(app, Report("steps", "host-1", Row("Provider.a.b", qps: i)));
            app.Clock.Advance(TimeSpan.FromSeconds(10));
        }

        Assert.Equal([1, 2, 3, 4, 5, 6], (await SeriesAsync(app, $"service=steps&from={from}")).Select(static p => Number(p, "qps")).Distinct());
        Assert.InRange(Number(Assert.Single(await SeriesAsync(app, "service=steps&step=86400")), "qps"), 3, 4.5);
    }

    [Fact]
    public async Task Minutes_are_rolled_up_and_outlive_memory_and_process()
    {
        await using var app = await StagedoorApp.StartAsync();
        await UploadAsync(app, Report("durable", "host-1", Row("Provider.a.b", qps: 4, latency: 20, total: 40, failure: 10), Row("Consumer.x.y", qps: 1)));
        app.Clock.Advance(TimeSpan.FromMinutes(1));
        await RollUpAsync(app);
        app.Clock.Advance(TimeSpan.FromMinutes(10));
        await RollUpAsync(app);

        Assert.Empty(await SeriesAsync(app, "service=durable"));
        var before = await SeriesAsync(app, $"service=durable&from={Ago(app, 20)}&step=60");
        await app.RestartAsync();
        var after = await SeriesAsync(app, $"service=durable&from={Ago(app, 20)}&step=60");

        var point = Assert.Single(before);
        Assert.Equal((4, 20, 25), (Number(point, "qps"), Number(point, "latency"), Number(point, "failureRate")));
        Assert.Equal(point.GetRawText(), Assert.Single(after).GetRawText());
        Assert.Equal(1, Number(Assert.Single(await SeriesAsync(app, $"service=durable&from={Ago(app, 20)}&step=60&type=consumer")), "qps"));
        Assert.Single(await SeriesAsync(app, $"service=durable&from={Ago(app, 20)}&step=60&instance=host-1"));
        Assert.Empty(await SeriesAsync(app, $"service=durable&from={Ago(app, 20)}&step=60&instance=host-2"));
        Assert.Empty(await SeriesAsync(app, $"service=durable&from={Ago(app, 20)}&step=60&function=a.b"));
    }

    [Fact]
    public async Task What_was_reported_last_before_a_restart_is_not_lost()
    {
        await using var app = await StagedoorApp.StartAsync();
        await UploadAsync(app, Report("restarted", "host-1", Row("Provider.a.b", qps: 4)));

        await app.RestartAsync();
        var before = await SeriesAsync(app, $"service=restarted&from={Ago(app, 5)}&step=60");
        await UploadAsync(app, Report("restarted", "host-1", Row("Provider.a.b", qps: 4)));
        await app.RestartAsync();
        var after = await SeriesAsync(app, $"service=restarted&from={Ago(app, 5)}&step=60");

        Assert.All(before, static p => Assert.Equal(4, Number(p, "qps")));
        Assert.NotEmpty(before);
        // Two parts of one minute are its mean, not its sum.
        Assert.All(after, static p => Assert.Equal(4, Number(p, "qps")));
    }

    [Fact]
    public async Task Minutes_wait_for_a_dead_database_and_are_written_when_it_is_back()
    {
        await using var app = await StagedoorApp.StartAsync();
        using (app.Sabotage("monitoring").Unreadable("metric_rollup"))
        {
            await UploadAsync(app, Report("patient", "host-1", Row("Provider.a.b", qps: 4)));
            app.Clock.Advance(TimeSpan.FromMinutes(1));
            await RollUpAsync(app);
            await RollUpAsync(app);
            Assert.Equal(1, app.Services.GetRequiredService<RollupWriter>().Waiting);
        }

        app.Clock.Advance(TimeSpan.FromMinutes(10));
        await RollUpAsync(app);

        Assert.Equal(0, app.Services.GetRequiredService<RollupWriter>().Waiting);
        Assert.Single(await SeriesAsync(app, $"service=patient&from={Ago(app, 20)}&step=60"));
    }

    [Fact]
    [Provokes("500003")]
    public async Task History_that_cannot_be_read_is_an_internal_error_and_the_last_minutes_are_told_all_the_same()
    {
        await using var app = await StagedoorApp.StartAsync();
        await UploadAsync(app, Report("blind", "host-1", Row("Provider.a.b")));
        app.Clock.Advance(TimeSpan.FromMinutes(6));
        await UploadAsync(app, Report("blind", "host-1", Row("Provider.a.b")));
        using var fault = app.Sabotage("monitoring").Unreadable("metric_rollup");

        using var old = await app.Anonymous.GetAsync($"/v2/default/csemonitor/series?service=blind&from={Ago(app, 60)}", Cancellation);

        await old.ShouldFailAsync(500, "500003");
        Assert.NotEmpty(await SeriesAsync(app, $"service=blind&from={Ago(app, 4)}"));
    }

    [Fact]
    public async Task Old_minutes_are_removed()
    {
        await using var app = await StagedoorApp.StartAsync(("Discovery:Metrics:RollupDays", "2"));
        await UploadAsync(app, Report("aged", "host-1", Row("Provider.a.b")));
        app.Clock.Advance(TimeSpan.FromMinutes(1));
        await RollUpAsync(app);

        app.Clock.Advance(TimeSpan.FromHours(47));
        await RollUpAsync(app);
        var kept = await SeriesAsync(app, $"service=aged&from={Ago(app, 3 * 24 * 60)}");
        app.Clock.Advance(TimeSpan.FromHours(2));
        await RollUpAsync(app);

        Assert.NotEmpty(kept);
        Assert.Empty(await SeriesAsync(app, $"service=aged&from={Ago(app, 3 * 24 * 60)}"));
    }

    [Fact]
    public async Task With_no_days_nothing_is_rolled_up_and_what_there_was_is_removed()
    {
        await using var app = await StagedoorApp.StartAsync();
        await UploadAsync(app, Report("private", "host-1", Row("Provider.a.b")));
        await app.RestartAsync(("Discovery:Metrics:RollupDays", "0"));
        await UploadAsync(app, Report("private", "host-1", Row("Provider.a.b")));
        app.Clock.Advance(TimeSpan.FromMinutes(10));
        await RollUpAsync(app);

        Assert.Empty(await SeriesAsync(app, $"service=private&from={Ago(app, 60)}"));
    }

    [Fact]
    public async Task Tenants_have_histories_of_their_own()
    {
        await using var app = await StagedoorApp.StartAsync();
        await UploadAsync(app, Report("mine", "host-1", Row("Provider.a.b")));
        await app.RestartAsync();

        Assert.NotEmpty(await SeriesAsync(app, "service=mine"));
        Assert.Empty((await GetAsync(app, "/v2/other/csemonitor/series?service=mine")).GetProperty("points").EnumerateArray());
    }

    private static Task RollUpAsync(StagedoorApp app) => app.Services.GetRequiredService<RollupWriter>().RollUpAsync(isLast: false, Cancellation);

    private static long Ago(StagedoorApp app, int minutes) => app.Clock.GetUtcNow().AddMinutes(-minutes).ToUnixTimeMilliseconds();

    private static double Number(JsonElement point, string name) => point.GetProperty(name).GetDouble();
}
