using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Stagedoor.Testing;
using Xunit;
using static Stagedoor.Monitoring.Tests.Dashboard;

namespace Stagedoor.Monitoring.Tests;

/// <summary>What is refused, and with what.</summary>
public sealed class UploadRefusalTests(Dashboard dashboard) : IClassFixture<Dashboard>
{
    private const string Invalid = "SVCSTG.CSE.4001000";
    private const string Undecodable = "SVCSTG.CSE.500500";
    private const int MaxBody = 2 * 1024 * 1024;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    [Provokes(Invalid)]
    public async Task A_report_without_an_instance_is_refused_in_the_dashboards_shape()
    {
        using var response = await dashboard.SendAsync("""{"name":"a","appId":"b","version":"1"}""");

        await response.ShouldFailAsync(400, Invalid);
        await response.ShouldFailWithAsync(
            400,
            """{"error_code":"SVCSTG.CSE.4001000","error_message":"upload metric invalid","error_msg":"upload metric invalid","detail":"instance: is missing"}""");
    }

    [Theory]
    [InlineData("name", null)]
    [InlineData("name", " ")]
    [InlineData("appId", null)]
    [InlineData("appId", "")]
    [InlineData("version", null)]
    [InlineData("version", "\t")]
    [InlineData("instance", "")]
    [InlineData("name", "a\u0000b")]
    [InlineData("instance", "a\nb")]
    public async Task A_mandatory_member_is_not_blank(string member, string? value)
    {
        var report = Report("mandatory");
        report[member] = value;

        await RefusedAsync(report, member);
    }

    [Theory]
    [InlineData("name", 160)]
    [InlineData("appId", 160)]
    [InlineData("version", 64)]
    [InlineData("instance", 256)]
    [InlineData("environment", 160)]
    [InlineData("serviceId", 160)]
    [InlineData("instanceId", 160)]
    public async Task Members_have_a_longest_value(string member, int max)
    {
        var report = Report("longest");
        (report["serviceId"], report["instanceId"]) = ("s", "i");
        // Characters, not bytes, and not halves of surrogate pairs.
        report[member] = string.Concat(Enumerable.Repeat("𝄞", max));
        await dashboard.UploadAsync(report);

        report[member] = report[member]!.GetValue<string>() + "x";
        await RefusedAsync(report, member);
    }

    [Theory]
    [InlineData("a", "b", true)]
    [InlineData(null, null, true)]
    [InlineData("", " ", true)]
    [InlineData("a", null, false)]
    [InlineData("a", "", false)]
    [InlineData(null, "b", false)]
    public async Task Service_and_instance_id_come_together(string? serviceId, string? instanceId, bool isTaken)
    {
        var report = Report("ids");
        report["serviceId"] = serviceId;
        report["instanceId"] = instanceId;

        if (isTaken)
        {
            await dashboard.UploadAsync(report);
        }
        else
        {
            await RefusedAsync(report, "serviceId");
        }
    }

    [Theory]
    [InlineData("?service=named", true)]
    [InlineData("?service=", true)]
    [InlineData("", true)]
    [InlineData("?service=Named", false)]
    [InlineData("?service=named&service=named", false)]
    public async Task The_query_names_the_service_of_the_body(string query, bool isTaken)
    {
        using var response = await dashboard.SendAsync(Report("named").ToJsonString(), query);

        Assert.Equal(isTaken ? 200 : 400, (int)response.StatusCode);
    }

    [Theory]
    [InlineData("null", "interfaces[1]: is null")]
    [InlineData("{}", "interfaces[1].name: is missing")]
    [InlineData("""{"name":" "}""", "interfaces[1].name: is missing")]
    [InlineData("""{"name":"a","total":-1}""", "interfaces[1].total: is negative")]
    [InlineData("""{"name":"a","qps":"-0.5"}""", "interfaces[1].qps: is negative")]
    [InlineData("""{"name":"a","latency":-1}""", "interfaces[1].latency: is negative")]
    [InlineData("""{"name":"a","failure":-1}""", "interfaces[1].failure: is negative")]
    [InlineData("""{"name":"a","countTimeout":-1e400}""", "interfaces[1].countTimeout: is negative")]
    [InlineData("""{"name":"a","shortCircuited":-1}""", "interfaces[1].shortCircuited: is negative")]
    [InlineData("""{"name":"a","semaphoreRejected":-1}""", "interfaces[1].semaphoreRejected: is negative")]
    [InlineData("""{"name":"a","threadPoolRejected":-1}""", "interfaces[1].threadPoolRejected: is negative")]
    [InlineData("""{"name":"a","l99":-1}""", "interfaces[1].l99: is negative")]
    public async Task A_bad_row_is_named(string row, string detail)
    {
        var report = Report("rows", "host-1", Row("Provider.a.b"));
        report["interfaces"]!.AsArray().Add(JsonNode.Parse(row));

        using var response = await dashboard.SendAsync(report.ToJsonString());

        Assert.Equal(detail, Detail(await response.ShouldFailAsync(400, Invalid)));
    }

