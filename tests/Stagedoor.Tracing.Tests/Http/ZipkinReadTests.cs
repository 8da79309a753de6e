using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Stagedoor.Tracing.Tests.Otlp;
using Xunit;

namespace Stagedoor.Tracing.Tests.Http;

/// <summary>Zipkin's reading interface over HTTP, asked as Grafana's data source asks.</summary>
public sealed class ZipkinReadTests : TraceService
{
    [Fact]
    public async Task Grafana_lists_services_and_spans_and_finds_traces()
    {
        await SendZipkinAsync();

        Assert.Equal("""["cart","gateway"]""", await GetAsync("/api/v2/services"));
        Assert.Equal("""["get /cart","serve"]""", await GetAsync("/api/v2/spans?serviceName=Cart"));
        Assert.Equal("""["billing","gateway"]""", await GetAsync("/api/v2/remoteServices?serviceName=cart"));
        Assert.Equal(["a7"], await FindAsync("serviceName=cart&spanName=get+%2Fcart"));
        Assert.Equal(["a7"], await FindAsync("serviceName=cart&spanName=all"));
        Assert.Equal(["a7"], await FindAsync("serviceName=gateway"));
        Assert.Equal([], await FindAsync("serviceName=nobody"));
        var trace = JsonElement.Parse(await GetAsync("/api/v2/trace/a7"));
        Assert.Equal(3, trace.GetArrayLength());
        Assert.Contains(trace.EnumerateArray(), static s => s.TryGetProperty("shared", out _));
        using var missing = await App.Anonymous.GetAsync("/api/v2/trace/a8", Cancellation);
        Assert.Equal((HttpStatusCode.NotFound, "a8 not found", "text/plain"), (missing.StatusCode, await TextOf(missing), missing.Content.Headers.ContentType?.MediaType));
    }

    [Fact]
    public async Task A_search_finds_the_span_that_is_all_that_is_asked_for()
    {
        await SendZipkinAsync();

        Assert.Equal(["a7"], await FindAsync("remoteServiceName=Billing"));
        Assert.Equal([], await FindAsync("serviceName=gateway&remoteServiceName=billing"));
        Assert.Equal(["a7"], await FindAsync("annotationQuery=http.method%3DGET+and+retry+and+k"));
        Assert.Equal([], await FindAsync("annotationQuery=http.method%3DPOST"));
        Assert.Equal([], await FindAsync("annotationQuery=nothing"));
        Assert.Equal(["a7"], await FindAsync("minDuration=7000&maxDuration=7000"));
        Assert.Equal([], await FindAsync("minDuration=7001&maxDuration=8999"));
        Assert.Equal([], await FindAsync(string.Create(CultureInfo.InvariantCulture, $"endTs={(Now / 1_000_000) - 60_000}")));
        Assert.Equal([], await FindAsync(string.Create(CultureInfo.InvariantCulture, $"endTs={Now / 1_000_000}&lookback=1000")));
    }

    [Theory]
    [InlineData("traces?limit=0")]
    [InlineData("traces?endTs=0")]
    [InlineData("traces?lookback=-1")]
    [InlineData("traces?maxDuration=5")]
    [InlineData("traces?minDuration=0")]
    [InlineData("traces?minDuration=5&maxDuration=4")]
    [InlineData("traceMany")]
    [InlineData("traceMany?traceIds=1")]
    [InlineData("traceMany?traceIds=1,01")]
    [InlineData("traceMany?traceIds=1,x")]
    [InlineData("trace/x")]
    [InlineData("dependencies")]
    [InlineData("spans")]
    [InlineData("remoteServices")]
    [InlineData("autocompleteValues")]
    public async Task A_parameter_that_is_none_is_told(string query)
    {
        using var response = await App.Anonymous.GetAsync($"/api/v2/{query}", Cancellation);

        Assert.Equal((HttpStatusCode.BadRequest, "text/plain"), (response.StatusCode, response.Content.Headers.ContentType?.MediaType));
        Assert.NotEmpty(await TextOf(response));
    }

    [Fact]
    public async Task Several_traces_dependencies_and_tags()
    {
        await SendZipkinAsync();
        await SendAsync(Of([("service.name", "ship"), ("k8s.namespace.name", "manage"), ("deployment.environment.name", "production")], Span(8, 1)));

        Assert.Equal(2, JsonElement.Parse(await GetAsync("/api/v2/traceMany?traceIds=a7,8,9")).GetArrayLength());
        Assert.Equal("""[{"parent":"gateway","child":"cart","callCount":1}]""", await GetAsync(string.Create(CultureInfo.InvariantCulture, $"/api/v2/dependencies?endTs={Now / 1_000_000}")));
        Assert.Equal("""["deployment.environment.name","k8s.namespace.name"]""", await GetAsync("/api/v2/autocompleteKeys"));
        Assert.Equal("""["production"]""", await GetAsync("/api/v2/autocompleteValues?key=deployment.environment.name"));
        Assert.Equal("[]", await GetAsync("/api/v2/autocompleteValues?key=other"));
        Assert.Equal(["8"], await FindAsync("annotationQuery=k8s.namespace.name%3Dmanage"));
    }

    [Fact]
    public async Task Names_may_be_remembered_once_there_are_more_than_three_services()
    {
        await SendAsync(Of("a", Span(1, 1)));
        using var few = await App.Anonymous.GetAsync("/api/v2/services", Cancellation);
        foreach (var service in (string[])["b", "c", "d"])
        {
            await SendAsync(Of(service, Span(1, 1)));
        }

        using var many = await App.Anonymous.GetAsync("/api/v2/services", Cancellation);

        Assert.True(few.Headers.CacheControl?.NoStore);
        Assert.Equal("max-age=300, must-revalidate", many.Headers.NonValidated["Cache-Control"].ToString());
    }

