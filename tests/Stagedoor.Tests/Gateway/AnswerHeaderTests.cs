using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Http;
using Stagedoor.Testing;
using Stagedoor.Tests.Hostile;
using Xunit;

namespace Stagedoor.Tests.Gateway;

/// <summary>Headers that every answer of a kind has, whichever operation gives it.</summary>
public sealed class AnswerHeaderTests : IAsyncLifetime
{
    private StagedoorApp _app = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _app = await StagedoorApp.StartAsync(("Gateway:RequestsPerSecond", "0"), ("Gateway:RefusalsPerSecondPerAddress", "0"));

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Fact]
    public async Task An_answer_that_depends_on_a_credential_says_so_to_caches()
    {
        using var registry = _app.Registry();
        using var withToken = _app.WithToken(await _app.NewTokenAsync());
        foreach (var door in Doors().Where(static d => d.Method is "GET" && ModeOf(d) is not AuthMode.None && !IsEndless(d)))
        {
            var client = door.IsRegistry ? registry : withToken;

            using var response = await client.GetAsync(door.PathWith(static _ => "default"), HttpCompletionOption.ResponseHeadersRead, Cancellation);

            var caching = response.Headers.CacheControl;
            Assert.True(caching is { NoStore: true } or { Private: true }, $"{door} answers {(int)response.StatusCode} with Cache-Control '{caching}'");
            Assert.True(
                caching.NoStore || (response.Headers.Vary.Contains("X-Auth-Token") && response.Headers.Vary.Contains("Authorization")),
                $"{door} answers {(int)response.StatusCode} with Vary '{response.Headers.Vary}'");
        }
    }

    [Fact]
    public async Task No_cache_may_keep_a_token_or_a_key()
    {
        var token = await _app.NewTokenAsync();
        using var withToken = _app.WithToken(token);
        using var subject = new HttpRequestMessage(HttpMethod.Get, "/v3/auth/tokens") { Headers = { { "X-Subject-Token", token } } };
        using var registry = _app.Registry();

        using var shown = await withToken.SendAsync(subject, Cancellation);
        using var login = await registry.GetAsync("/swr/auth/v2/registry/auth?service=dockyard&scope=repository:a/b:pull", Cancellation);

        Assert.All([shown, login], static r =>
        {
            Assert.Equal(HttpStatusCode.OK, r.StatusCode);
            Assert.True(r.Headers.CacheControl?.NoStore);
        });
    }

    [Fact]
    public async Task Every_page_carries_the_headers_that_protect_it()
    {
        var pages = 0;
        foreach (var door in Doors().Where(static d => d.Method is "GET" && !IsEndless(d)))
        {
            foreach (var accept in (string[])["text/html,application/xhtml+xml", "*/*"])
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, door.PathWith(static name => name is "code" ? "APIGW.0101" : "default"));
                request.Headers.TryAddWithoutValidation("Accept", accept);
                using var response = await _app.Anonymous.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
                if (response.Content.Headers.ContentType?.MediaType is "text/html")
                {
                    pages++;
                    Assert.Equal("nosniff", One(response.Headers, "X-Content-Type-Options"));
                    Assert.Equal("DENY", One(response.Headers, "X-Frame-Options"));
                    Assert.Contains("frame-ancestors 'none'", One(response.Headers, "Content-Security-Policy"), StringComparison.Ordinal);
                    Assert.Equal("no-referrer", One(response.Headers, "Referrer-Policy"));
                }
            }
        }

        Assert.True(pages > 1, "There are pages: those of the errors.");
    }

    [Fact]
    public async Task Over_https_browsers_are_told_to_stay_there()
    {
        await using var app = await StagedoorApp.StartAsync(("Gateway:TrustedProxies:0", "127.0.0.1"));
        using var secure = new HttpRequestMessage(HttpMethod.Get, "/version") { Headers = { { "X-Forwarded-Proto", "https" } } };

        using var over = await app.Anonymous.SendAsync(secure, Cancellation);
        using var plain = await app.Anonymous.GetAsync("/version", Cancellation);

        Assert.Equal("max-age=15552000", One(over.Headers, "Strict-Transport-Security"));
        Assert.False(plain.Headers.Contains("Strict-Transport-Security"));
    }

    private static string? One(HttpResponseHeaders headers, string name) => headers.TryGetValues(name, out var values) ? values.Single() : null;

    private static AuthMode ModeOf(Door door) => door.Endpoint.Metadata.GetMetadata<AuthMetadata>()?.Mode ?? AuthMode.Iam;

    private static bool IsEndless(Door door) => door.Template.EndsWith("/stream", StringComparison.Ordinal);

    // What another port alone serves is not there, or is another module's.
    private IEnumerable<Door> Doors() => Door.All(_app.Services.GetRequiredService<EndpointDataSource>())
        .Where(static d => d.Endpoint.Metadata.GetMetadata<ListenerMetadata>() is not { IsOnlyThere: true });
}
