using System.Text;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Http;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Discovery.Tests.Requests;

/// <summary>What is trusted for coming from this machine is refused when anything says that somebody else may have sent it.</summary>
public sealed class LoopbackTrustTests(LoopbackTrustTests.Fixture engine) : IClassFixture<LoopbackTrustTests.Fixture>
{
    private static readonly string[] s_public = ["version", "health", "readiness"];

    /// <summary>Headers that end the trust.</summary>
    public static TheoryData<string, string> Foreign => new()
    {
        { "Origin", "http://evil.example" },
        { "Origin", "null" },
        { "Origin", "http://127.0.0.1" },
        { "Origin", "http://127.0.0.1:1" },
        { "Sec-Fetch-Site", "cross-site" },
        { "Sec-Fetch-Site", "same-site" },
        { "Sec-Fetch-Site", "" },
        { "Forwarded", "for=203.0.113.9" },
        { "Via", "1.1 nginx" },
        { "X-Forwarded-For", "203.0.113.9" },
        { "X-Forwarded-For", "" },
        { "X-Forwarded-Proto", "https" },
        { "x-forwarded-anything", "x" },
        { "X-Real-IP", "203.0.113.9" },
    };

    [Theory]
    [MemberData(nameof(Foreign))]
    [Provokes("401002")]
    public async Task Every_route_ends_its_trust(string header, string value)
    {
        foreach (var (method, path) in Routes())
        {
            var response = await SendAsync(engine, Request(method, path, $"{header}: {value}"));
            Assert.True(response.Status == 401, $"{method} {path} answered {response.Status}");
        }
    }

    [Theory]
    [InlineData("Origin", null)]
    [InlineData("Sec-Fetch-Site", "same-origin")]
    [InlineData("Sec-Fetch-Site", "none")]
    [InlineData("User-Agent", "go-client")]
    [InlineData("X-Domain-Name", "default")]
    public async Task What_programs_and_own_pages_send_leaves_it(string header, string? value)
    {
        var response = await SendAsync(engine, Request("GET", $"{Engine.Base}/microservices", $"{header}: {value ?? engine.App.Url}"));

        Assert.Equal(200, response.Status);
    }

    [Fact]
    [Provokes("401002")]
    public async Task A_page_of_another_site_registers_nothing()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{Engine.Base}/microservices")
        {
            Content = new StringContent("""{"service":{"appId":"shop","serviceName":"pay","version":"1.0.0"}}""", Encoding.UTF8, "text/plain"),
        };
        request.Headers.Add("Origin", "http://evil.example");

        using var response = await engine.Client.SendAsync(request, Engine.Cancellation);

        await response.ShouldFailAsync(401, "401002");
    }

    [Theory]
    [InlineData("ExternalUrl", "http://stagedoor.example")]
    [InlineData("Gateway:TrustedProxies:0", "127.0.0.1")]
    [InlineData("Gateway:TrustedProxies:0", "10.0.0.0/8")]
    [Provokes("401002")]
    public async Task Settings_that_put_something_in_front_end_it_for_everybody(string key, string value)
    {
        await using var behind = await ConfiguredEngine.StartAsync((key, value));

        foreach (var (method, path) in Routes())
        {
            var response = await SendAsync(behind, Request(method, path, "User-Agent: go-client"));
            Assert.True(response.Status == 401, $"{method} {path} answered {response.Status}");
        }
    }

    private static Task<RawResponse> SendAsync(Engine engine, string request) =>
        engine.App.SendRawAsync(request.Replace("{host}", new Uri(engine.App.Url).Authority, StringComparison.Ordinal));

    private static string Request(string method, string path, string header)
    {
        var isSocket = path.EndsWith("/watcher", StringComparison.Ordinal) || (method == "GET" && path.EndsWith("/heartbeat", StringComparison.Ordinal));
        var upgrade = isSocket ? "Connection: Upgrade, close\nUpgrade: websocket\nSec-WebSocket-Version: 13\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==" : "Connection: close";
        return $"{method} {path} HTTP/1.1\nHost: {{host}}\n{upgrade}\n{header}\nContent-Length: 0\n\n";
    }

    private IEnumerable<(string Method, string Path)> Routes()
    {
        var routes = engine.App.Services.GetServices<EndpointDataSource>().SelectMany(static s => s.Endpoints).OfType<RouteEndpoint>()
            .Where(static e => e.Metadata.GetMetadata<ServiceMetadata>()?.Service is "discovery" or "monitoring");
        foreach (var route in routes)
        {
            var path = Regex.Replace(
                "/" + route.RoutePattern.RawText!.TrimStart('/').Replace("{project}", "default", StringComparison.Ordinal), "{[^}]*}", "x", RegexOptions.NonBacktracking);
            if (!Array.Exists(s_public, p => path.EndsWith(p, StringComparison.Ordinal)))
            {
                foreach (var method in route.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods)
                {
                    yield return (method, path);
                }
            }
        }
    }

    public sealed class Fixture : Engine;
}
