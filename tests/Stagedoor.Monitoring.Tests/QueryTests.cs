using System.Text.Json;
using System.Text.Json.Nodes;
using Stagedoor.Testing;
using Xunit;
using static Stagedoor.Monitoring.Tests.Dashboard;

namespace Stagedoor.Monitoring.Tests;

/// <summary>What is told of the metrics at one time.</summary>
public sealed class QueryTests(Dashboard dashboard) : IClassFixture<Dashboard>
{
    private const string Invalid = "SVCSTG.CSE.4001000";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [Provokes(Invalid)]
    [InlineData("")]
    [InlineData("?service=")]
    [InlineData("?service=%20,%20")]
    [InlineData("?instance=a")]
    public async Task A_question_names_a_service(string query)
    {
        using var response = await dashboard.App.Anonymous.GetAsync($"/v3/default/csemonitor/metric{query}", Cancellation);

        await response.ShouldFailAsync(400, Invalid);
    }

    [Fact]
    public async Task A_question_names_at_most_100_services()
    {
        Assert.Empty(await dashboard.QueryAsync("service=" + string.Join(',', Enumerable.Range(0, 100).Select(static i => $"none-{i}"))));

        using var response = await dashboard.App.Anonymous.GetAsync(
            "/v3/default/csemonitor/metric?service=" + string.Join(',', Enumerable.Range(0, 101)), Cancellation);
        await response.ShouldFailAsync(400, Invalid);
    }

    [Fact]
    public async Task A_service_that_nobody_reports_has_no_rows()
    {
        using var response = await dashboard.App.Anonymous.GetAsync("/v3/default/csemonitor/metric?service=ghost", Cancellation);

        await response.ShouldFailWithAsync(200, """{"success":[]}""");
    }

    [Fact]
    public async Task A_services_row_adds_up_what_its_instances_serve()
    {
        var first = Row("Provider.a.b", qps: 2, latency: 10, total: 30, failure: 3);
        first["l99"] = 50;
        var second = Row("Provider.a.b", qps: 3, latency: 50, total: 10, failure: 1);
        second["l99"] = 40;
        second["circuitBreakerOpen"] = true;
        second["countTimeout"] = 2;
        var third = Row("Provider.a.c", qps: 1, latency: 0, total: 0);
        var calls = Row("Consumer.other.a.b", qps: 100, latency: 1_000, total: 1_000, failure: 1_000);
        await dashboard.UploadAsync(Detailed("sums", "host-1", 10, first, calls));
        await dashboard.UploadAsync(Detailed("sums", "host-2", 20, second, third));

        var row = Assert.Single(await dashboard.QueryAsync("service=sums"));

        double Number(string name) => row.GetProperty(name).GetDouble();
        Assert.Equal((6, 40, 4, 2), (Number("qps"), Number("total"), Number("failure"), Number("countTimeout")));
        // 41 requests: those of a row without a total count by their rate.
        Assert.Equal((19.512, 9.756, 90.244), (Number("latency"), Number("failureRate"), Number("rate")));
        Assert.Equal((50, 0.333, true), (Number("l99"), Number("breakerRateAgg"), row.GetProperty("circuitBreakerOpen").GetBoolean()));
        Assert.Equal((2, 2), (row.GetProperty("instanceCount").GetInt32(), row.GetProperty("functionCount").GetInt32()));
        Assert.Equal((30, 15, 300), (Number("thread"), Number("cpu"), row.GetProperty("memory").GetProperty("heapUsed").GetDouble()));
        Assert.False(row.TryGetProperty("instance", out _));
        Assert.False(row.TryGetProperty("functionName", out _));
    }

    [Fact]
    public async Task An_instance_is_named_by_host_or_id()
    {
        var report = Report("two", "host-1", Row("Provider.a.b"));
        (report["serviceId"], report["instanceId"]) = ("s1", "i1");
        await dashboard.UploadAsync(report);
        await dashboard.UploadAsync(Report("two", "host-2", Row("Provider.a.b")));

        Assert.Equal("host-1", Assert.Single(await dashboard.QueryAsync("service=two&instance=i1")).GetProperty("instance").GetString());
        Assert.Equal("host-2", Assert.Single(await dashboard.QueryAsync("service=two&instance=host-2")).GetProperty("instance").GetString());
        Assert.Empty(await dashboard.QueryAsync("service=two&instance=host-3"));
    }

