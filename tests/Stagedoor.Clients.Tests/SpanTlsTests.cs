using System.Diagnostics;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>Spans by gRPC over TLS, with the certificate of the main port.</summary>
public sealed class SpanTlsTests : IAsyncLifetime
{
    private const string Key = "a-key-for-senders";
    private const string Mark = "OTLP over gRPC is also at ";

    private readonly TemporaryFolder _folder = new();
    private readonly StagedoorProcess _stagedoor = new() { Urls = "https://127.0.0.1:0" };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Certificate => Path.Combine(_folder.Path, "server.pem");

    private Uri Address => new(_stagedoor.Output.Split('\n').First(static l => l.StartsWith(Mark, StringComparison.Ordinal))[Mark.Length..].Trim());

    public async ValueTask InitializeAsync()
    {
        Tool.Require("openssl");
        var key = Path.Combine(_folder.Path, "server.key");
        await TestCertificate.IssueAsync(Certificate, key, "stagedoor");
        await _stagedoor.StartAsync(
            ("Modules", "tracing"), ("Tls__Certificate", Certificate), ("Tls__Key", key), ("Tracing__OtlpGrpcListen", "0"), ("Tracing__OtlpHttpListen", "off"), ("Tracing__ZipkinListen", "off"),
            ("Tracing__JaegerListen", "off"), ("Tracing__Keys__0__Key", Key), ("Tracing__ReadKeys__0__Key", Key));
        await Eventually.TrueAsync("the address is printed", TimeSpan.FromSeconds(20), () => _stagedoor.Output.Contains(Mark, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_port_has_the_servers_certificate_and_agrees_on_HTTP_2_alone()
    {
        Assert.Equal("https", Address.Scheme);
        Assert.Equal((SslApplicationProtocol.Http2, true), await AgreeAsync([SslApplicationProtocol.Http2, SslApplicationProtocol.Http11]));
        var other = await Record.ExceptionAsync(() => AgreeAsync([SslApplicationProtocol.Http11]));
        Assert.True(other is null or IOException or System.Security.Authentication.AuthenticationException, $"{other}");
    }

    [Fact]
    public async Task What_OpenTelemetry_for_NET_sends_over_TLS_is_read_back()
    {
        using var source = new ActivitySource("stagedoor-tests-tls", "1");
        string id;
        using (var provider = Sdk.CreateTracerProviderBuilder().AddSource(source.Name)
            .ConfigureResource(static r => r.AddService("over-tls"))
            .AddOtlpExporter(o =>
            {
                o.Protocol = OtlpExportProtocol.Grpc;
                o.Endpoint = Address;
                o.Headers = $"Authorization=Bearer {Key}";
                o.HttpClientFactory = NewClient;
            })
            .Build())
        {
            using (var root = source.StartActivity("GET /cart", ActivityKind.Server, default(ActivityContext))!)
            {
                id = root.TraceId.ToHexString();
            }

            Assert.True(provider.ForceFlush(10_000));
        }

        using var client = NewClient();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Key);
        using var trace = await client.GetAsync(new Uri($"{_stagedoor.Url}/api/traces/{id}"), Cancellation);
        Assert.True(trace.IsSuccessStatusCode, await trace.Content.ReadAsStringAsync(Cancellation));
    }

    public async ValueTask DisposeAsync()
    {
        await _stagedoor.DisposeAsync();
        _folder.Dispose();
    }

    private async Task<(SslApplicationProtocol Protocol, bool IsIts)> AgreeAsync(List<SslApplicationProtocol> offered)
    {
        using var own = X509CertificateLoader.LoadCertificateFromFile(Certificate);
        var isIts = false;
        using var client = new TcpClient();
        await client.ConnectAsync(Address.Host, Address.Port, Cancellation);
        await using var secure = new SslStream(client.GetStream());
        await secure.AuthenticateAsClientAsync(
            new()
            {
                TargetHost = "127.0.0.1",
                ApplicationProtocols = offered,
                RemoteCertificateValidationCallback = (_, certificate, _, _) => isIts = certificate?.GetCertHashString() == own.GetCertHashString(),
            },
            Cancellation);
        return (secure.NegotiatedApplicationProtocol, isIts);
    }

    // It trusts this certificate, and no other.
    private OutgoingClient NewClient()
    {
        using var own = X509CertificateLoader.LoadCertificateFromFile(Certificate);
        var hash = own.GetCertHashString();
        return new(new SocketsHttpHandler { SslOptions = new() { RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate?.GetCertHashString() == hash } });
    }
}
