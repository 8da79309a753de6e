using System.Net.Http.Json;
using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>A server that has done a bit of everything, and what it says of it in <c>/metrics</c>.</summary>
public sealed class MonitoredProcess : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();

    /// <summary>The server; its first address is plain HTTP, and it has one of https as well.</summary>
    public StagedoorProcess Server { get; } = new() { Urls = "http://127.0.0.1:0;https://127.0.0.1:0" };

    /// <summary>What a scrape has shown.</summary>
    public string Scrape { get; private set; } = "";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Tool.Require("openssl");
        var (certificate, key) = (Path.Combine(_folder.Path, "server.pem"), Path.Combine(_folder.Path, "server.key"));
        await TestCertificate.IssueAsync(certificate, key, "monitored");
        await Server.StartAsync(("Tls:Certificate", certificate), ("Tls:Key", key), ("Discovery:Metrics:MaxPrometheusSeries", "10"), ("Tracing:MaxPrometheusSeries", "10"));
        await WorkAsync();
        using var client = Server.NewHttpClient();
        Scrape = await client.GetStringAsync("/metrics", Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        _folder.Dispose();
    }

    /// <summary>Pushes, pulls, registers, reports, and is refused.</summary>
    public async Task WorkAsync()
    {
        using (var registry = Server.NewRegistryClient())
        {
            var image = TestImage.Create(1_000);
            await registry.PushAsync("monitored/app", "v1", image, BlobUpload.Monolithic);
            Assert.Equal(image.Digest, await registry.VerifyAsync("monitored/app", "v1"));
        }

        using var client = Server.NewHttpClient();
        const string Registry = "/v4/default/registry/microservices";
        var service = await PostAsync(client, Registry, new { service = new { appId = "shop", serviceName = "order", version = "1.0.0" } }, "serviceId");
        var instance = await PostAsync(
            client, $"{Registry}/{service}/instances", new { instance = new { hostName = "h1", endpoints = new[] { "rest://127.0.0.1:1" } } }, "instanceId");
        using (var heartbeat = await client.PutAsync($"{Registry}/{service}/instances/{instance}/heartbeat", null, Cancellation))
        {
            heartbeat.EnsureSuccessStatusCode();
        }

        object[] interfaces = [new { name = "Provider.api.create", qps = 18.2, latency = 23, total = 182, failure = 4 }];
        var report = new { name = "order", appId = "shop", version = "1.0.0", instance = "h1", interfaces };
        using (var told = await client.PostAsJsonAsync("/v2/default/csemonitor/metric?service=order", report, Cancellation))
        {
            told.EnsureSuccessStatusCode();
        }

        var now = (TimeProvider.System.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;
        object[] spans = [new { traceId = "0af7651916cd43dd8448eb211c80319c", spanId = "b7ad6b7169203331", name = "GET /cart", kind = 2, startTimeUnixNano = $"{now - 5_000_000}", endTimeUnixNano = $"{now}" }];
        using (var exported = await client.PostAsJsonAsync("/v1/traces", new { resourceSpans = new[] { new { scopeSpans = new[] { new { spans } } } } }, Cancellation))
        {
            exported.EnsureSuccessStatusCode();
        }

        // What was counted of spans is written before it is asked for.
        await client.GetStringAsync("/api/dependencies", Cancellation);
        using var refused = await client.GetAsync("/v3/users", Cancellation);
        Assert.Equal(System.Net.HttpStatusCode.Unauthorized, refused.StatusCode);
    }

    private static async Task<string> PostAsync(HttpClient client, string path, object body, string member)
    {
        using var response = await client.PostAsJsonAsync(path, body, Cancellation);
        return (await response.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty(member).GetString()!;
    }
}
