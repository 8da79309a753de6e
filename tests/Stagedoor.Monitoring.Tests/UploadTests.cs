using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Stagedoor.Testing;
using Xunit;
using static Stagedoor.Monitoring.Tests.Dashboard;

namespace Stagedoor.Monitoring.Tests;

/// <summary>What publishers send, with all their ways.</summary>
public sealed class UploadTests(Dashboard dashboard) : IClassFixture<Dashboard>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_report_is_answered_with_an_empty_object()
    {
        using var response = await dashboard.SendAsync(Report("plain", "host-1", Row("Provider.a.b")).ToJsonString());

        Assert.Equal("application/json", response.Content.Headers.ContentType?.ToString());
        await response.ShouldFailWithAsync(200, "{}");
    }

    [Fact]
    public async Task The_first_generations_path_is_the_default_projects()
    {
        using var response = await dashboard.App.Anonymous.PostAsync(
            "/csemonitor/v1/metric?service=elder", new StringContent(Report("elder").ToJsonString()), Cancellation);

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Single(await dashboard.QueryAsync("service=elder"));
    }

    [Theory]
    [InlineData("no-type", null)]
    [InlineData("text-type", "text/plain")]
    [InlineData("json-type", "application/json; charset=UTF-8")]
    public async Task Any_content_type_or_none_is_a_report(string service, string? type)
    {
        using var content = new StringContent(Report(service).ToJsonString());
        content.Headers.ContentType = type is null ? null : MediaTypeHeaderValue.Parse(type);
        using var response = await dashboard.App.Anonymous.PostAsync("/v2/default/csemonitor/metric", content, Cancellation);

        Assert.Equal(200, (int)response.StatusCode);
    }

    [Theory]
    [InlineData("rows-null", "null")]
    [InlineData("rows-none", "[]")]
    [InlineData("rows-items-null", """{"items":null}""")]
    [InlineData("rows-items-none", """{"items":[],"other":[{}]}""")]
    public async Task A_first_report_without_rows_shows_the_instance(string service, string interfaces)
    {
        var report = Report(service);
        report["interfaces"] = JsonNode.Parse(interfaces);

        await dashboard.UploadAsync(report);

        var row = Assert.Single(await dashboard.QueryAsync($"service={service}"));
        Assert.Equal((1, 0), (row.GetProperty("instanceCount").GetInt32(), row.GetProperty("functionCount").GetInt32()));
    }

    [Fact]
    public async Task Rows_may_be_left_out()
    {
        var report = Report("rows-absent");
        report.Remove("interfaces");

        await dashboard.UploadAsync(report);

        Assert.Single(await dashboard.QueryAsync("service=rows-absent"));
    }

    [Fact]
    public async Task Rows_may_stand_in_items()
    {
        var report = Report("rows-in-items");
        report["interfaces"] = new JsonObject { ["items"] = new JsonArray(Row("Provider.a.b", qps: 7)) };

        await dashboard.UploadAsync(report);

        Assert.Equal(7, Assert.Single(await dashboard.QueryAsync("service=rows-in-items")).GetProperty("qps").GetDouble());
    }

    [Fact]
    public async Task Numbers_may_be_text_and_not_a_number()
    {
        using var response = await dashboard.SendAsync(
            """
            {"NAME":"coerced","appid":"shop","version":1.0,"instance":"host-1","thread":"41","cpu":"NaN","loadAverage":"-1","uptime":" 12 ",
             "memory":{"heapUsed":"1048576","headMax":-1,"heapInit":null},"customs":{"region":"eu","zone":3,"none":null},"unknown":{"a":[1,{}]},
             "interfaces":[{"name":"Provider.a.b","qps":"18.5","latency":"","total":"4","failure":1.0,"l99":"NaN","circuitBreakerOpen":"TRUE"}]}
            """);
        Assert.Equal(200, (int)response.StatusCode);

        var row = Assert.Single(await dashboard.QueryAsync("service=coerced&instance=host-1"));

        Assert.Equal("1.0", row.GetProperty("version").GetString());
        Assert.Equal(41, row.GetProperty("thread").GetInt32());
        Assert.False(row.TryGetProperty("cpu", out _));
        Assert.Equal(-1, row.GetProperty("loadAverage").GetDouble());
        Assert.Equal(12, row.GetProperty("uptime").GetInt64());
        Assert.Equal("""{"heapUsed":1048576,"headMax":-1}""", row.GetProperty("memory").GetRawText());
        Assert.Equal("""{"region":"eu","zone":"3"}""", row.GetProperty("customs").GetRawText());
        Assert.Equal((18.5, 25, true), (row.GetProperty("qps").GetDouble(), row.GetProperty("failureRate").GetDouble(), row.GetProperty("circuitBreakerOpen").GetBoolean()));
    }

    [Fact]
    public async Task Memory_may_be_a_text_that_is_kept_as_it_is()
    {
        var report = Report("memory-text");
        report["memory"] = "512M of 4G";

        await dashboard.UploadAsync(report);

        Assert.Equal("512M of 4G", Assert.Single(await dashboard.QueryAsync("service=memory-text&instance=host-1")).GetProperty("memory").GetString());
    }

    [Theory]
    [InlineData("order.create", "Provider", "Provider", "order.create")]
    [InlineData("order.create", "consumer", "Consumer", "order.create")]
    [InlineData("Consumer.order.create", "Provider", "Consumer", "order.create")]
    [InlineData("order.create", null, "Unknown", "order.create")]
    [InlineData("order.create", "Edge", "Unknown", "order.create")]
    public async Task Name_and_type_may_stand_apart(string function, string? type, string shownType, string shownName)
    {
        var service = $"apart-{function}-{type}".ToLowerInvariant();
        await dashboard.UploadAsync(Report(service, "host-1", new JsonObject { ["functionName"] = function, ["functionType"] = type, ["qps"] = 1 }));

        var row = Assert.Single(await dashboard.QueryAsync($"service={service}&function={shownName}"));

        Assert.Equal((shownType, shownName), (row.GetProperty("functionType").GetString(), row.GetProperty("functionName").GetString()));
    }

    [Theory]
    [InlineData("open-old", "circuitBreakerOpen", "true", true)]
    [InlineData("open-go", "isCircuitBreakerOpen", "true", true)]
    [InlineData("open-number", "circuitBreakerOpen", "1", true)]
    [InlineData("open-null", "circuitBreakerOpen", "null", false)]
    [InlineData("open-empty", "circuitBreakerOpen", "\"\"", false)]
    public async Task A_breaker_is_open_by_either_name(string service, string member, string value, bool isOpen)
    {
        var row = Row("Provider.a.b");
        row[member] = JsonNode.Parse(value);

        await dashboard.UploadAsync(Report(service, "host-1", row));

        Assert.Equal(isOpen, Assert.Single(await dashboard.QueryAsync($"service={service}")).GetProperty("circuitBreakerOpen").GetBoolean());
    }

    [Fact]
    public async Task The_body_of_go_chassis_collector_as_public_documentation_has_it()
    {
        using var response = await dashboard.SendAsync(
            """
            {"name":"rest-server","appId":"go-app","version":"0.0.1","environment":"","instance":"go-host","serviceId":"svc1","instanceId":"inst1",
             "thread":12,"cpu":3.5,"customs":null,
             "memory":{"heapAlloc":4194304,"heapSys":8388608,"heapIdle":2097152,"heapInUse":6291456,"heapReleased":0,"heapObjects":20480},
             "interfaces":[{"name":"Provider.rest-server.rest.hello","desc":"Provider.rest-server.rest.hello","qps":2.5,"latency":4,"l995":9,"l99":8,"l90":7,
               "l75":6,"l50":2,"l25":3,"l5":2,"rate":1,"failureRate":0,"total":5,"failure":1,"isCircuitBreakerOpen":false,"shortCircuited":0,
               "semaphoreRejected":0,"threadPoolRejected":0,"countTimeout":0}]}
            """,
            "?service=rest-server");
        Assert.Equal(200, (int)response.StatusCode);

        var row = Assert.Single(await dashboard.QueryAsync("service=rest-server&instance=inst1"));

        // It always sends a rate of 1; the counts say otherwise.
        Assert.Equal((80, 20), (row.GetProperty("rate").GetDouble(), row.GetProperty("failureRate").GetDouble()));
        Assert.Equal((12, 3.5), (row.GetProperty("thread").GetInt32(), row.GetProperty("cpu").GetDouble()));
        Assert.Equal(4194304, row.GetProperty("memory").GetProperty("heapAlloc").GetInt64());
        Assert.Equal(("svc1", "inst1", "go-host"), (row.GetProperty("serviceId").GetString(), row.GetProperty("instanceId").GetString(), row.GetProperty("instance").GetString()));
    }

    [Fact]
    public async Task The_body_of_java_chassis_publisher_as_public_documentation_has_it()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v2/default/csemonitor/metric?service=order")
        {
            Content = new StringContent(
                """
                {"name":"order","appId":"java-app","version":"1.0.3","environment":"production","serviceId":"5be1","instanceId":"a9c0","instance":"order-6d9f7-x2",
                 "threadCount":41,"cpu":12.5,"loadAverage":0.8,"uptime":86400000,
                 "memory":{"heapInit":268435456,"headMax":4294967296,"heapCommit":536870912,"heapUsed":104857600,"nonHeapInit":0,"nonHeapCommit":0,"nonHeapUsed":0},
                 "customs":{"region":"eu"},
                 "interfaces":[{"name":"Provider.order.OrderEndpoint.create","desc":"","qps":18.2,"latency":23,"l995":90,"l99":71,"l90":40,"l75":31,"l50":20,
                   "l25":14,"l5":6,"rate":1.0,"failureRate":0.02,"total":182,"failure":4,"circuitBreakerOpen":false,"shortCircuited":0,"semaphoreRejected":0,
                   "threadPoolRejected":0,"countTimeout":1}]}
                """),
        };
        request.Headers.Add("x-domain-name", "default");
        request.Headers.Add("User-Agent", "cse-java-client");
        using var response = await dashboard.App.Anonymous.SendAsync(request, Cancellation);
        Assert.Equal(200, (int)response.StatusCode);

        var row = Assert.Single(await dashboard.QueryAsync("service=order&function=order.OrderEndpoint.create"));

        Assert.Equal(("java-app", "order", "1.0.3", "production"), (
            row.GetProperty("appId").GetString(), row.GetProperty("name").GetString(), row.GetProperty("version").GetString(), row.GetProperty("environment").GetString()));
        Assert.Equal((18.2, 23, 71, 1), (
            row.GetProperty("qps").GetDouble(), row.GetProperty("latency").GetDouble(), row.GetProperty("l99").GetDouble(), row.GetProperty("countTimeout").GetDouble()));
        Assert.Equal(2.198, row.GetProperty("failureRate").GetDouble());
        Assert.Equal(41, Assert.Single(await dashboard.QueryAsync("service=order&instance=a9c0")).GetProperty("thread").GetInt32());
    }

    [Fact]
    public async Task The_two_bodies_of_a_spring_instance_as_public_documentation_has_them_are_one_row()
    {
        var governance = Row("Provider.spring.pay", qps: 0, latency: 0, total: 0);
        governance["circuitBreakerOpen"] = true;
        governance["shortCircuited"] = 12;
        await dashboard.UploadAsync(Report("spring", "host-1", governance));
        await dashboard.UploadAsync(Report("spring", "host-1", Row("Provider.spring.pay", qps: 4, latency: 30, total: 40, failure: 10)));

        var row = Assert.Single(await dashboard.QueryAsync("service=spring&function=spring.pay"));

        Assert.Equal((4, 30, 40, 25), (
            row.GetProperty("qps").GetDouble(), row.GetProperty("latency").GetDouble(), row.GetProperty("total").GetDouble(), row.GetProperty("failureRate").GetDouble()));
        Assert.Equal((true, 12), (row.GetProperty("circuitBreakerOpen").GetBoolean(), row.GetProperty("shortCircuited").GetDouble()));
    }

    [Theory]
    [InlineData("more-failures", 10, 12, 10, 20)]
    [InlineData("twice-as-many-failures", 10, 21, 10, 100)]
    [InlineData("half-failures", 10, 5, 10, 50)]
    [InlineData("no-requests", 0, 0, 0, 0)]
    [InlineData("only-failures", 0, 3, 3, 0)]
    public async Task Failures_never_exceed_the_total(string service, double total, double failure, double shownTotal, double shownRate)
    {
        await dashboard.UploadAsync(Report(service, "host-1", Row("Provider.a.b", total: total, failure: failure)));

        var row = Assert.Single(await dashboard.QueryAsync($"service={service}"));

        // Without a total there is nothing to compute a rate from.
        var expectedTotal = total > 0 ? shownTotal : total;
        Assert.Equal((expectedTotal, shownRate), (row.GetProperty("total").GetDouble(), row.GetProperty("failureRate").GetDouble()));
    }

    [Fact]
    public async Task A_client_with_key_headers_uploads_for_its_own_domain()
    {
        var first = dashboard.App.FirstRun;
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v2/default/csemonitor/metric")
        {
            Content = new StringContent(Report("keyed", "host-1", Row("Provider.a.b")).ToJsonString()),
        };
        request.Headers.Add("X-Service-AK", first.AccessKey);
        request.Headers.Add("X-Service-ShaAKSK", Convert.ToHexStringLower(
            HMACSHA256.HashData(Encoding.UTF8.GetBytes(first.SecretKey), Encoding.UTF8.GetBytes(first.AccessKey))));
        request.Headers.Add("X-Service-Project", "default");
        request.Headers.Add("x-domain-name", "default");
        using var response = await dashboard.App.Anonymous.SendAsync(request, Cancellation);
        Assert.Equal(200, (int)response.StatusCode);

        using var own = await dashboard.App.Admin.GetAsync("/v3/default/csemonitor/metric?service=keyed", Cancellation);

        Assert.Contains("\"keyed\"", await own.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        Assert.Empty(await dashboard.QueryAsync("service=keyed"));
    }

    [Fact]
    public async Task A_domain_in_the_path_of_reports_is_a_project_of_its_own()
    {
        // java-chassis puts servicecomb.config.client.domainName there.
        using var response = await dashboard.App.Anonymous.PostAsync(
            "/v2/tenant-x/csemonitor/metric?service=moved", new StringContent(Report("moved", "host-1", Row("Provider.a.b")).ToJsonString()), Cancellation);
        Assert.Equal(200, (int)response.StatusCode);

        Assert.Empty(await dashboard.QueryAsync("service=moved"));
        Assert.Single((await GetAsync(dashboard.App, "/v3/tenant-x/csemonitor/metric?service=moved")).GetProperty("success").EnumerateArray());
    }

    [Fact]
    public async Task Projects_do_not_see_each_other()
    {
        await dashboard.UploadAsync(Report("secluded"));

        Assert.Empty((await GetAsync(dashboard.App, "/v3/other/csemonitor/metric?service=secluded")).GetProperty("success").EnumerateArray());
        Assert.Empty((await GetAsync(dashboard.App, "/v2/other/csemonitor/services")).GetProperty("services").EnumerateArray());
    }

    [Fact]
    public async Task Many_uploads_at_once_are_one_instance_each()
    {
        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => dashboard.UploadAsync(Report("crowd", $"host-{i % 10}", Row("Provider.a.b", qps: 2)))));

        var row = Assert.Single(await dashboard.QueryAsync("service=crowd"));

        Assert.Equal((10, 20), (row.GetProperty("instanceCount").GetInt32(), row.GetProperty("qps").GetDouble()));
    }

    [Fact]
    public async Task An_upload_that_is_cut_off_leaves_nothing()
    {
        var body = Report("cut").ToJsonString();
        var uri = new Uri(dashboard.App.Url);
        using (var tcp = new TcpClient())
        {
            await tcp.ConnectAsync(uri.Host, uri.Port, Cancellation);
            await tcp.GetStream().WriteAsync(
                Encoding.ASCII.GetBytes($"POST /v2/default/csemonitor/metric HTTP/1.1\r\nHost: {uri.Authority}\r\nContent-Length: {body.Length + 1}\r\n\r\n{body}"), Cancellation);
        }

        await dashboard.UploadAsync(Report("cut-after"));

        Assert.Empty(await dashboard.QueryAsync("service=cut"));
    }

    [Fact]
    public async Task A_dead_database_keeps_no_report_out()
    {
        await using var app = await StagedoorApp.StartAsync();
        using var fault = app.Sabotage("monitoring").Unreadable("metric_rollup");

        await UploadAsync(app, Report("survivor", "host-1", Row("Provider.a.b")));

        Assert.Single(await QueryAsync(app, "service=survivor"));
        Assert.NotEmpty(await SeriesAsync(app, "service=survivor&function=a.b"));
    }
}
