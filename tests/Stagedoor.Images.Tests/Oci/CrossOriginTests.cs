using System.Text;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Oci;

/// <summary>A web page of another origin that calls the registry, as a browser lets it.</summary>
public sealed class CrossOriginTests : IAsyncDisposable
{
    private const string Page = "https://ui.example.com";

    private StagedoorApp? _app;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/v2/team/x/manifests/v1", "PUT")]
    [InlineData("/v2/manage/namespaces", "POST")]
    [InlineData("/v3/auth/tokens", "POST")]
    public async Task A_browser_that_asks_first_is_told_without_credentials(string path, string method)
    {
        using var client = await StartAsync(("Gateway:CorsOrigins:0", "https://other.example.com:8443"), ("Gateway:CorsOrigins:1", Page));
        using var asked = await AskAsync(client, path, Page, method);

        Assert.Equal(204, (int)asked.StatusCode);
        Assert.Equal(Page, asked.Headers.GetValues("Access-Control-Allow-Origin").Single());
        Assert.Contains(method, string.Join(',', asked.Headers.GetValues("Access-Control-Allow-Methods")), StringComparison.Ordinal);
        Assert.Contains("authorization", string.Join(',', asked.Headers.GetValues("Access-Control-Allow-Headers")), StringComparison.OrdinalIgnoreCase);
        Assert.Equal("600", asked.Headers.GetValues("Access-Control-Max-Age").Single());
        Assert.Contains("Origin", string.Join(',', asked.Headers.GetValues("Vary")), StringComparison.Ordinal);
        Assert.False(asked.Headers.Contains("Access-Control-Allow-Credentials"));
    }

    [Fact]
    public async Task The_page_reads_answers_and_refusals_with_their_headers()
    {
        using var client = await StartAsync(("Gateway:CorsOrigins:0", Page));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v2/");
        request.Headers.Add("Origin", Page);
        using var refused = await client.SendAsync(request, Cancellation);

        Assert.Equal(401, (int)refused.StatusCode);
        Assert.Equal(Page, refused.Headers.GetValues("Access-Control-Allow-Origin").Single());
        var exposed = string.Join(',', refused.Headers.GetValues("Access-Control-Expose-Headers")).Split(',');
        foreach (var header in (string[])["Docker-Content-Digest", "WWW-Authenticate", "Link", "X-Request-Id", "X-Stagedoor-Error-Code", "X-Swr-Error-Code", "Location", "Range"])
        {
            Assert.Contains(header, exposed);
        }

        // A cache must not give the page what it kept for a program, which sends no origin.
        using var program = await client.GetAsync("/v2/", Cancellation);
        Assert.All([refused, program], static r => Assert.Contains("Origin", string.Join(',', r.Headers.Vary), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("https://evil.example.com")]
    [InlineData("http://ui.example.com")]
    [InlineData("https://ui.example.com:8443")]
    [InlineData("null")]
    public async Task Another_page_is_not_let_in(string origin)
    {
        using var client = await StartAsync(("Gateway:CorsOrigins:0", Page));
        using var asked = await AskAsync(client, "/v2/", origin, "GET");
        Assert.False(asked.Headers.Contains("Access-Control-Allow-Origin"));

        using var request = new HttpRequestMessage(HttpMethod.Get, "/v2/");
        request.Headers.Add("Origin", origin);
        using var answer = await client.SendAsync(request, Cancellation);
        Assert.False(answer.Headers.Contains("Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task A_star_lets_every_page_in()
    {
        using var client = await StartAsync(("Gateway:CorsOrigins:0", "*"));
        using var asked = await AskAsync(client, "/v2/_catalog", "https://anywhere.example.com", "GET");

        Assert.Equal("*", asked.Headers.GetValues("Access-Control-Allow-Origin").Single());
    }

    [Fact]
    public async Task Unless_a_setting_says_so_no_page_is_let_in()
    {
        using var client = await StartAsync();
        using var asked = await AskAsync(client, "/v2/", Page, "GET");

        Assert.InRange((int)asked.StatusCode, 400, 499);
        Assert.False(asked.Headers.Contains("Access-Control-Allow-Origin"));
    }

    [Theory]
    [InlineData("ui.example.com")]
    [InlineData("https://ui.example.com/")]
    [InlineData("https://ui.example.com/path")]
    [InlineData("ftp://ui.example.com")]
    [InlineData("https://*.example.com")]
    public async Task What_is_no_origin_stops_the_start(string origin)
    {
        var refused = await Assert.ThrowsAnyAsync<Exception>(() => StartAsync(("Gateway:CorsOrigins:0", origin)));

        Assert.Contains("Gateway:CorsOrigins:0", refused.ToString(), StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
        {
            await _app.DisposeAsync();
        }
    }

    private static async Task<HttpResponseMessage> AskAsync(HttpClient client, string path, string origin, string method)
    {
        using var request = new HttpRequestMessage(HttpMethod.Options, path) { Content = new StringContent("", Encoding.UTF8) };
        request.Headers.Add("Origin", origin);
        request.Headers.Add("Access-Control-Request-Method", method);
        request.Headers.Add("Access-Control-Request-Headers", "authorization,content-type");
        return await client.SendAsync(request, Cancellation);
    }

    private async Task<HttpClient> StartAsync(params (string Key, string Value)[] settings)
    {
        _app = await StagedoorApp.StartAsync([("Gateway:PasswordIterations", "10000"), .. settings]);
        return new OutgoingClient { BaseAddress = new(_app.Url) };
    }
}
