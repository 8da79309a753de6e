using System.Globalization;
using System.Net;
using System.Text.Json;
using Stagedoor.Testing;
using Stagedoor.Tracing.Spans;
using Stagedoor.Tracing.Tests.Otlp;
using Xunit;

namespace Stagedoor.Tracing.Tests.Http;

/// <summary>The query API over HTTP: envelopes, codes, the order of checks.</summary>
public sealed class QueryTests : TraceService
{
    [Fact]
    [Provokes("SVCSTG.ATPS.2000")]
    public async Task An_empty_project_has_no_groups_and_that_is_a_success()
    {
        using var response = await App.Admin.GetAsync($"/v1/{Project}/atps/monitorgroups", Cancellation);

        Assert.Equal("""{"errorCode":"SVCSTG.ATPS.2000","errorMessage":null,"responseInfo":[]}""", await TextOf(response));
    }

    [Fact]
    [Provokes("SVCSTG.ATS.2000")]
    public async Task What_was_sent_is_found_by_every_query()
    {
        await SendAsync(Of(
            [("service.name", "Cart"), ("service.namespace", "web-shop"), ("k8s.pod.name", "cart-1")],
            Span(1, 1, micros: 18_250).Inner(9, Message.Pair("http.request.method", "POST")).Inner(9, Message.Pair("http.route", "/cart/{user}/items")).Inner(9, Message.Pair("client.address", "10.8.0.31")),
            Span(1, 2, parent: 1, kind: SpanKind.Internal, name: "inner")));

        Assert.Equal(["web-shop"], await NamesAsync("atps/monitorgroups"));
        Assert.Equal(["cart"], await NamesAsync("ats/applications"));
        Assert.Equal(["cart"], await NamesAsync("ats/applications?monitorGroup=web-shop"));
        Assert.Equal(["cart-1"], await NamesAsync("ats/applications/cart/instances"));
        Assert.Equal(["POST_/cart/{user}/items"], await NamesAsync("ats/applications/cart/transactions"));
        var found = (await QueryAsync($"ats/traces?{Window}&application=cart")).GetProperty("responseInfo");
        Assert.Equal(1, found.GetProperty("count").GetInt32());
        var chain = found.GetProperty("traceChains")[0];
        Assert.Equal(
            ["traceId", "type", "status", "duration", "application", "instance", "transaction", "startTime", "endTime", "address"],
            chain.EnumerateObject().Select(static m => m.Name));
        Assert.Equal("0000000000000001", chain.GetProperty("traceId").GetString());
        Assert.Equal(("HTTP_METHOD", 0, 18_250), (chain.GetProperty("type").GetString(), chain.GetProperty("status").GetInt32(), chain.GetProperty("duration").GetInt32()));
        Assert.Equal("10.8.0.31", chain.GetProperty("address").GetString());
        Assert.Equal(chain.GetProperty("startTime").GetInt64() + 18_250, chain.GetProperty("endTime").GetInt64());
        var spans = await NamesAsync("ats/spans?traceId=0000000000000001");
        Assert.Equal(2, spans.Count);
        var first = JsonElement.Parse(spans[0]!);
        Assert.Equal(["traceId", "id", "name", "timestamp", "duration", "annotations", "binaryAnnotations"], first.EnumerateObject().Select(static m => m.Name));
        Assert.Equal("cart:cart-1:/cart/{user}/items", first.GetProperty("name").GetString());
        Assert.Equal(["sr", "ss"], first.GetProperty("annotations").EnumerateArray().Select(static a => a.GetProperty("value").GetString()));
        Assert.Equal(
            ["append", "async", "goid", "result", "resultCode", "seqno", "type", "client.address", "http.request.method", "http.route"],
            first.GetProperty("binaryAnnotations").EnumerateArray().Select(static a => a.GetProperty("key").GetString()));
        Assert.Equal("0000000000000001", JsonElement.Parse(spans[1]!).GetProperty("parentId").GetString());
        var tree = (await QueryAsync("ats/traces/00000000000000000000000000000001")).GetProperty("responseInfo");
        Assert.Equal((2, 0, 1, 0), (tree.GetProperty("spanCount").GetInt32(), tree.GetProperty("errorCount").GetInt32(), tree.GetProperty("serviceCount").GetInt32(), tree.GetProperty("orphanCount").GetInt32()));
        var root = Assert.Single(tree.GetProperty("spanTree").EnumerateArray());
        Assert.Equal(("1", "(POST)()()"), (root.GetProperty("eventId").GetString(), root.GetProperty("argument").GetString()));
        Assert.Equal("1-1", Assert.Single(root.GetProperty("children").EnumerateArray()).GetProperty("eventId").GetString());
    }

