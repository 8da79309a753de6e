using System.Net;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Tests.Operations;

/// <summary>HEAD wherever GET is, with the same status and no body: load balancers probe that way.</summary>
public sealed class HeadTests : IAsyncLifetime
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);
    private StagedoorApp _app = null!;

    public async ValueTask InitializeAsync() => _app = await StagedoorApp.StartAsync(("Gateway:RequestsPerSecond", "0"));

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Fact]
    public async Task Every_GET_answers_HEAD_alike()
    {
        var tried = 0;
        foreach (var path in Paths())
        {
            var get = await StatusAsync(HttpMethod.Get, path);
            var head = await StatusAsync(HttpMethod.Head, path);

            Assert.True(get.Status == head.Status, $"{path}: GET is {get.Status}, HEAD is {head.Status}");
            Assert.Equal("", head.Body);
            tried++;
        }

        Assert.InRange(tried, 50, 1000);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/healthz")]
    [InlineData("/readyz")]
    [InlineData("/metrics")]
    [InlineData("/errors")]
    [InlineData("/errors/4000097")]
    [InlineData("/docs/install")]
    [InlineData("/version")]
    [InlineData("/favicon.ico")]
    [InlineData("/openapi/images.json")]
    public async Task What_people_and_load_balancers_probe_is_there(string path) =>
        Assert.Equal(HttpStatusCode.OK, (await StatusAsync(HttpMethod.Head, path)).Status);

    private IEnumerable<string> Paths() => _app.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        .Where(static e => e.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods.Contains("GET", StringComparer.Ordinal) is true)
        .Select(static e => "/" + string.Join('/', e.RoutePattern.PathSegments.Select(static segment =>
            string.Concat(segment.Parts.Select(static part => part is Microsoft.AspNetCore.Routing.Patterns.RoutePatternLiteralPart literal ? literal.Content : "x")))))
        .Distinct(StringComparer.Ordinal);

    private async Task<(HttpStatusCode Status, string Body)> StatusAsync(HttpMethod method, string path)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(s_patience);
        using var request = new HttpRequestMessage(method, path);
        try
        {
            // What is streamed for ever has a status, too.
            using var response = await _app.Admin.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            return (response.StatusCode, method == HttpMethod.Head ? await response.Content.ReadAsStringAsync(limit.Token) : "");
        }
        catch (OperationCanceledException e) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"{method} {path} gave no answer within {s_patience}.", e);
        }
    }
}