    [Fact]
    public async Task Tags_of_a_span_say_which_instance_and_group_it_is_of()
    {
        var start = (Now / 1000) - 10_000_000;
        using var sent = await ExportAsync(Encoding.UTF8.GetBytes($$$"""
            [{"traceId":"7","id":"1","kind":"SERVER","name":"a","timestamp":{{{start}}},"duration":1,"localEndpoint":{"serviceName":"cart","ipv4":"10.8.0.12"},
              "tags":{"service.instance.id":"cart-1","service.namespace":"web-shop"}},
             {"traceId":"7","id":"2","kind":"SERVER","name":"a","timestamp":{{{start}}},"duration":1,"localEndpoint":{"serviceName":"cart","ipv4":"10.8.0.12"}},
             {"traceId":"7","id":"3","kind":"SERVER","name":"a","timestamp":{{{start}}},"duration":1,"localEndpoint":{"serviceName":"cart","ipv4":"10.8.0.12"},
              "tags":{"service.instance.id":"cart-2"}}]
            """), "application/json", path: "/api/v2/spans");

        Assert.Equal(HttpStatusCode.Accepted, sent.StatusCode);
        Assert.Equal(["10.8.0.12", "cart-1", "cart-2"], await NamesAsync("ats/applications/cart/instances"));
        Assert.Equal(["default", "web-shop"], await NamesAsync("atps/monitorgroups"));
        Assert.Contains("\"service.instance.id\":\"cart-1\"", await GetAsync("/api/v2/trace/7"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Spans_that_failed_are_found_by_the_tag_that_says_so()
    {
        var start = (Now / 1000) - 10_000_000;
        using var sent = await ExportAsync(Encoding.UTF8.GetBytes($$$"""
            [{"traceId":"b1","id":"1","name":"a","timestamp":{{{start}}},"localEndpoint":{"serviceName":"cart"},"tags":{"error":"boom"},"annotations":[{"timestamp":{{{start}}},"value":"retried"}]},
             {"traceId":"b2","id":"1","name":"a","timestamp":{{{start}}},"localEndpoint":{"serviceName":"cart"},"tags":{"other":"boom"}}]
            """), "application/json", path: "/api/v2/spans");
        using var otlp = await ExportAsync(Of("stock", Span(3, 1).Inner(15, new Message().Text(2, "late").Number(3, 2))));

        Assert.Equal(["b1"], await FindAsync("serviceName=cart&annotationQuery=error"));
        Assert.Equal(["b1"], await FindAsync("annotationQuery=error%3Dboom"));
        Assert.Equal([], await FindAsync("annotationQuery=error%3Dbang"));
        Assert.Equal(["b1"], await FindAsync("annotationQuery=error+and+retried"));
        Assert.Single(await FindAsync("serviceName=stock&annotationQuery=error"));
        Assert.Single(await FindAsync("annotationQuery=error%3Dlate"));
        Assert.Contains("\"traceID\"", await GetAsync("/api/traces?service=stock&tags=%7B%22otel.status_description%22%3A%22late%22%7D"), StringComparison.Ordinal);
        Assert.Contains("\"traceID\"", await GetAsync("/api/traces?service=cart&tags=%7B%22event%22%3A%22retried%22%7D"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_span_that_does_not_say_when_it_was_is_found()
    {
        using var sent = await ExportAsync("""[{"traceId":"b3","id":"1","name":"x","localEndpoint":{"serviceName":"cart"}}]"""u8.ToArray(), "application/json", path: "/api/v2/spans");

        Assert.Equal(HttpStatusCode.Accepted, sent.StatusCode);
        Assert.Equal(["b3"], await FindAsync("serviceName=cart"));
    }

    private async Task SendZipkinAsync()
    {
        var start = (Now / 1000) - 10_000_000;
        using var sent = await ExportAsync(Encoding.UTF8.GetBytes($$$"""
            [{"traceId":"a7","id":"1","kind":"CLIENT","name":"get /cart","timestamp":{{{start}}},"duration":9000,"localEndpoint":{"serviceName":"gateway"},"remoteEndpoint":{"serviceName":"cart"}},
             {"traceId":"a7","id":"1","kind":"SERVER","shared":true,"name":"Get /Cart","timestamp":{{{start + 1000}}},"duration":7000,"localEndpoint":{"serviceName":"cart"},
              "remoteEndpoint":{"serviceName":"gateway"},"tags":{"http.method":"GET","k":"v"},"annotations":[{"timestamp":{{{start + 2000}}},"value":"retry"}]},
             {"traceId":"a7","id":"2","parentId":"1","kind":"CLIENT","name":"serve","timestamp":{{{start + 2000}}},"duration":100,"localEndpoint":{"serviceName":"cart"},"remoteEndpoint":{"serviceName":"billing"}}]
            """), "application/json", path: "/api/v2/spans");
        Assert.Equal(HttpStatusCode.Accepted, sent.StatusCode);
    }

    private async Task<IEnumerable<string>> FindAsync(string parameters) =>
        JsonElement.Parse(await GetAsync($"/api/v2/traces?{parameters}")).EnumerateArray().Select(static t => t[0].GetProperty("traceId").GetString()!.TrimStart('0'));

    private async Task<string> GetAsync(string path)
    {
        using var response = await App.Anonymous.GetAsync(path, Cancellation);
        var body = await response.Content.ReadAsStringAsync(Cancellation);
        Assert.True(response.StatusCode == HttpStatusCode.OK, $"{(int)response.StatusCode} {body}");
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        return body;
    }
}
