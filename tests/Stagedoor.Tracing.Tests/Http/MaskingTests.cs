using System.Net;
using System.Text;
using System.Text.Json;
using Stagedoor.Tracing.Tests.Otlp;
using Xunit;

namespace Stagedoor.Tracing.Tests.Http;

/// <summary>Secrets in spans are taken out before they are kept.</summary>
public sealed class MaskingTests : TraceService
{
    private const string First = "00000000000000000000000000000001";

    [Theory]
    [InlineData("url.full", "https://shop/cart?token=s3cret&page=2", "https://shop/cart?token=REDACTED&page=2")]
    [InlineData("http.url", "https://shop/cart?password=s3cret", "https://shop/cart?password=REDACTED")]
    [InlineData("http.target", "/cart?SIG=s3cret", "/cart?SIG=REDACTED")]
    [InlineData("url.query", "key=s3cret&page=2", "key=REDACTED&page=2")]
    [InlineData("other", "https://shop/cart?token=open", "https://shop/cart?token=open")]
    public async Task A_secret_in_the_query_of_a_url_is_not_kept(string key, string sent, string kept)
    {
        await SendAsync(Of("cart", Call().Inner(9, Message.Pair(key, sent)).Inner(11, new Message().Text(2, "redirect").Inner(3, Message.Pair(key, sent)))));

        // What is kept is masked, and not only what is shown.
        await App.RestartAsync(("Tracing:Masking:UrlQuery", ""));
        var span = await SpanAsync();
        Assert.Equal(kept, span.GetProperty("attributes").GetProperty(key).GetString());
        Assert.Equal(kept, span.GetProperty("events")[0].GetProperty("attributes").GetProperty(key).GetString());
        await ShouldBeNowhereAsync("s3cret");
    }

    [Fact]
    public async Task A_secret_in_the_name_of_a_span_and_what_is_made_of_attributes_is_not_kept()
    {
        await SendAsync(Of("cart", Call("GET /cart?token=s3cret").Inner(9, Message.Pair("http.target", "/cart?token=s3cret"))));

        var span = await SpanAsync();
        Assert.Equal("GET /cart?token=REDACTED", span.GetProperty("name").GetString());
        Assert.Equal("(GET)(/cart?token=REDACTED)()", span.GetProperty("argument").GetString());
        Assert.Equal("GET_/cart", span.GetProperty("transaction").GetString());
        await ShouldBeNowhereAsync("s3cret");
    }

    [Fact]
    public async Task A_secret_that_came_by_Zipkin_is_not_kept()
    {
        using var content = new StringContent(
            $$$"""[{"traceId":"{{{First}}}","id":"0000000000000001","kind":"SERVER","name":"get","timestamp":{{{(Now / 1000) - 1_000_000}}},"duration":5,"localEndpoint":{"serviceName":"cart"},"tags":{"http.url":"http://shop/?token=s3cret"}}]""",
            Encoding.UTF8,
            "application/json");
        using var response = await App.Anonymous.PostAsync("/api/v2/spans", content, Cancellation);
        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);

        Assert.Equal("http://shop/?token=REDACTED", (await SpanAsync()).GetProperty("attributes").GetProperty("http.url").GetString());
        await ShouldBeNowhereAsync("s3cret");
    }

    [Fact]
    public async Task Which_parameters_are_secret_can_be_said()
    {
        await App.RestartAsync(("Tracing:Masking:UrlQuery", "ticket, pin"));
        await SendAsync(Of("cart", Call().Inner(9, Message.Pair("url.full", "/cart?pin=1&ticket=2&token=3"))));

        Assert.Equal("/cart?pin=REDACTED&ticket=REDACTED&token=3", (await SpanAsync()).GetProperty("attributes").GetProperty("url.full").GetString());
    }

    [Fact]
    public async Task Statements_are_kept_as_they_are_sent()
    {
        await SendAsync(Of("cart", Query("SELECT * FROM orders WHERE name = 's3cret'")));

        Assert.Equal("SELECT * FROM orders WHERE name = 's3cret'", (await SpanAsync()).GetProperty("attributes").GetProperty("db.query.text").GetString());
    }

    [Fact]
    public async Task Literals_of_statements_are_not_kept_where_that_is_switched_on()
    {
        await App.RestartAsync(("Tracing:Masking:SqlLiterals", "true"));
        await SendAsync(Of("cart", Query("SELECT \"Id\" FROM orders WHERE name = 's3cret'").Inner(9, Message.Pair("db.statement", "SELECT 's3cret'")).Inner(9, Message.Pair("db.query.parameter.0", "s3cret"))));

        await App.RestartAsync(("Tracing:Masking:SqlLiterals", "false"));
        var span = await SpanAsync();
        Assert.Equal("SELECT \"Id\" FROM orders WHERE name = ?", span.GetProperty("attributes").GetProperty("db.query.text").GetString());
        Assert.Equal("SELECT ?", span.GetProperty("attributes").GetProperty("db.statement").GetString());
        Assert.Equal("?", span.GetProperty("attributes").GetProperty("db.query.parameter.0").GetString());
        Assert.Equal("SELECT \"Id\" FROM orders WHERE name = ?", span.GetProperty("name").GetString());
        Assert.Equal("()(shop)(SELECT \"Id\" FROM orders WHERE name = ?)", span.GetProperty("argument").GetString());
        await ShouldBeNowhereAsync("s3cret");
    }

    private Message Call(string name = "GET") => Span(1, 1, name: name).Inner(9, Message.Pair("http.request.method", "GET"));

    private Message Query(string sql) => Span(1, 1, kind: Spans.SpanKind.Client, name: sql)
        .Inner(9, Message.Pair("db.system.name", "postgresql")).Inner(9, Message.Pair("db.namespace", "shop")).Inner(9, Message.Pair("db.query.text", sql));

    private async Task<JsonElement> SpanAsync() => (await QueryAsync($"ats/traces/{First}")).GetProperty("responseInfo").GetProperty("spanTree")[0];

    private async Task ShouldBeNowhereAsync(string secret)
    {
        foreach (var path in (string[])[$"/v1/{Project}/ats/spans?traceId={First}", $"/v1/{Project}/ats/traces/{First}", $"/v1/{Project}/ats/traces?{Window}&application=cart", $"/v1/{Project}/ats/applications/cart/transactions"])
        {
            Assert.DoesNotContain(secret, await App.Admin.GetStringAsync(path, Cancellation), StringComparison.Ordinal);
        }

        foreach (var path in (string[])[$"/api/traces/{First}", $"/api/v3/traces/{First}", $"/api/v2/trace/{First}", $"/tempo/api/traces/{First}"])
        {
            Assert.DoesNotContain(secret, await App.Anonymous.GetStringAsync(path, Cancellation), StringComparison.Ordinal);
        }
    }
}