    [Fact]
    public async Task A_rows_name_has_at_most_512_characters()
    {
        await dashboard.UploadAsync(Report("row-names", "host-1", Row(new('x', 512))));

        await RefusedAsync(Report("row-names", "host-1", Row(new('x', 513))), "interfaces[0].name");
    }

    [Fact]
    public async Task A_report_has_at_most_2000_rows()
    {
        await dashboard.UploadAsync(Report("row-count", "host-1", [.. Enumerable.Range(0, 2_000).Select(static i => Row($"Provider.a.{i}"))]));

        await RefusedAsync(Report("row-count", "host-1", [.. Enumerable.Range(0, 2_001).Select(static i => Row($"Provider.a.{i}"))]), "interfaces");
        await RefusedAsync(Report("row-count", "host-1", [.. Enumerable.Range(0, 5_000).Select(static i => Row($"Provider.a.{i}"))]), "interfaces");
    }

    [Theory]
    [InlineData("customs")]
    [InlineData("memory")]
    public async Task A_report_has_at_most_64_entries_of_a_kind(string member)
    {
        var report = Report("entries");
        report[member] = Entries(64);
        await dashboard.UploadAsync(report);

        report[member] = Entries(65);
        await RefusedAsync(report, member);
    }

    [Theory]
    [InlineData("customs")]
    [InlineData("memory")]
    public async Task Entries_have_names_of_at_most_1024_characters(string member)
    {
        var report = Report("entry-names");
        report[member] = new JsonObject { [new string('x', 1_024)] = 1 };
        await dashboard.UploadAsync(report);

        report[member] = new JsonObject { [new string('x', 1_025)] = 1 };
        await RefusedAsync(report, member);
    }