    [Theory]
    [Provokes("SVCSTG.ATS.200103")]
    [InlineData("ats/applications")]
    [InlineData("ats/applications/nobody/instances")]
    [InlineData("ats/applications/nobody/transactions")]
    [InlineData("ats/spans?traceId=4be1c7d02f9a43568d17e0c2b5a3f964")]
    [InlineData("ats/traces/4be1c7d02f9a43568d17e0c2b5a3f964")]
    [InlineData("ats/traces?startTime=1&endTime=2&application=cart")]
    public async Task Nothing_found_is_an_error_of_the_trace_service(string path)
    {
        using var response = await App.Admin.GetAsync($"/v1/{Project}/{path}", Cancellation);

        await response.ShouldFailAsync(400, "SVCSTG.ATS.200103");
        Assert.Equal(
            """{"errorCode":"SVCSTG.ATS.200103","errorMessage":"query trace result is empty.","error_code":"SVCSTG.ATS.200103","error_msg":"query trace result is empty."}""",
            await TextOf(response));
    }

    [Theory]
    [Provokes("SVCSTG.ATS.400101")]
    [InlineData("xyz", "ats/applications", "projectId")]
    [InlineData("0", "ats/applications", "projectId")]
    [InlineData("0123456789abcdef0123456789abcdef", "ats/applications", "projectId")]
    [InlineData("0123456789abcdef0123456789abcdef", "atps/monitorgroups", "projectId")]
    [InlineData("xyz", "ats/traces", "projectId")]
    [InlineData(null, "ats/traces?endTime=5&application=cart", "startTime")]
    [InlineData(null, "ats/traces?startTime=5&application=cart", "endTime")]
    [InlineData(null, "ats/traces?startTime=5&endTime=5&application=cart", "startTime")]
    [InlineData(null, "ats/traces?startTime=-5&endTime=5&application=cart", "startTime")]
    [InlineData(null, "ats/traces?startTime=99999999999999999999&endTime=5&application=cart", "startTime")]
    [InlineData(null, "ats/traces?startTime=5&endTime=%206&application=cart", "endTime")]
    [InlineData(null, "ats/traces?startTime=5&endTime=6", "application")]
    [InlineData(null, "ats/traces?startTime=5&endTime=6&application=", "application")]
    [InlineData(null, "ats/traces?startTime=5&endTime=6&application=Cart", "application")]
    [InlineData(null, "ats/traces?startTime=5&endTime=6&application=cart&instance=Pod", "instance")]
    [InlineData(null, "ats/traces?startTime=5&endTime=6&application=cart&limit=0", "limit")]
    [InlineData(null, "ats/traces?startTime=5&endTime=6&application=cart&limit=1001", "limit")]
    [InlineData(null, "ats/traces?startTime=5&endTime=6&application=cart&duration=-1", "duration")]
    [InlineData(null, "ats/traces?startTime=5&endTime=6&application=cart&duration=2147483648", "duration")]
    [InlineData(null, "ats/traces?startTime=5&endTime=6&application=cart&status=2", "status")]
    [InlineData(null, "ats/traces?startTime=5&endTime=6&application=cart&monitorGroup=a%0Ab", "monitorGroup")]
    [InlineData(null, "ats/spans", "traceId")]
    [InlineData(null, "ats/spans?traceId=zz", "traceId")]
    [InlineData(null, "ats/spans?traceId=00000000000000000000000000000000", "traceId")]
    [InlineData(null, "ats/traces/zz", "traceId")]
    public async Task A_parameter_is_refused_by_its_name(string? project, string path, string name)
    {
        using var response = await App.Admin.GetAsync($"/v1/{project ?? Project}/{path}", Cancellation);

        await response.ShouldFailAsync(400, "SVCSTG.ATS.400101");
        Assert.StartsWith($$"""{"errorCode":"SVCSTG.ATS.400101","errorMessage":"{{name}} in url is invalid.",""", await TextOf(response), StringComparison.Ordinal);
    }

