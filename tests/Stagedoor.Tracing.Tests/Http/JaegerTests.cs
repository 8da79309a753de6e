using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Stagedoor.Testing;
using Stagedoor.Tracing.Spans;
using Stagedoor.Tracing.Tests.Otlp;
using Xunit;

namespace Stagedoor.Tracing.Tests.Http;

/// <summary>Jaeger's reading interface over HTTP, asked as Grafana's data source and Jaeger's own page ask.</summary>
public sealed class JaegerTests : TraceService
{
    private const string Trace = "00000000000000000000000000000007";

    [Fact]
    public async Task Grafana_tests_the_connection_and_lists_services_and_operations()
    {
        await SendAsync(Of("a/b", Span(7, 1, name: "GET /x"), Span(7, 2, 1, SpanKind.Client, "call")));
        await SendAsync(Of("Cart", Span(8, 1)));

        Assert.Equal("""{"data":["a/b","cart"],"total":2,"limit":0,"offset":0,"errors":null}""", await GetAsync("/api/services"));
        Assert.Equal("""{"data":["GET /x","call"],"total":2,"limit":0,"offset":0,"errors":null}""", await GetAsync("/api/services/a/b/operations"));
        Assert.Equal("""{"data":["GET /x","call"],"total":2,"limit":0,"offset":0,"errors":null}""", await GetAsync("/api/services/a%2Fb/operations"));
        Assert.Equal("""{"data":[{"name":"call","spanKind":"client"}],"total":1,"limit":0,"offset":0,"errors":null}""", await GetAsync("/api/operations?service=a%2Fb&spanKind=client"));
        Assert.Equal("""{"services":["a/b","cart"]}""", await GetAsync("/api/v3/services"));
        Assert.Equal("""{"operations":[{"name":"GET /x","spanKind":"server"},{"name":"call","spanKind":"client"}]}""", await GetAsync("/api/v3/operations?service=a%2Fb"));
        Assert.Equal("""{"data":[],"total":0,"limit":0,"offset":0,"errors":null}""", await GetAsync("/api/services/nobody/operations"));
    }

    [Fact]
    public async Task A_trace_is_written_as_Jaeger_writes_it()
    {
        await SendAsync(Of(
            [("service.name", "Cart"), ("k8s.pod.name", "cart-1")],
            Span(7, 1, micros: 18_250).Inner(9, Message.Pair("http.response.status_code", new Message().Number(3, 503))).Inner(9, Message.Pair("big", new Message().Number(3, 1UL << 60)))
                .Inner(11, new Message().Fixed64(1, Now - 5_000_000_000).Text(2, "retry").Inner(3, Message.Pair("n", "1")))
                .Inner(13, new Message().Blob(1, Message.Id(16, 9)).Blob(2, Message.Id(8, 3))),
            Span(7, 2, 1, SpanKind.Client),
            Span(7, 3, 99)));

        var trace = Json(await GetAsync($"/api/traces/{Trace}?start=1&end=2")).GetProperty("data")[0];

        Assert.Equal("0000000000000007", trace.GetProperty("traceID").GetString());
        Assert.Equal("""{"p1":{"serviceName":"cart","tags":[{"key":"k8s.pod.name","type":"string","value":"cart-1"}]}}""", trace.GetProperty("processes").GetRawText());
        var spans = trace.GetProperty("spans").EnumerateArray().ToDictionary(static s => s.GetProperty("spanID").GetString()!);
        var root = spans["0000000000000001"];
        Assert.Equal(18_250, root.GetProperty("duration").GetInt64());
        Assert.Equal((long)(Now / 1_000_000_000) - 10, root.GetProperty("startTime").GetInt64() / 1_000_000, 2.0);
        Assert.Equal("""[{"refType":"FOLLOWS_FROM","traceID":"0000000000000009","spanID":"0000000000000003"}]""", root.GetProperty("references").GetRawText());
        Assert.Equal(
            """[{"key":"span.kind","type":"string","value":"server"},{"key":"http.response.status_code","type":"int64","value":503},{"key":"big","type":"int64","value":"1152921504606846976"},{"key":"error","type":"bool","value":true}]""",
            root.GetProperty("tags").GetRawText());
        Assert.Equal("""[{"key":"event","type":"string","value":"retry"},{"key":"n","type":"string","value":"1"}]""", root.GetProperty("logs")[0].GetProperty("fields").GetRawText());
        Assert.Equal("p1", root.GetProperty("processID").GetString());
        Assert.Equal(JsonValueKind.Null, root.GetProperty("warnings").ValueKind);
        Assert.Equal("""[{"refType":"CHILD_OF","traceID":"0000000000000007","spanID":"0000000000000001"}]""", spans["0000000000000002"].GetProperty("references").GetRawText());
        Assert.Equal("""["the parent 0000000000000063 is missing"]""", spans["0000000000000003"].GetProperty("warnings").GetRawText());
    }

