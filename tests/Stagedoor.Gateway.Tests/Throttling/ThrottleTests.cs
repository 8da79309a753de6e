using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Http;
using Stagedoor.Gateway.Throttling;
using Stagedoor.Http;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Gateway.Tests.Throttling;

public sealed class ThrottleTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    [Provokes("APIGW.0308")]
    public async Task One_call_too_many_in_a_second_is_throttled()
    {
        await using var host = await PipelineHost.StartAsync(("Gateway:RequestsPerSecond", "3"));

        var responses = await CallAsync(host, "/who", 40);

        var throttled = responses.First(static r => r.StatusCode is HttpStatusCode.TooManyRequests);
        var error = await throttled.ShouldFailAsync(429, "APIGW.0308");
        Assert.Contains(
            "\"error_msg\":\"The throttling threshold has been reached: policy api over ratelimit,limit:3,time:1 second\"",
            error.Body,
            StringComparison.Ordinal);
        Assert.Equal("1", throttled.Headers.GetValues("Retry-After").Single());
        Assert.Equal("3", throttled.Headers.GetValues("X-RateLimit-Limit").Single());
        Assert.Equal("0", throttled.Headers.GetValues("X-RateLimit-Remaining").Single());
        Assert.Equal("1", throttled.Headers.GetValues("X-RateLimit-Reset").Single());
    }

    [Fact]
    public async Task The_next_second_lets_calls_through_again()
    {
        await using var host = await PipelineHost.StartAsync(("Gateway:RequestsPerSecond", "1"));
        await CallAsync(host, "/who", 10);

        host.Clock.Advance(TimeSpan.FromSeconds(3));
        using var response = await host.Signed.GetAsync("/who", Cancellation);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Theory]
    [InlineData("/open")]
    [InlineData("/pass")]
    [InlineData("/free")]
    public async Task Routes_that_limit_themselves_are_not_throttled(string path)
    {
        await using var host = await PipelineHost.StartAsync(("Gateway:RequestsPerSecond", "1"));

        var responses = await CallAsync(host, path, 10);

        Assert.All(responses, static r => Assert.Equal(HttpStatusCode.OK, r.StatusCode));
    }

    [Fact]
    public async Task Each_api_has_a_limit_of_its_own_and_settings_may_raise_it()
    {
        await using var host = await PipelineHost.StartAsync(
            ("Gateway:RequestsPerSecond", "1"), ("Gateway:Routes:0:Prefix", "/guarded"), ("Gateway:Routes:0:RequestsPerSecond", "1000"));

        var throttled = await CallAsync(host, "/who", 10);
        var raised = await CallAsync(host, "/guarded", 10);

        Assert.Contains(throttled, static r => r.StatusCode is HttpStatusCode.TooManyRequests);
        Assert.All(raised, static r => Assert.Equal(HttpStatusCode.OK, r.StatusCode));
    }

    [Fact]
    public async Task The_limit_of_an_address_cannot_be_passed_with_a_header()
    {
        await using var host = await PipelineHost.StartAsync(("Gateway:RequestsPerSecondPerAddress", "2"));
        var requests = Enumerable.Range(0, 20).Select(async i =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/who");
            request.Headers.Add("X-Forwarded-For", "203.0.113." + i.ToString(CultureInfo.InvariantCulture));
            return await host.Anonymous.SendAsync(request, Cancellation);
        });

        var responses = await Task.WhenAll(requests);

        var throttled = responses.First(static r => r.StatusCode is HttpStatusCode.TooManyRequests);
        Assert.Contains("policy ip over ratelimit,limit:2", await throttled.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_users_of_an_account_share_its_limit()
    {
        await using var host = await PipelineHost.StartAsync(("Gateway:RequestsPerSecondPerUser", "2"));

        var responses = await CallAsync(host, "/who", 20);

        var throttled = responses.First(static r => r.StatusCode is HttpStatusCode.TooManyRequests);
        Assert.Contains("policy user over ratelimit,limit:2", await throttled.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Strangers_use_up_nothing_that_belongs_to_callers()
    {
        await using var host = await PipelineHost.StartAsync(("Gateway:RequestsPerSecond", "5"), ("Gateway:RefusalsPerSecondPerAddress", "3"));

        var strangers = await Task.WhenAll(Enumerable.Range(0, 60).Select(_ => host.Anonymous.GetAsync("/who", Cancellation)));
        using var known = await host.Signed.GetAsync("/who", Cancellation);

        Assert.Equal(HttpStatusCode.OK, known.StatusCode);
        Assert.All(strangers, static r => Assert.True(r.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.TooManyRequests));
        var throttled = strangers.First(static r => r.StatusCode is HttpStatusCode.TooManyRequests);
        await throttled.ShouldFailAsync(429, "APIGW.0308");
    }

    [Fact]
    public void Refusals_count_against_their_network_only()
    {
        var throttle = Throttle.Of(new(Api: 2, PerAddress: 0, PerUser: 0, RefusedPerAddress: 3))!;

        var first = Enumerable.Range(0, 10).Select(_ => Refused(throttle, "192.0.2.1")).ToList();
        var second = Refused(throttle, "192.0.2.2");

        Assert.Equal([null, null, null], first.Take(3));
        Assert.All(first.Skip(3), static e => Assert.Contains("policy ip", e!.Detail, StringComparison.Ordinal));
        Assert.Null(second);
        Assert.Null(Known(throttle, "a"));
        Assert.Null(Known(throttle, "a"));
    }

    [Fact]
    public void One_account_cannot_take_the_share_of_another()
    {
        var throttle = Throttle.Of(new(Api: 8, PerAddress: 0, PerUser: 0, RefusedPerAddress: 0))!;

        var greedy = Enumerable.Range(0, 20).Count(_ => Known(throttle, "a") is null);
        var other = Enumerable.Range(0, 20).Count(_ => Known(throttle, "b") is null);

        Assert.Equal((8, 2), (greedy, other));
        Assert.Contains("policy api", Refused(throttle, "192.0.2.1")!.Detail, StringComparison.Ordinal);
    }

    private static ApiException? Refused(Throttle throttle, string address)
    {
        var context = new DefaultHttpContext { Connection = { RemoteIpAddress = IPAddress.Parse(address) } };
        return throttle.Arrive(context, 1, out var isOver) ?? throttle.Disown(context, 1, isOver);
    }

    private static ApiException? Known(Throttle throttle, string account)
    {
        var context = new DefaultHttpContext();
        var caller = new Caller { UserId = "u", UserName = "u", DomainId = account, DomainName = account, Method = AuthenticationMethod.Token };
        return throttle.Arrive(context, 1, out var isOver) ?? throttle.Admit(context, caller, 1, isOver);
    }

    [Fact]
    public async Task Debug_headers_are_for_known_callers()
    {
        await using var host = await PipelineHost.StartAsync();
        host.Signed.DefaultRequestHeaders.Add("X-Apig-Mode", "debug");
        host.Anonymous.DefaultRequestHeaders.Add("X-Apig-Mode", "debug");

        using var known = await host.Signed.GetAsync("/who", Cancellation);
        using var unknown = await host.Anonymous.GetAsync("/who", Cancellation);

        Assert.Equal("remain:199,limit:200,time:1 second", known.Headers.GetValues("X-Apig-RateLimit-api").Single());
        Assert.True(known.Headers.Contains("X-Apig-Latency"));
        Assert.DoesNotContain(unknown.Headers, static h => h.Key.StartsWith("X-Apig", StringComparison.OrdinalIgnoreCase));
    }

    // The clock runs: more calls than fit into two seconds' limits are sent at once.
    private static async Task<HttpResponseMessage[]> CallAsync(PipelineHost host, string path, int times) =>
        await Task.WhenAll(Enumerable.Range(0, times).Select(_ => host.Signed.GetAsync(path, Cancellation)));
}
