using System.Net;
using System.Text;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>Spans through the proxy of <c>eng/compose.yaml</c>, at the ports where their senders look for them.</summary>
public sealed class SpanProxyTests : IAsyncDisposable
{
    private const string Key = "a-key-for-senders";
    private const string GrpcMark = "OTLP over gRPC is also at ";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);

    private readonly StagedoorProcess _stagedoor = new();
    private readonly NginxProxy _proxy = new();
    private OwnDatabase? _database;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Spans_of_all_protocols_go_through()
    {
        Tool.Require("nginx");
        Assert.SkipUnless(OwnDatabase.IsAvailable, OwnDatabase.Missing);
        _database = await OwnDatabase.CreateAsync();
        (string, string)[] settings =
        [
            ("Modules", "tracing"), ("Storage:Database", "postgresql"), ("Storage:PostgreSql", _database.ConnectionString), ("Gateway:TrustedProxies:0", "127.0.0.1"),
            ("Gateway:MasterKey", Convert.ToBase64String(new byte[32])), ("Tracing:OtlpGrpcListen", "0"), ("Tracing:OtlpHttpListen", "off"), ("Tracing:ZipkinListen", "off"), ("Tracing:JaegerListen", "off"),
            ("Tracing:Keys:0:Key", Key), ("Tracing:ReadKeys:0:Key", Key),
        ];
        await _stagedoor.StartAsync(settings);
        var spans = await GrpcOfAsync(_stagedoor);
        await _proxy.StartAsync([_stagedoor.Host, _stagedoor.Host], [_stagedoor.Host, _stagedoor.Host], [spans, spans]);

        for (var i = 1; i <= 4; i++)
        {
            Assert.Equal(0, await ExportByGrpcAsync(Key));
        }

        await SendAsync($"{_proxy.OtlpUrl}/v1/traces", """{"resourceSpans":[]}""", HttpStatusCode.OK);
        await SendAsync($"{_proxy.ZipkinUrl}/api/v2/spans", $$$"""[{"traceId":"{{{new string('7', 32)}}}","id":"0000000000000001","name":"x","timestamp":{{{TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()}}}000,"duration":5,"localEndpoint":{"serviceName":"cart"}}]""", HttpStatusCode.Accepted);
        using (var client = NewClient())
        {
            using var trace = await client.GetAsync(new Uri($"{_proxy.JaegerUrl}/api/traces/{new string('7', 32)}"), Cancellation);
            Assert.Equal(HttpStatusCode.OK, trace.StatusCode);
        }

        // Nobody without a key: the proxy is on this machine, those before it are not.
        Assert.Equal(16, await ExportByGrpcAsync("nobody-has-this-key"));
    }

    public async ValueTask DisposeAsync()
    {
        await _proxy.DisposeAsync();
        await _stagedoor.DisposeAsync();
        if (_database is not null)
        {
            await _database.DisposeAsync();
        }
    }

    private static async Task<string> GrpcOfAsync(StagedoorProcess server)
    {
        await Eventually.TrueAsync("the address is printed", s_patience, () => server.Output.Contains(GrpcMark, StringComparison.Ordinal));
        return new Uri(server.Output.Split('\n').First(static l => l.StartsWith(GrpcMark, StringComparison.Ordinal))[GrpcMark.Length..].Trim()).Authority;
    }

    private static OutgoingClient NewClient() => new() { DefaultRequestHeaders = { Authorization = new("Bearer", Key) } };

    private static async Task SendAsync(string address, string json, HttpStatusCode expected)
    {
        using var client = NewClient();
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        using var response = await client.PostAsync(new Uri(address), content, Cancellation);
        Assert.Equal(expected, response.StatusCode);
    }

    // A request without spans, as a frame.
    private async Task<int> ExportByGrpcAsync(string key)
    {
        using var client = new OutgoingClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{_proxy.SpansUrl}/opentelemetry.proto.collector.trace.v1.TraceService/Export")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(new byte[5]) { Headers = { ContentType = new("application/grpc") } },
            Headers = { Authorization = new("Bearer", key), TE = { new("trailers") } },
        };
        using var response = await client.SendAsync(request, Cancellation);
        await response.Content.ReadAsByteArrayAsync(Cancellation);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var status = response.TrailingHeaders.TryGetValues("grpc-status", out var trailers) ? trailers : response.Headers.GetValues("grpc-status");
        return int.Parse(status.Single(), System.Globalization.CultureInfo.InvariantCulture);
    }
}
