using Stagedoor.Tracing.Tests.Otlp;
using Xunit;

namespace Stagedoor.Tracing.Tests.Http;

/// <summary>What is configured for single services.</summary>
public sealed class ServiceRuleTests : TraceService
{
    protected override IEnumerable<(string Key, string Value)> Settings =>
    [
        ("Tracing:Services:0:Name", "cart"), ("Tracing:Services:0:Transactions:0", "GET,POST_/cart/{user}"), ("Tracing:Services:0:Transactions:1", "ALL_/rest/**"),
        ("Tracing:Services:0:IgnoredFailures:0", "503"), ("Tracing:Services:0:IgnoredFailures:1", "shop.SoldOut"),
        ("Tracing:Services:0:BusinessCode", "shop.code"), ("Tracing:Services:0:AcceptedCodes:0", "0"), ("Tracing:Services:0:AcceptedCodes:1", "ok"),
        ("Tracing:Services:1:Name", "*"), ("Tracing:Services:1:Transactions:0", "ALL_/**"),
    ];

    [Fact]
    public async Task Transactions_have_the_names_of_the_first_rule_that_fits()
    {
        await SendAsync(Of("Cart", Call(1, "GET", "/cart/ann"), Call(2, "POST", "/cart/bob?x=1"), Call(3, "PUT", "/cart/ann"), Call(4, "GET", "/rest/a/b/c")));
        await SendAsync(Of("billing", Call(5, "GET", "/cart/ann")));

        Assert.Equal(["GET_/cart/{user}", "GET_/rest/**", "POST_/cart/{user}", "PUT_/cart/ann"], await NamesAsync("ats/applications/cart/transactions"));
        Assert.Equal(["GET_/**"], await NamesAsync("ats/applications/billing/transactions"));
    }

    [Fact]
    public async Task A_code_that_is_ignored_is_no_failure_and_one_of_the_service_may_be()
    {
        await SendAsync(Of(
            "cart",
            Call(1, "GET", "/cart/a").Inner(9, Message.Pair("http.response.status_code", new Message().Number(3, 503))),
            Call(2, "GET", "/cart/a").Inner(9, Message.Pair("http.response.status_code", new Message().Number(3, 500))),
            Call(3, "GET", "/cart/a").Inner(9, Message.Pair("error.type", "shop.SoldOut")).Inner(15, new Message().Number(3, 2)),
            Call(4, "GET", "/cart/a").Inner(9, Message.Pair("shop.code", "17")),
            Call(5, "GET", "/cart/a").Inner(9, Message.Pair("shop.code", "ok")),
            Call(6, "GET", "/cart/a").Inner(9, Message.Pair("shop.code", new Message().Number(3, 0)))));

        var found = (await QueryAsync($"ats/traces?{Window}&application=cart&status=1")).GetProperty("responseInfo").GetProperty("traceChains");
        Assert.Equal([2, 4], found.EnumerateArray().Select(static c => Convert.ToInt32(c.GetProperty("traceId").GetString()![^2..], 16)).Order());
    }

    [Theory]
    [InlineData("Tracing:Services:2:Name", "Cart")]
    [InlineData("Tracing:Services:2:Name", "cart")]
    [InlineData("Tracing:Services:0:Transactions:2", "GET /cart")]
    [InlineData("Tracing:Services:1:AcceptedCodes:0", "0")]
    public async Task A_rule_that_is_none_stops_the_start(string setting, string value)
    {
        var problem = await Assert.ThrowsAnyAsync<Exception>(() => App.RestartAsync((setting, value)));

        Assert.Contains("Tracing:Services:", problem.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(App.Log.Lines, static l => l.ToString()!.Contains("could not be finished", StringComparison.Ordinal));
    }

    private Message Call(byte trace, string method, string path) =>
        Span(trace, 1, name: method).Inner(9, Message.Pair("http.request.method", method)).Inner(9, Message.Pair("url.path", path));
}
