using Microsoft.Extensions.Logging;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Tests.Gateway;

/// <summary>What links and routes are made of: the host and the method, as odd as clients may write them.</summary>
public sealed class RequestLineTests(RequestLineTests.Fixture fixture) : IClassFixture<RequestLineTests.Fixture>
{
    private StagedoorApp App => fixture.App;

    [Theory]
    [InlineData("a..b")]
    [InlineData("x:99999")]
    [InlineData("a'b")]
    [InlineData("xn--")]
    [InlineData(".")]
    public async Task A_host_that_names_nothing_is_refused(string host)
    {
        foreach (var target in (string[])["/", "/health", "/version", "/nowhere", "/v2/", "/swr/auth/v2/registry/auth/?scope=repository:a/b:pull"])
        {
            var answer = await App.SendRawAsync($"GET {target} HTTP/1.1\nHost: {host}\nAccept: text/html\nConnection: close\n\n");

            Assert.Equal(400, answer.Status);
            Assert.Equal("APIGW.0602", answer.Headers["x-stagedoor-error-code"]);
        }

        Assert.DoesNotContain(App.Log.Lines, static l => l.Level >= LogLevel.Error);
    }

    [Theory]
    [InlineData("HTTP/1.0\n")]
    [InlineData("HTTP/1.1\nHost:\n")]
    public async Task Without_a_host_links_lead_to_where_it_came_in(string rest)
    {
        var authority = new Uri(App.Url).Authority;

        var page = await App.SendRawAsync($"GET / {rest}Accept: text/html\nConnection: close\n\n");
        var health = await App.SendRawAsync($"GET /health {rest}Connection: close\n\n");
        var registry = await App.SendRawAsync($"GET /v2/ {rest}Connection: close\n\n");

        Assert.Equal((200, 200, 401), (page.Status, health.Status, registry.Status));
        Assert.Contains($"docker login -u cn-local-1@ACCESSKEY {authority}", page.Body, StringComparison.Ordinal);
        Assert.Contains($"rest://{authority}", health.Body, StringComparison.Ordinal);
        Assert.StartsWith($"Bearer realm=\"http://{authority}/swr/", registry.Headers["www-authenticate"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_in_other_letters_stays_as_it_was_sent()
    {
        var answer = await App.SendRawAsync("GET /v2/ HTTP/1.1\nHost: xn--bcher-kva.example\nConnection: close\n\n");

        Assert.Equal(401, answer.Status);
        Assert.StartsWith("Bearer realm=\"http://xn--bcher-kva.example/swr/", answer.Headers["www-authenticate"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/v2/manage/namespaces/team/repos/a%2Fb/tags")]
    [InlineData("http://x/v2/manage/namespaces/team/repos/a%2Fb/tags")]
    public async Task A_name_with_a_slash_is_one_in_every_form_of_the_target(string target)
    {
        var answer = await App.SendRawAsync($"GET {target} HTTP/1.1\nHost: x\nConnection: close\n\n");

        // Nothing is wrong with the address: whoever asks is asked who it is.
        Assert.Equal(401, answer.Status);
    }

    [Theory]
    [InlineData("head", "/nowhere")]
    [InlineData("head", "/version")]
    [InlineData("Get", "/version")]
    [InlineData("delete", "/v3/users/x")]
    public async Task A_method_in_other_letters_is_another_method(string method, string path)
    {
        var answer = await App.SendRawAsync($"{method} {path} HTTP/1.1\nHost: x\nConnection: close\n\n");

        Assert.Equal(404, answer.Status);
        Assert.Contains("APIGW.0101", answer.Body, StringComparison.Ordinal);
        Assert.DoesNotContain(App.Log.Lines, static l => l.Level >= LogLevel.Error);
    }

    public sealed class Fixture : IAsyncLifetime
    {
        public StagedoorApp App { get; private set; } = null!;

        public async ValueTask InitializeAsync() => App = await StagedoorApp.StartAsync();

        public ValueTask DisposeAsync() => App.DisposeAsync();
    }
}
