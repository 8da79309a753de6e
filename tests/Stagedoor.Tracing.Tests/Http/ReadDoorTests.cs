using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Xunit;

namespace Stagedoor.Tracing.Tests.Http;

/// <summary>Who may read traces as from Jaeger, Zipkin and Tempo.</summary>
public sealed class ReadDoorTests : TraceService
{
    private const string Key = "a-read-key-for-the-tests";
    private const string OtherKey = "a-read-key-for-elsewhere";
    private const string OtherProject = "0123456789abcdef0123456789abcdef";
    private const string IngestKey = "an-ingest-key-for-the-tests";

    private static readonly string[] s_paths = ["/api/services", "/api/v3/services", "/api/v2/services", "/tempo/api/echo"];

    protected override IEnumerable<(string Key, string Value)> Settings =>
        [("Tracing:ReadKeys:0:Key", Key), ("Tracing:ReadKeys:1:Key", OtherKey), ("Tracing:ReadKeys:1:Project", OtherProject), ("Tracing:Keys:0:Key", IngestKey), ("Tracing:Anonymous", "Never")];

    [Fact]
    public async Task Nobody_reads_without_a_key_that_is_known()
    {
        foreach (var path in s_paths)
        {
            Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(path, null));
            Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(path, new("Bearer", "nobody-knows-this-key")));
            Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(path, new("Bearer", IngestKey)));
            Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(path, new("Basic", "%%%")));
            Assert.Equal(HttpStatusCode.OK, await StatusAsync(path, new("Bearer", Key)));
            Assert.Equal(HttpStatusCode.OK, await StatusAsync(path, Basic(Key)));
            using var signed = await App.Admin.GetAsync(path, Cancellation);
            Assert.Equal(HttpStatusCode.OK, signed.StatusCode);
        }
    }

    [Fact]
    public async Task A_refusal_is_in_the_protocols_own_shape_and_a_browser_asks_for_the_key()
    {
        using var jaeger = await App.Anonymous.GetAsync("/api/services", Cancellation);
        using var third = await App.Anonymous.GetAsync("/api/v3/services", Cancellation);
        using var zipkin = await App.Anonymous.GetAsync("/api/v2/services", Cancellation);

        Assert.StartsWith("""{"data":null,"total":0,"limit":0,"offset":0,"errors":[{"code":401,"msg":"a key is needed""", await TextOf(jaeger), StringComparison.Ordinal);
        Assert.StartsWith("""{"error":{"httpCode":401,"message":"a key is needed""", await TextOf(third), StringComparison.Ordinal);
        Assert.Equal("text/plain", zipkin.Content.Headers.ContentType?.MediaType);
        Assert.Equal("Basic", Assert.Single(jaeger.Headers.WwwAuthenticate).Scheme);
    }

    [Fact]
    public async Task A_key_reads_its_own_project_and_no_other()
    {
        AddProject(OtherProject);

        // The start has looked for it, and what is known of a project counts for a second.
        App.Clock.Advance(TimeSpan.FromSeconds(2));
        using var sent = await ExportAsync(Of("cart", Span(7, 1)), headers: ("Authorization", $"Bearer {IngestKey}"));
        Assert.Equal(HttpStatusCode.OK, sent.StatusCode);

        Assert.Equal(HttpStatusCode.OK, await StatusAsync("/api/traces/7", new("Bearer", Key)));
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync("/api/traces/7", new("Bearer", OtherKey)));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync($"/p/{Project}/api/traces/7", new("Bearer", Key)));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync($"/p/{Project}/api/v2/trace/7", new("Bearer", Key)));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync($"/p/{Project}/tempo/api/v2/traces/7", new("Bearer", Key)));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync($"/p/{Project}/api/services/a%2Fb/operations", new("Bearer", Key)));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync($"/p/{OtherProject}/api/traces/7", new("Bearer", Key)));
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync($"/p/{Project}/api/traces/7", new("Bearer", OtherKey)));
        using var foreign = await App.Admin.GetAsync($"/p/{OtherProject}/api/services", Cancellation);
        Assert.Equal(HttpStatusCode.Forbidden, foreign.StatusCode);
    }

    [Fact]
    public async Task Readers_on_this_machine_need_no_key_unless_somebody_may_stand_behind_them()
    {
        await App.RestartAsync(("Tracing:Anonymous", "Loopback"));

        Assert.Equal(HttpStatusCode.OK, await StatusAsync("/api/services", null));
        using var relayed = new HttpRequestMessage(HttpMethod.Get, "/api/services");
        relayed.Headers.Add("X-Forwarded-For", "192.0.2.1");
        using var response = await App.Anonymous.SendAsync(relayed, Cancellation);
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync("/api/services", new("Bearer", "nobody-knows-this-key")));
    }

    private static AuthenticationHeaderValue Basic(string password) => new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"grafana:{password}")));

    private async Task<HttpStatusCode> StatusAsync(string path, AuthenticationHeaderValue? authorization)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = authorization;
        using var response = await App.Anonymous.SendAsync(request, Cancellation);
        return response.StatusCode;
    }
}