    [Fact]
    public async Task A_function_is_a_row_for_each_instance()
    {
        await dashboard.UploadAsync(Report("fn", "host-1", Row("Provider.a.b"), Row("Provider.a.c")));
        await dashboard.UploadAsync(Report("fn", "host-2", Row("Provider.a.b"), Row("Consumer.a.b")));

        Assert.Equal(3, (await dashboard.QueryAsync("service=fn&function=a.b")).Count);
        Assert.Equal(2, (await dashboard.QueryAsync("service=fn&function=Provider.a.b")).Count);
        Assert.Single(await dashboard.QueryAsync("service=fn&function=Provider.a.b&instance=host-2"));
        Assert.Single(await dashboard.QueryAsync("service=fn&function=a.c&flag=all"));
    }

    [Fact]
    public async Task The_flag_all_expands_every_level()
    {
        await dashboard.UploadAsync(Report("levels", "host-2", Row("Provider.a.b")));
        await dashboard.UploadAsync(Report("levels", "host-1", Row("Consumer.a.b"), Row("other"), Row("Provider.a.b")));

        var all = await dashboard.QueryAsync("service=levels&flag=all");
        var one = await dashboard.QueryAsync("service=levels&instance=host-1&flag=ALL");

        Assert.Equal(
            ["-/-", "host-1/-", "host-1/Provider a.b", "host-1/Consumer a.b", "host-1/Unknown other", "host-2/-", "host-2/Provider a.b"],
            all.ConvertAll(Label));
        Assert.Equal(["host-1/-", "host-1/Provider a.b", "host-1/Consumer a.b", "host-1/Unknown other"], one.ConvertAll(Label));
    }

    [Fact]
    public async Task Services_of_two_applications_are_two_rows_and_versions_are_one()
    {
        foreach (var (app, version) in ((string, string)[])[("shop", "1.0.0"), ("shop", "2.0.0"), ("bank", "1.0.0")])
        {
            var report = Report("spread", "host-1", Row("Provider.a.b", qps: 1));
            (report["appId"], report["version"]) = (app, version);
            await dashboard.UploadAsync(report);
        }

        var rows = await dashboard.QueryAsync("service=spread,spread,ghost");

        Assert.Equal(
            ["bank 1.0.0 1", "shop 1.0.0,2.0.0 2"],
            rows.Select(static r => $"{r.GetProperty("appId")} {r.GetProperty("version")} {r.GetProperty("qps")}"));
    }

    [Fact]
    public async Task An_answer_has_at_most_10000_rows()
    {
        // The service, five instances, and their interfaces.
        for (var i = 0; i < 5; i++)
        {
            await dashboard.UploadAsync(Report("huge", $"host-{i}", [.. Enumerable.Range(0, i < 4 ? 2_000 : 1_994).Select(static n => Row($"Provider.a.{n}"))]));
        }

        var fits = await dashboard.QueryAsync("service=huge&flag=all");
        await dashboard.UploadAsync(Report("huge", "host-4", Row("Provider.b")));
        using var exceeds = await dashboard.App.Anonymous.GetAsync("/v3/default/csemonitor/metric?service=huge&flag=all", Cancellation);

        Assert.Equal(10_000, fits.Count);
        await exceeds.ShouldFailAsync(400, Invalid);
    }

    [Fact]
    public async Task Numbers_beyond_measure_can_still_be_told()
    {
        using var response = await dashboard.SendAsync(
            """
            {"name":"beyond","appId":"shop","version":"1","instance":"a","cpu":1e999,"uptime":"Infinity",
             "interfaces":[{"name":"Provider.a","qps":1e308,"total":1e308,"latency":"Infinity","l99":1e999},{"name":"Provider.b","qps":1e308,"total":1e308,"latency":1e308}]}
            """);
        Assert.Equal(200, (int)response.StatusCode);

        Assert.Equal(2e15, Assert.Single(await dashboard.QueryAsync("service=beyond")).GetProperty("qps").GetDouble());
        Assert.Single(await dashboard.QueryAsync("service=beyond&instance=a"));
        Assert.NotEmpty(await SeriesAsync(dashboard.App, "service=beyond"));
    }