    [Theory]
    [Provokes("SVCSTG_AMS_4000001")]
    [InlineData("ats/traces?startTime=5&endTime=6&application=%ff")]
    [InlineData("ats/applications/%ff/instances")]
    [InlineData("ats/traces?startTime=5&endTime=6&application=cart&limit=5&limit=6")]
    [InlineData("atps/topology")]
    [InlineData("atps/topology?startTime=6&endTime=5")]
    [InlineData("atps/transactions?startTime=5&endTime=6&orderBy=name")]
    [InlineData("atps/transactions?startTime=5&endTime=6&limit=0")]
    public async Task What_cannot_be_read_and_parameters_of_the_other_service_have_one_code(string path)
    {
        using var response = await App.Admin.GetAsync($"/v1/{Project}/{path}", Cancellation);

        await response.ShouldFailAsync(400, "SVCSTG_AMS_4000001");
    }

    [Theory]
    [InlineData("clusterId", 128, 200)]
    [InlineData("clusterId", 129, 400)]
    [InlineData("namespace", 129, 400)]
    public async Task Filters_in_headers_have_128_characters(string header, int length, int status)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/{Project}/atps/monitorgroups");
        request.Headers.Add(header, new string('x', length));
        using var response = await App.Admin.SendAsync(request, Cancellation);