    [Theory]
    [InlineData("7", 200)]
    [InlineData("0000000000000007", 200)]
    [InlineData("AAAAAAAAAAAAAAAAAAAABw==", 200)]
    [InlineData("AAAAAAAAAAAAAAAAAAAABw", 200)]
    [InlineData("8", 404)]
    [InlineData("0", 400)]
    [InlineData("zz", 400)]
    public async Task A_trace_is_found_by_its_id_in_any_form(string id, int status)
    {
        await SendAsync(Of("cart", Span(7, 1)));

        foreach (var path in (string[])["/api/traces/", "/api/v3/traces/"])
        {
            using var response = await App.Anonymous.GetAsync(path + Uri.EscapeDataString(id), Cancellation);
            Assert.Equal(status, (int)response.StatusCode);
        }
    }

    [Fact]
    public async Task Refusals_are_in_the_envelope()
    {
        Assert.Equal("""{"data":null,"total":0,"limit":0,"offset":0,"errors":[{"code":404,"msg":"trace not found"}]}""", await GetAsync($"/api/traces/{Trace}", HttpStatusCode.NotFound));
        Assert.Equal("""{"error":{"httpCode":404,"message":"trace not found"}}""", await GetAsync($"/api/v3/traces/{Trace}", HttpStatusCode.NotFound));
        Assert.Contains("\"msg\":\"parameter 'service' is required\"", await GetAsync("/api/traces", HttpStatusCode.BadRequest), StringComparison.Ordinal);
        Assert.Contains("\"msg\":\"parameter 'service' is required\"", await GetAsync("/api/operations", HttpStatusCode.BadRequest), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("limit=0", "unable to parse param 'limit'")]
    [InlineData("limit=x", "unable to parse param 'limit'")]
    [InlineData("start=x", "unable to parse param 'start'")]
    [InlineData("minDuration=5", "unable to parse param 'minDuration'")]
    [InlineData("minDuration=2s&maxDuration=1500ms", "'maxDuration' should be greater than 'minDuration'")]
    [InlineData("tags=x", "unable to parse param 'tags'")]
    [InlineData("tags={\"a\":1}", "unable to parse param 'tags'")]
    [InlineData("tag=a", "unable to parse param 'tag'")]
    [InlineData("raw=x", "unable to parse param 'raw'")]
    [InlineData("traceID=zz", "unable to parse param 'traceID'")]
    public async Task A_parameter_that_is_none_is_told(string parameter, string message) =>
        Assert.Contains(message, await GetAsync($"/api/traces?service=cart&{parameter}", HttpStatusCode.BadRequest), StringComparison.Ordinal);

    [Fact]
    public async Task A_search_finds_the_span_that_is_all_that_is_asked_for()
    {
        await SendAsync(Of("cart", Span(1, 1, secondsAgo: 30, micros: 5000), Span(2, 1, secondsAgo: 20, micros: 2_000_000).Inner(15, new Message().Number(3, 2))));
        await SendAsync(Of("cart", Span(3, 1, secondsAgo: 10).Inner(9, Message.Pair("k", "v"))));

        Assert.Equal(["3", "2", "1"], await SearchAsync("service=cart"));
        Assert.Equal(["3", "2", "1"], await SearchAsync("service=Cart&operation=GET+%2F"));
        Assert.Equal(["3"], await SearchAsync("service=cart&limit=1"));
        Assert.Equal(["2"], await SearchAsync("service=cart&tags=%7B%22error%22%3A%22true%22%7D"));
        Assert.Equal(["3"], await SearchAsync("service=cart&tag=k:v"));
        Assert.Equal([], await SearchAsync("service=cart&tag=k:v&tag=error:true"));
        Assert.Equal(["2"], await SearchAsync("service=cart&minDuration=1.5s"));
        Assert.Equal(["1"], await SearchAsync("service=cart&minDuration=2ms&maxDuration=1s"));
        Assert.Equal(["2", "1"], await SearchAsync(string.Create(CultureInfo.InvariantCulture, $"service=cart&end={(Now / 1000) - 15_000_000}")));
        Assert.Equal([], await SearchAsync("service=nobody"));
        var some = Json(await GetAsync("/api/traces?traceID=3&traceID=8"));
        Assert.Equal(1, some.GetProperty("data").GetArrayLength());
        Assert.Equal("""[{"code":404,"msg":"trace not found","traceID":"0000000000000008"}]""", some.GetProperty("errors").GetRawText());
    }

    [Fact]
    public async Task The_page_of_Jaeger_searches_by_summaries()
    {
        await SendAsync(Of("gateway", Span(7, 1, name: "GET /cart"), Span(7, 2, 1, SpanKind.Client)));
        await SendAsync(Of("cart", Span(7, 3, 2).Inner(15, new Message().Number(3, 2)), Span(7, 4, 55)));
        var window = V3Window();

        var summary = Json(await GetAsync($"/api/v3/trace-summaries?{window}&query.searchDepth=20&query.serviceName=cart")).GetProperty("summaries")[0];

        Assert.Equal(Trace, summary.GetProperty("traceId").GetString());
        Assert.Equal(("gateway", "GET /cart"), (summary.GetProperty("rootServiceName").GetString(), summary.GetProperty("rootOperationName").GetString()));
        Assert.Equal((4, 1, 1), (summary.GetProperty("spanCount").GetInt32(), summary.GetProperty("errorSpanCount").GetInt32(), summary.GetProperty("orphanSpanCount").GetInt32()));
        Assert.Equal("""[{"name":"cart","spanCount":2,"errorSpanCount":1},{"name":"gateway","spanCount":2,"errorSpanCount":0}]""", summary.GetProperty("services").GetRawText());
        Assert.Equal(1, Json(await GetAsync($"/api/v3/trace-summaries?{window}&query.serviceName=")).GetProperty("summaries").GetArrayLength());
        Assert.Equal("""{"summaries":[]}""", await GetAsync($"/api/v3/trace-summaries?{window}&query.serviceName=nobody"));
        Assert.Equal("""{"error":{"httpCode":404,"message":"No traces found"}}""", await GetAsync($"/api/v3/traces?{window}&query.serviceName=nobody", HttpStatusCode.NotFound));
    }

    [Theory]
    [InlineData("query.startTimeMax=2026-03-02T12:00:00Z", "malformed parameter query.startTimeMin")]
    [InlineData("query.startTimeMin=2026-03-02T12:00:00Z", "malformed parameter query.startTimeMax")]
    [InlineData("query.startTimeMin=2026-03-02T12:00:00Z&query.startTimeMax=2026-03-02T12:00:00Z", "malformed parameter query.startTimeMin")]
    [InlineData("query.startTimeMin=2026-03-02&query.startTimeMax=2026-03-02T12:00:00Z", "malformed parameter query.startTimeMin")]
    [InlineData("query.start_time_min=2026-03-02T12:00:00Z&query.start_time_max=2026-03-02T13:00:00Z&query.filter={}", "malformed parameter query.filter")]
    [InlineData("query.start_time_min=2026-03-02T12:00:00Z&query.start_time_max=2026-03-02T13:00:00Z&query.search_depth=0", "malformed parameter query.search_depth")]
    public async Task A_search_of_version_3_says_which_parameter_is_wrong(string parameters, string message)
    {
        Assert.Contains($"{{\"error\":{{\"httpCode\":400,\"message\":\"{message}", await GetAsync($"/api/v3/traces?{parameters}", HttpStatusCode.BadRequest), StringComparison.Ordinal);
        await GetAsync($"/api/v3/trace-summaries?{parameters}", HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task A_trace_of_version_3_is_OTLP()
    {
        await SendAsync(Of("cart", Span(7, 1).Inner(9, Message.Pair("n", new Message().Number(3, 5)))));

        // The plus of an offset is not escaped by Grafana, and comes as a blank.
        var trace = Json(await GetAsync($"/api/v3/traces/{Trace}?start_time=2026-03-02T12:00:00.123456789+08:00&end_time=2026-03-02T13:00:00+08:00"));

        var span = trace.GetProperty("result").GetProperty("resourceSpans")[0].GetProperty("scopeSpans")[0].GetProperty("spans")[0];
        Assert.Equal((Trace, "0000000000000001", 2), (span.GetProperty("traceId").GetString(), span.GetProperty("spanId").GetString(), span.GetProperty("kind").GetInt32()));
        Assert.Equal(JsonValueKind.String, span.GetProperty("startTimeUnixNano").ValueKind);
        Assert.Equal("5", span.GetProperty("attributes")[0].GetProperty("value").GetProperty("intValue").GetString());
        Assert.Contains(Trace, await GetAsync($"/api/v3/traces?{V3Window()}"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Calls_between_services_are_dependencies_at_once()
    {
        await SendAsync(Of("gateway", Span(7, 1), Span(7, 2, 1, SpanKind.Client)));
        await SendAsync(Of("cart", Span(7, 3, 2)));

        Assert.Equal("""{"data":[{"parent":"gateway","child":"cart","callCount":1}],"total":0,"limit":0,"offset":0,"errors":null}""", await GetAsync("/api/dependencies"));
        var milliseconds = Now / 1_000_000;
        Assert.Contains("\"gateway\"", await GetAsync(string.Create(CultureInfo.InvariantCulture, $"/api/dependencies?endTs={milliseconds}&lookback=604800000&service=cart")), StringComparison.Ordinal);
        Assert.DoesNotContain("\"gateway\"", await GetAsync("/api/dependencies?service=other"), StringComparison.Ordinal);
        Assert.Contains("USER:user", await GetAsync("/api/dependencies?virtual=true"), StringComparison.Ordinal);
        Assert.Contains("{\"parent\":\"gateway\",\"child\":\"cart\",\"callCount\":\"1\"}", await GetAsync($"/api/v3/dependencies?{V3Window().Replace("query.startTimeMin", "startTime", StringComparison.Ordinal).Replace("query.startTimeMax", "endTime", StringComparison.Ordinal)}"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_nothing_was_measured_there_is_nothing()
    {
        var now = Now / 1_000_000;

        Assert.Empty(Json(await GetAsync(string.Create(CultureInfo.InvariantCulture, $"/api/dependencies?endTs={now}&lookback=3600000"))).GetProperty("data").EnumerateArray());
        Assert.Equal("[]", await GetAsync(string.Create(CultureInfo.InvariantCulture, $"/api/v2/dependencies?endTs={now}&lookback=3600000")));
        Assert.Empty(Json(await GetAsync("/api/metrics/calls?service=cart")).GetProperty("metrics").EnumerateArray());
        var (topology, _) = await QueryRawAsync(now);
        Assert.Equal(HttpStatusCode.OK, topology);

        async Task<(HttpStatusCode, string)> QueryRawAsync(ulong end)
        {
            using var response = await App.Admin.GetAsync(string.Create(CultureInfo.InvariantCulture, $"/v1/{Project}/atps/topology?startTime={end - 86_400_000}&endTime={end}"), Cancellation);
            return (response.StatusCode, await TextOf(response));
        }
    }

    [Theory]
    [InlineData("ratePer=9223372036854775807")]
    [InlineData("step=9223372036854775807")]
    [InlineData("lookback=9223372036854775807&step=9223372036854775807&ratePer=9223372036854775807")]
    [InlineData("endTs=9223372036854775807&step=9223372036854775807")]
    public async Task Times_of_measures_that_are_beyond_all_bounds_cost_nothing(string parameters)
    {
        await SendAsync(Of("cart", Span(1, 1)));
        var watch = Stopwatch.GetTimestamp();

        await GetAsync($"/api/metrics/calls?service=cart&{parameters}");

        Assert.True(Stopwatch.GetElapsedTime(watch) < TimeSpan.FromSeconds(3), "Some 200 million minutes take longer.");
    }

    [Fact]
    public async Task Measures_of_services_are_families_of_metrics()
    {
        await SendAsync(Of("cart", Span(1, 1, micros: 20_000), Span(2, 1, micros: 20_000).Inner(15, new Message().Number(3, 2))));
        const string Asked = "service=cart&lookback=600000&step=60000&ratePer=600000";

        var calls = Json(await GetAsync($"/api/metrics/calls?{Asked}&groupByOperation=false&spanKind=server"));
        var errors = Json(await GetAsync($"/api/metrics/errors?{Asked}&groupByOperation=true"));
        var latencies = Json(await GetAsync($"/api/metrics/latencies?{Asked}&quantile=0.95"));

        Assert.Equal("service_call_rate", calls.GetProperty("name").GetString());
        Assert.Equal("""[{"name":"service_name","value":"cart"}]""", calls.GetProperty("metrics")[0].GetProperty("labels").GetRawText());
        Assert.Equal(2 / 600.0, Last(calls), 0.0001);
        Assert.Equal("service_operation_error_rate", errors.GetProperty("name").GetString());
        Assert.Equal(0.5, Last(errors), 0.0001);
        Assert.Equal("service_latencies", latencies.GetProperty("name").GetString());
        Assert.Equal(20.0, Last(latencies), 1.0);
        await GetAsync("/api/metrics/calls", HttpStatusCode.BadRequest);
        await GetAsync("/api/metrics/latencies?service=cart", HttpStatusCode.BadRequest);
        await GetAsync("/api/metrics/latencies?service=cart&quantile=1.5", HttpStatusCode.BadRequest);
        await GetAsync("/api/metrics/calls?service=cart&step=1&lookback=86400000", HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Both_halves_of_a_shared_span_have_ids_of_their_own()
    {
        var start = (Now / 1000) - 10_000_000;
        using var sent = await ExportAsync(Encoding.UTF8.GetBytes($$$"""
            [{"traceId":"7","id":"1","kind":"CLIENT","name":"get","timestamp":{{{start}}},"duration":9000,"localEndpoint":{"serviceName":"gateway"}},
             {"traceId":"7","id":"1","kind":"SERVER","shared":true,"name":"get","timestamp":{{{start + 1000}}},"duration":7000,"localEndpoint":{"serviceName":"cart"}},
             {"traceId":"7","id":"2","parentId":"1","name":"inner","timestamp":{{{start + 2000}}},"duration":100,"localEndpoint":{"serviceName":"cart"}}]
            """), "application/json", path: "/api/v2/spans");

        var spans = Json(await GetAsync("/api/traces/7")).GetProperty("data")[0].GetProperty("spans").EnumerateArray().ToList();

        Assert.Equal(3, spans.Select(static s => s.GetProperty("spanID").GetString()).Distinct().Count());
        var server = spans[1].GetProperty("spanID").GetString();
        Assert.Equal("0000000000000001", spans[1].GetProperty("references")[0].GetProperty("spanID").GetString());
        Assert.Equal(server, spans[2].GetProperty("references")[0].GetProperty("spanID").GetString());
    }

    [Fact]
    public async Task A_trace_of_fifty_thousand_spans_is_answered()
    {
        const int Spans = 50_000;
        for (var sent = 0; sent < Spans; sent += 10_000)
        {
            var first = sent;
            await SendAsync(Of("cart", [.. Enumerable.Range(first + 1, 10_000).Select(i => new Message().Blob(1, Message.Id(16, 7)).Blob(2, BitConverter.GetBytes((ulong)i)).Text(5, "x").Number(6, 2).Fixed64(7, Now - 1_000_000_000).Fixed64(8, Now))]));
        }

        Assert.Equal(Spans, Json(await GetAsync("/api/traces/7")).GetProperty("data")[0].GetProperty("spans").GetArrayLength());
        Assert.Contains($"\"spanCount\":{Spans}", await GetAsync($"/api/v3/trace-summaries?{V3Window()}"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_trace_that_is_archived_is_there_when_its_day_is_gone()
    {
        await SendAsync(Of("cart", Span(7, 1)));
        await SendAsync(Of("cart", Span(9, 1)));
        using var known = await App.Anonymous.PostAsync(new Uri("/api/archive/7", UriKind.Relative), null, Cancellation);
        using var unknown = await App.Anonymous.PostAsync(new Uri("/api/archive/8", UriKind.Relative), null, Cancellation);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.NotFound), (known.StatusCode, unknown.StatusCode));
        App.Clock.Advance(TimeSpan.FromDays(9));
        await Eventually.TrueAsync("the other one gone", TimeSpan.FromSeconds(30), async () =>
        {
            App.Clock.Advance(TimeSpan.FromMinutes(2));
            using var gone = await App.Anonymous.GetAsync("/api/traces/9", Cancellation);
            return gone.StatusCode is HttpStatusCode.NotFound;
        });
        Assert.Equal(1, Json(await GetAsync("/api/traces/7")).GetProperty("data")[0].GetProperty("spans").GetArrayLength());
    }

    [Fact]
    public async Task No_more_traces_are_archived_than_the_setting_says()
    {
        await App.RestartAsync(("Tracing:MaxPinnedTraces", "1"));
        await SendAsync(Of("cart", Span(7, 1), Span(9, 1)));
        using var first = await App.Anonymous.PostAsync(new Uri("/api/archive/7", UriKind.Relative), null, Cancellation);
        using var again = await App.Anonymous.PostAsync(new Uri("/api/archive/7", UriKind.Relative), null, Cancellation);
        using var second = await App.Anonymous.PostAsync(new Uri("/api/archive/9", UriKind.Relative), null, Cancellation);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.Conflict), (first.StatusCode, again.StatusCode, second.StatusCode));
        Assert.Contains("Tracing:MaxPinnedTraces", await TextOf(second), StringComparison.Ordinal);
        using var released = await App.Anonymous.DeleteAsync(new Uri("/api/archive/7", UriKind.Relative), Cancellation);
        using var twice = await App.Anonymous.DeleteAsync(new Uri("/api/archive/7", UriKind.Relative), Cancellation);
        using var third = await App.Anonymous.PostAsync(new Uri("/api/archive/9", UriKind.Relative), null, Cancellation);
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.NotFound, HttpStatusCode.OK), (released.StatusCode, twice.StatusCode, third.StatusCode));
        Assert.Equal(1, Json(await GetAsync("/api/traces/7")).GetProperty("data")[0].GetProperty("spans").GetArrayLength());
    }

    [Fact]
    public async Task A_file_is_shown_as_the_same_trace_that_was_sent_and_nothing_is_kept()
    {
        await SendAsync(Of(
            [("service.name", "Cart"), ("k8s.pod.name", "cart-1")],
            Span(7, 1).Inner(9, Message.Pair("http.response.status_code", new Message().Number(3, 503))), Span(7, 2, 1, SpanKind.Client), Span(7, 3, 99), Span(9, 4)));
        var sent = Json(await GetAsync("/api/traces?traceID=7&traceID=9")).GetProperty("data");
        var files = string.Join(',', [.. ResourcesOf(await GetAsync("/api/v3/traces/7")), .. ResourcesOf(await GetAsync("/api/v3/traces/9"))]);

        var answer = await TransformAsync(new StringContent($"{{\"resourceSpans\":[{files}]}}", Encoding.UTF8, "application/json"));

        Assert.Equal($$"""{"data":{{sent.GetRawText()}},"total":0,"limit":0,"offset":0,"errors":null}""", answer);
        await TransformAsync(new StringContent($"{{\"resourceSpans\":[{files.Replace("00000000000000000000000000000007", "00000000000000000000000000000008", StringComparison.Ordinal)}]}}", Encoding.UTF8, "application/json"));
        await GetAsync("/api/traces/8", HttpStatusCode.NotFound);

        static IEnumerable<string> ResourcesOf(string answer) => Json(answer).GetProperty("result").GetProperty("resourceSpans").EnumerateArray().Select(static r => r.GetRawText());
    }

    [Fact]
    public async Task Spans_of_a_file_that_are_none_are_told_beside_the_others()
    {
        Assert.Equal("""{"data":[],"total":0,"limit":0,"offset":0,"errors":null}""", await TransformAsync(new StringContent("{}", Encoding.UTF8, "application/json")));
        var some = """{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"zz"},{"traceId":"00000000000000000000000000000008","spanId":"0000000000000001","name":"x","startTimeUnixNano":"1","endTimeUnixNano":"2001"}]}]}]}""";

        var answer = Json(await TransformAsync(new StringContent(some, Encoding.UTF8, "application/json")));

        Assert.Equal(1, answer.GetProperty("data")[0].GetProperty("spans").GetArrayLength());
        Assert.Equal("unknown_service", answer.GetProperty("data")[0].GetProperty("processes").GetProperty("p1").GetProperty("serviceName").GetString());
        Assert.Equal("""[{"code":400,"msg":"rejected 1 of 2 spans: invalid_trace_id=1"}]""", answer.GetProperty("errors").GetRawText());
    }

    [Theory]
    [InlineData("", "application/json", null, 400)]
    [InlineData("[", "application/json", null, 400)]
    [InlineData("""{"resourceSpans":1}""", "application/json", null, 400)]
    [InlineData("{}", "text/plain", null, 415)]
    [InlineData("{}", "application/json", "br", 415)]
    [InlineData("{}", "application/json", "gzip", 400)]
    [InlineData("long", "application/json", null, 413)]
    public async Task A_file_that_is_none_is_refused_in_the_envelope(string body, string mediaType, string? encoding, int status)
    {
        await App.RestartAsync(("Tracing:MaxBytes", "1048576"));
        using var content = new StringContent(body is "long" ? new string(' ', 1_048_577) : body, Encoding.UTF8, mediaType);
        if (encoding is not null)
        {
            content.Headers.ContentEncoding.Add(encoding);
        }

        Assert.Contains($"\"code\":{status},", await TransformAsync(content, (HttpStatusCode)status), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_packed_is_shown_and_a_stranger_is_not()
    {
        using var packed = new MemoryStream();
        await using (var gzip = new System.IO.Compression.GZipStream(packed, System.IO.Compression.CompressionLevel.Fastest, leaveOpen: true))
        {
            await gzip.WriteAsync("{}"u8.ToArray(), Cancellation);
        }

        using var content = new ByteArrayContent(packed.ToArray()) { Headers = { ContentType = new("application/json"), ContentEncoding = { "gzip" } } };
        Assert.StartsWith("""{"data":[],""", await TransformAsync(content), StringComparison.Ordinal);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/api/transform") { Content = new StringContent("{}", Encoding.UTF8, "application/json"), Headers = { Authorization = new("Bearer", "nobody's") } };
        using var refused = await App.Anonymous.SendAsync(request, Cancellation);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
    }

    [Fact]
    public async Task A_store_that_fails_is_told_in_the_envelope()
    {
        await SendAsync(Of("cart", Span(7, 1)));
        using var _ = App.Sabotage("tracing").Unreadable("measures");

        Assert.Contains("\"code\":500", await GetAsync("/api/dependencies", HttpStatusCode.InternalServerError), StringComparison.Ordinal);
    }

    private static JsonElement Json(string text) => JsonElement.Parse(text);

    private static double Last(JsonElement family) => family.GetProperty("metrics")[0].GetProperty("metricPoints").EnumerateArray().Last().GetProperty("gaugeValue").GetProperty("doubleValue").GetDouble();

    private string V3Window()
    {
        var now = App.Clock.GetUtcNow();
        return string.Create(CultureInfo.InvariantCulture, $"query.startTimeMin={now.AddHours(-1):yyyy-MM-ddTHH:mm:ss.fffZ}&query.startTimeMax={now.AddHours(1):yyyy-MM-ddTHH:mm:ss.fffZ}");
    }

    private async Task<IEnumerable<string>> SearchAsync(string parameters) =>
        Json(await GetAsync($"/api/traces?{parameters}")).GetProperty("data").EnumerateArray().Select(static t => t.GetProperty("traceID").GetString()!.TrimStart('0'));

    private async Task<string> TransformAsync(HttpContent content, HttpStatusCode status = HttpStatusCode.OK)
    {
        using (content)
        {
            using var response = await App.Anonymous.PostAsync(new Uri("/api/transform", UriKind.Relative), content, Cancellation);
            var body = await response.Content.ReadAsStringAsync(Cancellation);
            Assert.True(response.StatusCode == status, $"{(int)response.StatusCode} {body}");
            Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
            return body;
        }
    }

    private async Task<string> GetAsync(string path, HttpStatusCode status = HttpStatusCode.OK)
    {
        using var response = await App.Anonymous.GetAsync(path, Cancellation);
        var body = await response.Content.ReadAsStringAsync(Cancellation);
        Assert.True(response.StatusCode == status, $"{(int)response.StatusCode} {body}");
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        return body;
    }
}