    [Fact]
    public async Task The_overview_has_a_row_for_each_service_and_the_colour_of_its_breakers()
    {
        var open = Row("Consumer.far.a.b");
        open["circuitBreakerOpen"] = true;
        await dashboard.UploadAsync(Report("calm", "host-1", Row("Provider.a.b", qps: 3, latency: 5, total: 30, failure: 3)));
        await dashboard.UploadAsync(Report("mixed", "host-1", open.DeepClone().AsObject()));
        await dashboard.UploadAsync(Report("mixed", "host-2", Row("Provider.a.b")));
        await dashboard.UploadAsync(Report("alarmed", "host-1", open));

        var services = (await GetAsync(dashboard.App, "/v2/default/csemonitor/services")).GetProperty("services").EnumerateArray()
            .Where(static s => s.GetProperty("name").GetString() is "calm" or "mixed" or "alarmed")
            .ToDictionary(static s => s.GetProperty("name").GetString()!, StringComparer.Ordinal);

        Assert.Equal(
            """{"appId":"shop","name":"calm","versions":["1.0.0"],"time":0,"instances":1,"qps":3,"total":30,"failure":3,"failureRate":10,"latency":5,"p99":0,"breaker":"green","openInstances":0}""",
            WithoutTime(services["calm"]));
        Assert.Equal(("amber", 1, 2), (
            services["mixed"].GetProperty("breaker").GetString(), services["mixed"].GetProperty("openInstances").GetInt32(), services["mixed"].GetProperty("instances").GetInt32()));
        Assert.Equal("red", services["alarmed"].GetProperty("breaker").GetString());
    }

    [Fact]
    public async Task What_is_silent_for_a_minute_is_hidden()
    {
        await using var app = await StagedoorApp.StartAsync();
        await UploadAsync(app, Report("fading", "host-1", Row("Provider.a.b")));
        app.Clock.Advance(TimeSpan.FromSeconds(30));
        await UploadAsync(app, Report("fading", "host-2", Row("Provider.a.b")));
        app.Clock.Advance(TimeSpan.FromSeconds(31));

        Assert.Equal("host-2", Assert.Single(await QueryAsync(app, "service=fading&function=a.b")).GetProperty("instance").GetString());
        Assert.Equal(1, Assert.Single(await QueryAsync(app, "service=fading")).GetProperty("instanceCount").GetInt32());

        app.Clock.Advance(TimeSpan.FromSeconds(30));
        Assert.Empty(await QueryAsync(app, "service=fading"));
        Assert.Empty((await GetAsync(app, "/v2/default/csemonitor/services")).GetProperty("services").EnumerateArray());
    }

    [Fact]
    public async Task The_call_graph_joins_callers_and_whom_they_call()
    {
        await using var app = await StagedoorApp.StartAsync();
        await UploadAsync(app, Report(
            "front", "host-1", Row("Consumer.order.api.create", qps: 2, latency: 10, total: 20), Row("Consumer.order.api.list", qps: 1, latency: 40, total: 10, failure: 3)));
        await UploadAsync(app, Report("front", "host-2", Row("Consumer.bank:pay.api.pay", qps: 4), Row("Consumer.dotted.name.api.go", qps: 5), Row("Provider.a.b", qps: 9)));
        await UploadAsync(app, Report("order", "host-1", Row("Provider.api.create")));
        await UploadAsync(app, Report("dotted.name", "host-1"));

        var graph = await GetAsync(app, "/v2/default/csemonitor/topology");

        Assert.Equal(
            ["bank/pay False", "shop/dotted.name True", "shop/front True", "shop/order True"],
            graph.GetProperty("services").EnumerateArray().Select(static s => $"{s.GetProperty("appId")}/{s.GetProperty("name")} {s.GetProperty("reports")}"));
        Assert.Equal(
            [
                """{"from":{"appId":"shop","name":"front"},"to":{"appId":"bank","name":"pay"},"qps":4,"total":10,"failureRate":0,"latency":10,"p99":0,"breakerOpen":false}""",
                """{"from":{"appId":"shop","name":"front"},"to":{"appId":"shop","name":"dotted.name"},"qps":5,"total":10,"failureRate":0,"latency":10,"p99":0,"breakerOpen":false}""",
                """{"from":{"appId":"shop","name":"front"},"to":{"appId":"shop","name":"order"},"qps":3,"total":30,"failureRate":10,"latency":20,"p99":0,"breakerOpen":false}""",
            ],
            graph.GetProperty("calls").EnumerateArray().Select(static c => c.GetRawText()));
    }

    private static JsonObject Detailed(string service, string instance, double number, params JsonObject[] rows)
    {
        var report = Report(service, instance, rows);
        (report["thread"], report["cpu"], report["memory"]) = (number, number, new JsonObject { ["heapUsed"] = number * 10 });
        return report;
    }

    private static string Label(JsonElement row) =>
        $"{(row.TryGetProperty("instance", out var instance) ? instance.GetString() : "-")}/"
        + (row.TryGetProperty("functionName", out var function) ? $"{row.GetProperty("functionType")} {function}" : "-");

    private static string WithoutTime(JsonElement row)
    {
        var node = JsonNode.Parse(row.GetRawText())!;
        node["time"] = 0;
        return node.ToJsonString();
    }
}
