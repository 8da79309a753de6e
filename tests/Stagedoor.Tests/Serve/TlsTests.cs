using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Stagedoor.Serve;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Tests.Serve;

/// <summary>What an https port is to those who come to it, and to those who only knock.</summary>
public sealed class TlsTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly LogSink _log = new();
    private readonly Authority _authority = new();
    private WebApplication _app = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private Uri Address => new(StagedoorHost.Address(_app));

    public async ValueTask InitializeAsync()
    {
        var (certificate, key) = (Path.Combine(_folder.Path, "server.pem"), Path.Combine(_folder.Path, "server.key"));
        await File.WriteAllTextAsync(certificate, _authority.ServerPem, Cancellation);
        await File.WriteAllTextAsync(key, _authority.ServerKeyPem, Cancellation);
        _app = await StagedoorHost.StartAsync(
            new()
            {
                Data = Path.Combine(_folder.Path, "data"),
                Urls = "https://127.0.0.1:0",
                Overrides = new Dictionary<string, string?>(ListenerSettings.Off())
                {
                    ["Tls:Certificate"] = certificate,
                    ["Tls:Key"] = key,
                    ["Logging:Console:LogLevel:Default"] = "Error",
                },
            },
            services => services.AddSingleton<ILoggerProvider>(_log),
            Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _log.Dispose();
        _authority.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_pair_that_does_not_fit_any_more_is_a_warning_until_one_does()
    {
        var (other, otherKey) = SelfSigned.Write(_folder.Path);
        var (certificate, key) = (Path.Combine(_folder.Path, "server.pem"), Path.Combine(_folder.Path, "server.key"));
        Assert.Empty(await WarningsAsync());

        File.Copy(other, certificate, overwrite: true);
        await Eventually.TrueAsync("the warning", TimeSpan.FromSeconds(20), async () => (await WarningsAsync()) is [{ } told]
            && told.StartsWith($"The TLS pair {certificate} and {key} cannot be used: ", StringComparison.Ordinal)
            && told.Contains("The one before stays in use until ", StringComparison.Ordinal));
        File.Copy(otherKey, key, overwrite: true);

        await Eventually.TrueAsync("its end", TimeSpan.FromSeconds(20), async () => (await WarningsAsync()) is []);
    }

    [Fact]
    public async Task A_certificate_that_clients_will_not_take_is_a_warning()
    {
        var (other, otherKey) = SelfSigned.Write(_folder.Path, isNamed: false);
        File.Copy(other, Path.Combine(_folder.Path, "server.pem"), overwrite: true);
        File.Copy(otherKey, Path.Combine(_folder.Path, "server.key"), overwrite: true);

        await Eventually.TrueAsync("the warning", TimeSpan.FromSeconds(20), async () => (await WarningsAsync()) is [{ } told] && told.Contains("subjectAltName", StringComparison.Ordinal));
    }

    private async Task<IReadOnlyList<string>> WarningsAsync()
    {
#pragma warning disable CA5359 // It is asked what it says of a certificate that is not to be trusted.
        using var handler = new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = static (_, _, _, _) => true } };
#pragma warning restore CA5359
        using var client = new OutgoingClient(handler) { BaseAddress = Address };
        using var ready = JsonDocument.Parse(await client.GetStringAsync("/readyz", Cancellation));
        return ready.RootElement.TryGetProperty("warnings", out var warnings) ? [.. warnings.EnumerateArray().Select(static w => w.GetString()!)] : [];
    }

    [Theory]
    [InlineData(SslApplicationProtocolNames.Http11)]
    [InlineData(SslApplicationProtocolNames.Http2)]
    public async Task Who_trusts_the_authority_alone_trusts_a_certificate_of_one_below_it(string protocol)
    {
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(Address.Host, Address.Port, Cancellation);
        await using var tls = new SslStream(tcp.GetStream());

        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = "localhost",
                ApplicationProtocols = [new(protocol)],
                CertificateChainPolicy = Trust(),
            },
            Cancellation);

        Assert.Equal(protocol, tls.NegotiatedApplicationProtocol.ToString());
    }

    [Fact]
    public async Task A_request_that_the_server_refuses_leaves_the_others_on_its_connection_alone()
    {
        using var handler = new SocketsHttpHandler
        {
            SslOptions = { CertificateChainPolicy = Trust() },
            MaxConnectionsPerServer = 1,
        };
        using var client = new OutgoingClient(handler) { BaseAddress = Address, DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        using var odd = new HttpRequestMessage(HttpMethod.Get, "/version") { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact };
        for (var i = 0; i < 1_100; i++)
        {
            odd.Headers.Add($"x-{i}", "x");
        }

        using var refused = await client.SendAsync(odd, Cancellation);
        using var other = await client.GetAsync("/version", Cancellation);

        Assert.Equal((HttpStatusCode.RequestHeaderFieldsTooLarge, HttpStatusCode.OK), (refused.StatusCode, other.StatusCode));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Who_comes_and_goes_without_a_word_is_no_error(bool isReset)
    {
        for (var i = 0; i < 5; i++)
        {
            using var tcp = new TcpClient();
            await tcp.ConnectAsync(Address.Host, Address.Port, Cancellation);
            // A health check of a load balancer mostly ends with a reset.
            tcp.LingerState = new(isReset, 0);
        }

        // The server has done with all of them when it has stopped.
        await _app.StopAsync(Cancellation);
        Assert.DoesNotContain(_log.Lines, static l => l.Level >= LogLevel.Warning);
    }

    [Fact]
    public async Task Who_says_nothing_has_ten_seconds()
    {
        var clock = new FakeTimeProvider();
        var silent = Connection(out _, out _);

        var look = PlainHttpOnTls.LooksSecureAsync(silent, clock);
        clock.Advance(TimeSpan.FromSeconds(9.9));
        Assert.False(look.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(0.2));

        Assert.False(await look.WaitAsync(TimeSpan.FromSeconds(20), Cancellation));
    }

    [Fact]
    public async Task A_stop_does_not_wait_for_who_says_nothing()
    {
        using var stop = new Stop();
        var silent = Connection(out _, out _);
        silent.Features.Set<IConnectionLifetimeNotificationFeature>(stop);

        var look = PlainHttpOnTls.LooksSecureAsync(silent, new FakeTimeProvider());
        stop.RequestClose();

        Assert.False(await look.WaitAsync(TimeSpan.FromSeconds(20), Cancellation));
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n\r\n", false)]
    [InlineData("\u0016\u0003", true)]
    [InlineData("", false)]
    public async Task The_first_byte_says_whether_the_connection_goes_on(string sent, bool goesOn)
    {
        var connection = Connection(out var toServer, out var fromServer);
        await toServer.WriteAsync(Encoding.Latin1.GetBytes(sent), Cancellation);
        await toServer.CompleteAsync();

        var isSecure = await PlainHttpOnTls.LooksSecureAsync(connection, TimeProvider.System);

        Assert.Equal(goesOn, isSecure);
        if (sent.StartsWith("GET", StringComparison.Ordinal))
        {
            var answer = await fromServer.ReadAsync(Cancellation);
            Assert.StartsWith("HTTP/1.1 400 Bad Request", Encoding.ASCII.GetString(answer.Buffer.FirstSpan), StringComparison.Ordinal);
        }
    }

    private X509ChainPolicy Trust() => new()
    {
        TrustMode = X509ChainTrustMode.CustomRootTrust,
        CustomTrustStore = { _authority.Root },
        RevocationMode = X509RevocationMode.NoCheck,
        DisableCertificateDownloads = true,
    };

    private static DefaultConnectionContext Connection(out PipeWriter toServer, out PipeReader fromServer)
    {
        var (there, back) = (new Pipe(), new Pipe());
        (toServer, fromServer) = (there.Writer, back.Reader);
        return new() { Transport = new Duplex(there.Reader, back.Writer) };
    }

    private static class SslApplicationProtocolNames
    {
        internal const string Http11 = "http/1.1";
        internal const string Http2 = "h2";
    }

    private sealed class Stop : IConnectionLifetimeNotificationFeature, IDisposable
    {
        private readonly CancellationTokenSource _requested = new();

        public CancellationToken ConnectionClosedRequested
        {
            get => _requested.Token;
            set => throw new NotSupportedException();
        }

        public void RequestClose() => _requested.Cancel();

        public void Dispose() => _requested.Dispose();
    }

    private sealed class Duplex(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input => input;

        public PipeWriter Output => output;
    }

    /// <summary>An authority that issues through another one, as all that people use do.</summary>
    private sealed class Authority : IDisposable
    {
        private readonly ECDsa _rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        private readonly ECDsa _middleKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        private readonly ECDsa _serverKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        internal Authority()
        {
            var now = TimeProvider.System.GetUtcNow();
            var root = new CertificateRequest("CN=root", _rootKey, HashAlgorithmName.SHA256);
            root.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
            Root = root.CreateSelfSigned(now.AddDays(-2), now.AddDays(30));
            var middle = new CertificateRequest("CN=middle", _middleKey, HashAlgorithmName.SHA256);
            middle.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
            using var issuer = middle.Create(Root, now.AddDays(-1), now.AddDays(20), [1]);
            using var signing = issuer.CopyWithPrivateKey(_middleKey);
            var server = new CertificateRequest("CN=localhost", _serverKey, HashAlgorithmName.SHA256);
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName("localhost");
            names.AddIpAddress(IPAddress.Loopback);
            server.CertificateExtensions.Add(names.Build());
            using var issued = server.Create(signing, now.AddDays(-1), now.AddDays(10), [2]);
            ServerPem = $"{issued.ExportCertificatePem()}\n{issuer.ExportCertificatePem()}\n";
            ServerKeyPem = _serverKey.ExportPkcs8PrivateKeyPem();
        }

        internal X509Certificate2 Root { get; }

        internal string ServerPem { get; }

        internal string ServerKeyPem { get; }

        public void Dispose()
        {
            Root.Dispose();
            _rootKey.Dispose();
            _middleKey.Dispose();
            _serverKey.Dispose();
        }
    }
}