        Assert.Equal(status, (int)response.StatusCode);
    }

    [Theory]
    [InlineData("/v1/xyz/ats/traces?application=%ff", true, "SVCSTG_AMS_4000001")]
    [InlineData("/v1/xyz/ats/traces", true, "SVCSTG.ATS.400101")]
    [InlineData("/v1/xyz/ats/traces", false, "APIGW.0301")]
    [InlineData("/v1/xyz/ats/nothing", true, "APIGW.0101")]
    [InlineData("/v1/xyz/ats/applications/", true, "APIGW.0101")]
    public async Task Checks_come_in_their_order(string path, bool isSigned, string code)
    {
        using var response = await (isSigned ? App.Admin : App.Anonymous).GetAsync(path, Cancellation);

        var error = await ObservedError.FindAsync(response, Cancellation);
        Assert.Equal(code, error?.Code);
    }

    [Fact]
    public async Task What_no_library_sends_is_answered_too()
    {
        await SendAsync(Of("cart", Span(1, 1)));

        var malformed = await GetRawAsync($"/v1/{Project}/ats/traces?application=%zz");
        var misspelt = await GetRawAsync($"/v1/{Project}/ats/applications?monitorGoup=x&Monitorgroup=y");

        Assert.Equal("APIGW.0201", malformed.Error?.Code);
        Assert.Contains("\"responseInfo\":[\"cart\"]", misspelt.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a/b", "a%2Fb")]
    [InlineData("a:b c", "a%3Ab%20c")]
    [InlineData("购物车", "%E8%B4%AD%E7%89%A9%E8%BD%A6")]
    [InlineData("100%", "100%25")]
    public async Task Odd_names_survive(string service, string encoded)
    {
        await SendAsync(Of([("service.name", service), ("k8s.pod.name", service)], Span(1, 1)));

        Assert.Equal([service], await NamesAsync("ats/applications"));
        Assert.Equal([service], await NamesAsync($"ats/applications/{encoded}/instances"));
        Assert.Equal(1, (await QueryAsync($"ats/traces?{Window}&application={encoded}&instance={encoded}")).GetProperty("responseInfo").GetProperty("count").GetInt32());
    }

    [Fact]
    public async Task A_search_is_the_latest_first_and_cut_at_its_limit()
    {
        await SendAsync(Of("cart", [.. Enumerable.Range(1, 200).Select(i => Span((byte)i, 1, secondsAgo: 1000 - i, micros: i * 1000, name: i % 2 == 0 ? "even" : "odd"))]));

        var first = (await QueryAsync($"ats/traces?{Window}&application=cart&limit=3")).GetProperty("responseInfo");
        Assert.Equal(["00000000000000c8", "00000000000000c7", "00000000000000c6"], first.GetProperty("traceChains").EnumerateArray().Select(static c => c.GetProperty("traceId").GetString()));
        Assert.Equal(20, (await QueryAsync($"ats/traces?{Window}&application=cart")).GetProperty("responseInfo").GetProperty("count").GetInt32());
        Assert.Equal(100, (await QueryAsync($"ats/traces?{Window}&application=cart&limit=1000&transaction=even")).GetProperty("responseInfo").GetProperty("count").GetInt32());
        Assert.Equal(51, (await QueryAsync($"ats/traces?{Window}&application=cart&limit=1000&duration=150")).GetProperty("responseInfo").GetProperty("count").GetInt32());
    }

    [Fact]
    public async Task A_project_may_be_called_0_where_that_is_switched_on()
    {
        await App.RestartAsync(("Tracing:AllowZeroProject", "true"));
        await SendAsync(Of("cart", Span(1, 1)));

        Assert.Equal((await QueryAsync("ats/applications")).GetRawText(), (await QueryAsync("ats/applications", project: "0")).GetRawText());
    }

    [Fact]
    public async Task A_group_is_named_by_its_id_too()
    {
        await SendAsync(Of([("service.name", "cart"), ("service.namespace", "web-shop")], Span(1, 1)));
        var id = Queries.MonitorGroup.IdOf(Project, "web-shop");

        Assert.Equal(["cart"], await NamesAsync($"ats/applications?monitorGroup={id}"));
        Assert.Equal(1, (await QueryAsync($"ats/traces?{Window}&application=cart&monitorGroup={id}")).GetProperty("responseInfo").GetProperty("count").GetInt32());
        await QueryAsync("ats/applications?monitorGroup=other", HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task The_topology_is_what_spans_say()
    {
        await SendAsync(Of("gateway", Span(1, 1, micros: 90_000), Span(1, 2, parent: 1, kind: SpanKind.Client, micros: 70_000)));
        await SendAsync(Of(
            "cart",
            Span(1, 3, parent: 2, micros: 60_000),
            Span(1, 4, parent: 3, kind: SpanKind.Client, micros: 20_000).Inner(9, Message.Pair("db.system.name", "postgresql")).Inner(9, Message.Pair("server.address", "db")),
            Span(1, 5, parent: 3, kind: SpanKind.Producer).Inner(9, Message.Pair("messaging.system", "kafka")).Inner(9, Message.Pair("messaging.destination.name", "orders"))));
        await SendAsync(Of("billing", Span(1, 6, parent: 5, kind: SpanKind.Consumer).Inner(9, Message.Pair("messaging.system", "kafka")).Inner(9, Message.Pair("messaging.destination.name", "orders"))));

        var topology = (await QueryAsync($"atps/topology?{Window}")).GetProperty("responseInfo");
        Assert.Equal(
            ["DATABASE:postgresql/db", "MQ:kafka/orders", "USER:user", "default/billing", "default/cart", "default/gateway"],
            topology.GetProperty("nodes").EnumerateArray().Select(static n => n.GetProperty("id").GetString()));
        Assert.Equal(
            [
                "MQ:kafka/orders > default/billing 1", "USER:user > default/gateway 1", "default/cart > DATABASE:postgresql/db 1", "default/cart > MQ:kafka/orders 1",
                "default/gateway > default/cart 1",
            ],
            topology.GetProperty("edges").EnumerateArray().Select(static e => $"{e.GetProperty("source")} > {e.GetProperty("target")} {e.GetProperty("calls")}"));
        var transactions = (await QueryAsync($"atps/transactions?{Window}&application=cart")).GetProperty("responseInfo");
        Assert.Equal(1, transactions.GetProperty("total").GetInt32());
        Assert.Equal([0, 1, 0, 0, 0, 0], transactions.GetProperty("transactions")[0].GetProperty("ranges").EnumerateArray().Select(static r => r.GetInt32()));
    }

    [Fact]
    public async Task Where_other_modules_alone_are_named_it_does_not_run()
    {
        await using var app = await StagedoorApp.StartAsync(("Modules", "images"));
        using var response = await app.Admin.GetAsync($"/v1/{app.FirstRun.ProjectId}/ats/applications", Cancellation);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    [Fact]
    public async Task Without_a_credential_nobody_sees_spans()
    {
        await SendAsync(Of("cart", Span(1, 1)));

        using var stranger = await App.Anonymous.GetAsync($"/v1/{Project}/ats/applications", Cancellation);
        Assert.Equal(HttpStatusCode.Unauthorized, stranger.StatusCode);
    }

    [Fact]
    public async Task What_was_acknowledged_is_there_after_a_restart()
    {
        await SendAsync(Of("cart", Span(1, 1)));
        await QueryAsync($"atps/topology?{Window}");
        await App.RestartAsync();

        Assert.Equal(["cart"], await NamesAsync("ats/applications"));
        Assert.Equal(2, (await QueryAsync($"atps/topology?{Window}")).GetProperty("responseInfo").GetProperty("nodes").GetArrayLength());
    }

    [Fact]
    public async Task A_topology_shows_what_a_transaction_leads_to()
    {
        await SendAsync(Of("gateway", Span(7, 1, name: "GET /a"), Span(7, 2, 1, SpanKind.Client), Span(8, 1, name: "GET /b"), Span(8, 2, 1, SpanKind.Client)));
        await SendAsync(Of("cart", Span(7, 3, 2), Span(7, 4, 3, SpanKind.Client).Inner(9, Message.Pair("db.system.name", "postgresql")).Inner(9, Message.Pair("server.address", "db"))));
        await SendAsync(Of("ship", Span(8, 3, 2)));

        Assert.Equal(["default/cart > DATABASE:postgresql/db", "default/gateway > default/cart"], await EdgesAsync("application=gateway&transaction=GET_/a"));
        Assert.Equal(["default/gateway > default/ship"], await EdgesAsync("application=gateway&transaction=/b"));
        Assert.Equal([], await EdgesAsync("application=gateway&transaction=GET_/c"));
        Assert.Equal("SVCSTG_AMS_4000001", (await QueryAsync($"atps/topology?{Window}&transaction=GET_/a", HttpStatusCode.BadRequest)).GetProperty("errorCode").GetString());
    }

    [Fact]
    public async Task A_topology_is_narrowed_to_a_cluster_and_a_namespace()
    {
        await SendAsync(Of([("service.name", "cart"), ("k8s.cluster.name", "blue"), ("k8s.namespace.name", "shop"), ("service.namespace", "web")], Span(1, 1)));
        await SendAsync(Of([("service.name", "ship"), ("k8s.cluster.name", "green"), ("service.namespace", "web")], Span(2, 1)));

        Assert.Equal(["USER:user", "web/cart"], await PlacedAsync("topology", "nodes", "id", ("clusterId", "blue")));
        Assert.Equal(["USER:user", "web/cart"], await PlacedAsync("topology", "nodes", "id", ("namespace", "shop")));
        Assert.Equal([], await PlacedAsync("topology", "nodes", "id", ("clusterId", "red")));
        Assert.Equal(["ship"], await PlacedAsync("transactions", "transactions", "application", ("clusterId", "green")));
    }

    private async Task<IEnumerable<string>> EdgesAsync(string parameters) =>
        (await QueryAsync($"atps/topology?{Window}&{parameters}")).GetProperty("responseInfo").GetProperty("edges").EnumerateArray().Select(static e => $"{e.GetProperty("source")} > {e.GetProperty("target")}");

    private async Task<IEnumerable<string?>> PlacedAsync(string query, string list, string member, (string Name, string Value) header)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/v1/{Project}/atps/{query}?{Window}");
        request.Headers.Add(header.Name, header.Value);
        using var response = await App.Admin.SendAsync(request, Cancellation);
        return JsonElement.Parse(await TextOf(response)).GetProperty("responseInfo").GetProperty(list).EnumerateArray().Select(e => e.GetProperty(member).GetString());
    }

    [Fact]
    public async Task Long_answers_are_packed_for_those_who_take_it()
    {
        await SendAsync(Of("cart", [.. Enumerable.Range(1, 50).Select(i => Span((byte)i, 1))]));
        using var request = new HttpRequestMessage(HttpMethod.Get, string.Create(CultureInfo.InvariantCulture, $"/v1/{Project}/ats/traces?{Window}&application=cart"));
        request.Headers.AcceptEncoding.ParseAdd("gzip");
        using var response = await App.Admin.SendAsync(request, Cancellation);

        Assert.Equal(["gzip"], response.Content.Headers.ContentEncoding);
    }
}