    [Theory]
    [InlineData("customs", 1_024)]
    [InlineData("memory", 1_024)]
    public async Task Texts_have_at_most_1024_characters(string member, int max)
    {
        var report = Report("texts");
        report[member] = Text(max);
        await dashboard.UploadAsync(report);

        report[member] = Text(max + 1);
        await RefusedAsync(report, member);

        JsonNode Text(int length) => member is "memory" ? JsonValue.Create(new string('x', length)) : new JsonObject { ["a"] = new string('x', length) };
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_body_has_at_most_2_MiB(bool isChunked)
    {
        using var fits = await PaddedAsync(MaxBody, isChunked);
        using var exceeds = await PaddedAsync(MaxBody + 1, isChunked);

        Assert.Equal(200, (int)fits.StatusCode);
        await exceeds.ShouldFailAsync(400, Invalid);
    }

    [Fact]
    [Provokes(Undecodable)]
    public async Task An_empty_body_is_answered_as_published()
    {
        using var response = await dashboard.SendAsync("");

        var error = await response.ShouldFailAsync(500, Undecodable);
        Assert.Equal("Failed to decode: No content to map due to end-of-input\n at [Source: (String)\"\"; line: 1, column: 0]", Text(error));
        await response.ShouldFailWithAsync(
            500,
            """
            {"error_code":"SVCSTG.CSE.500500","error_message":"Failed to decode: No content to map due to end-of-input\n at [Source: (String)\"\"; line: 1, column: 0]","error_msg":"Failed to decode: No content to map due to end-of-input\n at [Source: (String)\"\"; line: 1, column: 0]","detail":"No content to map due to end-of-input"}
            """);
    }

    [Theory]
    [InlineData("", 1, 0)]
    [InlineData("  ", 1, 3)]
    [InlineData("\n\n", 3, 1)]
    [InlineData("nonsense", 1, 2)]
    [InlineData("[]", 1, 1)]
    [InlineData("\"name\"", 1, 1)]
    [InlineData("null", 1, 1)]
    [InlineData("""{"name":""", 1, 9)]
    [InlineData("{\"name\":\"组织\",\n \"appId\":x}", 2, 10)]
    [InlineData("""{"name":"组织","appId":[]}""", 1, 22)]
    [InlineData("""{"name":"a"} x""", 1, 14)]
    [InlineData("""{"name":"a"}{"name":"b"}""", 1, 13)]
    [InlineData("""{"name":{}}""", 1, 9)]
    [InlineData("""{"cpu":true}""", 1, 8)]
    [InlineData("""{"cpu":"fast"}""", 1, 8)]
    [InlineData("""{"memory":[1]}""", 1, 11)]
    [InlineData("""{"memory":{"heapUsed":{}}}""", 1, 23)]
    [InlineData("""{"customs":[]}""", 1, 12)]
    [InlineData("""{"customs":{"a":{}}}""", 1, 17)]
    [InlineData("""{"interfaces":7}""", 1, 15)]
    [InlineData("""{"interfaces":{"items":7}}""", 1, 24)]
    [InlineData("""{"interfaces":[7]}""", 1, 16)]
    [InlineData("""{"interfaces":[{"name":[]}]}""", 1, 24)]
    [InlineData("""{"interfaces":[{"qps":false}]}""", 1, 23)]
    [InlineData("""{"interfaces":[{"circuitBreakerOpen":"maybe"}]}""", 1, 38)]
    public async Task The_place_of_what_cannot_be_read_is_the_real_one(string body, int line, int column)
    {
        using var response = await dashboard.SendAsync(body);

        var text = Text(await response.ShouldFailAsync(500, Undecodable));
        Assert.StartsWith("Failed to decode: ", text, StringComparison.Ordinal);
        Assert.EndsWith($"\n at [Source: (String)\"{body}\"; line: {line}, column: {column}]", text, StringComparison.Ordinal);
    }

    [Theory]
    [Provokes("SVCSTG.CSE.4001000")]
    [InlineData("""{"\ud800":1}""", 1, 2)]
    [InlineData("""{"name":"\ud800"}""", 1, 9)]
    [InlineData("""{"name":"a\udc00b"}""", 1, 9)]
    [InlineData("""{"n\ud800":"a"}""", 1, 2)]
    [InlineData("{\n\"memory\":{\"\\udfff\":1}}", 2, 11)]
    [InlineData("""{"memory":"\ud800"}""", 1, 11)]
    [InlineData("""{"customs":{"a":"\ud800"}}""", 1, 17)]
    [InlineData("""{"customs":{"\ud800":"a"}}""", 1, 13)]
    [InlineData("""{"cpu":"\ud800"}""", 1, 8)]
    [InlineData("""{"interfaces":{"\ud800":1}}""", 1, 16)]
    [InlineData("""{"interfaces":[{"\ud800":1}]}""", 1, 17)]
    [InlineData("""{"interfaces":[{"name":"\ud800"}]}""", 1, 24)]
    [InlineData("""{"interfaces":[{"qps":"\ud800"}]}""", 1, 23)]
    [InlineData("""{"interfaces":[{"circuitBreakerOpen":"\ud800"}]}""", 1, 38)]
    public async Task Half_a_character_is_refused_with_its_place(string body, int line, int column)
    {
        using var response = await dashboard.SendAsync(body);

        var detail = Detail(await response.ShouldFailAsync(400, "SVCSTG.CSE.4001000"));
        Assert.EndsWith($"text that is no Unicode, line {line}, column {column}", detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bytes_that_are_no_text_are_refused_with_their_place()
    {
        foreach (var bad in (byte[][])[[0xFF], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xE2, 0x82]])
        {
            using var content = new ByteArrayContent([.. "{\"name\":\""u8, .. bad, .. "\"}"u8]);
            using var response = await dashboard.App.Anonymous.PostAsync("/v2/default/csemonitor/metric", content, Cancellation);

            var detail = Detail(await response.ShouldFailAsync(400, "SVCSTG.CSE.4001000"));
            Assert.EndsWith("line 1, column 9", detail, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("""{"name":"a""")]
    [InlineData("""{"name":"a\""")]
    [InlineData("""{"name":"a\u12"}""")]
    [InlineData("""{"name":"a\x"}""")]
    [InlineData("""{"cpu":01}""")]
    [InlineData("""{"cpu":-}""")]
    [InlineData("""{"cpu":1.}""")]
    [InlineData("""{"cpu":1e}""")]
    [InlineData("""{"cpu":0x1}""")]
    [InlineData("""{"cpu":NaN}""")]
    [InlineData("""{"cpu":tru}""")]
    [InlineData("""{"a":1,}""")]
    [InlineData("""{"a" 1}""")]
    [InlineData("""{"interfaces":[{]}""")]
    [InlineData("""{"interfaces":[}""")]
    [InlineData("""{}}""")]
    [InlineData("""{"a":""")]
    public async Task What_is_no_JSON_is_the_published_failure_with_its_place(string body)
    {
        using var response = await dashboard.SendAsync(body);

        var text = Text(await response.ShouldFailAsync(500, Undecodable));
        Assert.Matches("line: 1, column: [0-9]+\\]$", text);
    }

    [Theory]
    [InlineData("[", "]", "")]
    [InlineData("{\"a\":", "}", "1")]
    public async Task Ten_thousand_levels_are_refused(string open, string close, string inner)
    {
        var body = $$"""{"unknown":{{string.Concat(Enumerable.Repeat(open, 10_000))}}{{inner}}{{string.Concat(Enumerable.Repeat(close, 10_000))}}}""";

        using var response = await dashboard.SendAsync(body);

        await response.ShouldFailAsync(500, Undecodable);
    }

    [Theory]
    [InlineData("1e999")]
    [InlineData("-1e999")]
    [InlineData("9223372036854775808")]
    [InlineData("123456789012345678901234567890")]
    [InlineData("1e-999")]
    public async Task Numbers_beyond_all_measure_are_taken_as_far_as_they_go(string number)
    {
        using var response = await dashboard.SendAsync(
            $$$"""{"name":"odd","appId":"a","version":"1","instance":"h","cpu":{{{number}}},"thread":{{{number}}},"uptime":{{{number}}},"memory":{"x":{{{number}}} }}""");

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal(200, (int)(await dashboard.App.Anonymous.GetAsync("/v3/default/csemonitor/metric?service=odd&instance=h", Cancellation)).StatusCode);
    }

    [Fact]
    public async Task The_reason_names_the_member()
    {
        using var response = await dashboard.SendAsync("""{"interfaces":[{"name":"a"},{"qps":[]}]}""");

        var error = await response.ShouldFailAsync(500, Undecodable);
        Assert.Equal("interfaces[1].qps: a number was expected, not a list", Detail(error));
    }

    [Fact]
    public async Task The_source_is_cut_after_64_characters_and_never_inside_one()
    {
        using var response = await dashboard.SendAsync("[" + new string(' ', 62) + "𝄞𝄞𝄞");

        var text = Text(await response.ShouldFailAsync(500, Undecodable));
        Assert.Contains($"(String)\"[{new string(' ', 62)}\";", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_byte_order_mark_is_passed_over()
    {
        using var content = new ByteArrayContent([0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(Report("marked").ToJsonString())]);
        using var response = await dashboard.App.Anonymous.PostAsync("/v2/default/csemonitor/metric", content, Cancellation);

        Assert.Equal(200, (int)response.StatusCode);
    }

    [Fact]
    public async Task Very_deep_nesting_is_a_body_that_cannot_be_read()
    {
        using var response = await dashboard.SendAsync("{\"unknown\":" + new string('[', 10_000));

        await response.ShouldFailAsync(500, Undecodable);
    }

    [Fact]
    [Provokes("401002")]
    public async Task A_wrong_key_is_refused_in_the_registrys_shape()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v2/default/csemonitor/metric") { Content = new StringContent("") };
        request.Headers.Add("X-Service-AK", dashboard.App.FirstRun.AccessKey);
        request.Headers.Add("X-Service-ShaAKSK", new string('0', 64));
        using var response = await dashboard.App.Anonymous.SendAsync(request, Cancellation);

        // Before the body is looked at.
        var error = await response.ShouldFailAsync(401, "401002");
        Assert.Contains("\"errMsg\":\"Request unauthorized\"", error.Body, StringComparison.Ordinal);
    }

    [Fact]
    [Provokes("400001")]
    public async Task A_domain_that_is_too_long_is_the_registrys_invalid_parameter()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v2/default/csemonitor/services");
        request.Headers.Add("X-Domain-Name", new string('d', 65));
        using var response = await dashboard.App.Anonymous.SendAsync(request, Cancellation);

        await response.ShouldFailAsync(400, "400001");
    }

    private static string Detail(ObservedError error) => JsonElement.Parse(error.Body).GetProperty("detail").GetString()!;

    private static string Text(ObservedError error) => JsonElement.Parse(error.Body).GetProperty("error_message").GetString()!;

    private static JsonObject Entries(int count) =>
        new(Enumerable.Range(0, count).Select(static i => KeyValuePair.Create<string, JsonNode?>($"entry{i}", i)));

    private async Task RefusedAsync(JsonObject report, string member)
    {
        using var response = await dashboard.SendAsync(report.ToJsonString());

        Assert.StartsWith(member + ": ", Detail(await response.ShouldFailAsync(400, Invalid)), StringComparison.Ordinal);
    }

    private async Task<HttpResponseMessage> PaddedAsync(int length, bool isChunked)
    {
        var body = Encoding.UTF8.GetBytes(Report("padded").ToJsonString());
        using var content = new ByteArrayContent([.. body, .. Enumerable.Repeat((byte)' ', length - body.Length)]);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v2/default/csemonitor/metric") { Content = content };
        request.Headers.TransferEncodingChunked = isChunked;
        request.Headers.ExpectContinue = true;
        return await dashboard.App.Anonymous.SendAsync(request, Cancellation);
    }
}
