using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Stagedoor.Http;
using Stagedoor.Serve;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Tests.Serve;

/// <summary>The port of the registry serves the registry, and the start does not hang on it.</summary>
public sealed class ListenerTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("http://127.0.0.1:8080", "http://127.0.0.1:30100")]
    [InlineData("https://0.0.0.0:443;http://127.0.0.1:8080", "https://0.0.0.0:30100")]
    [InlineData("http://127.0.0.1:8080;https://0.0.0.0:443", "https://0.0.0.0:30100")]
    [InlineData("https://0.0.0.0:443;http://0.0.0.0:8080", "http://0.0.0.0:30100")]
    [InlineData("https://127.0.0.1:443;https://localhost:444", "https://127.0.0.1:30100 https://[::1]:30100")]
    [InlineData("http://127.0.0.1:443;https://localhost:444", "https://127.0.0.1:30100 https://[::1]:30100")]
    [InlineData("http://0.0.0.0:8080;http://[::]:8081", "http://[::]:30100")]
    [InlineData("http://127.0.0.1:8080;http://127.0.0.2:8080", "http://127.0.0.1:30100 http://127.0.0.2:30100")]
    public void It_is_bound_once_where_addresses_take_each_other_in(string urls, string expected)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("Urls", urls)]).Build();
        var listener = new ModuleListener("Registry", "Registry:Listen", "30100");

        Assert.Equal(expected, string.Join(' ', Listeners.Of(listener, configuration).Select(static e => e.Url)));
    }

    [Theory]
    [InlineData("/v4/default/registry/microservices", HttpStatusCode.OK)]
    [InlineData("/registry/v3/microservices", HttpStatusCode.OK)]
    [InlineData("/v4/default/registry/version", HttpStatusCode.OK)]
    [InlineData("/v2/", HttpStatusCode.NotFound)]
    [InlineData("/v2/manage/namespaces", HttpStatusCode.NotFound)]
    [InlineData("/v2/default/csemonitor/services", HttpStatusCode.NotFound)]
    [InlineData("/v3/auth/catalog", HttpStatusCode.NotFound)]
    [InlineData("/v3/audit/records", HttpStatusCode.NotFound)]
    [InlineData("/healthz", HttpStatusCode.NotFound)]
    [InlineData("/metrics", HttpStatusCode.NotFound)]
    [InlineData("/", HttpStatusCode.NotFound)]
    [InlineData("/v4/default/registry/nowhere", HttpStatusCode.NotFound)]
    public async Task The_port_of_the_registry_serves_it_and_nothing_else(string path, HttpStatusCode status)
    {
        await using var app = await StagedoorApp.StartAsync(("Discovery:Listen", "0"));
        var (_, address) = Assert.Single(app.Services.GetRequiredService<BoundListeners>().Others);

        using var there = await app.Anonymous.GetAsync(new Uri(address + path), Cancellation);
        using var here = await app.Admin.GetAsync(new Uri(path, UriKind.Relative), Cancellation);

        Assert.Equal(status, there.StatusCode);
        Assert.Equal(path.EndsWith("nowhere", StringComparison.Ordinal), here.StatusCode is HttpStatusCode.NotFound);
        if (status is HttpStatusCode.NotFound)
        {
            await there.ShouldFailAsync(404, "APIGW.0101");
        }
    }

    [Fact]
    public async Task A_path_that_two_modules_have_at_their_ports_is_served_by_each_at_its_own()
    {
        await using var app = await StagedoorApp.StartAsync(("Discovery:Listen", "0"), ("Tracing:ZipkinListen", "0"));
        var others = app.Services.GetRequiredService<BoundListeners>().Others;
        string AddressOf(string title) => others.Single(o => o.Listener.Title == title).Address;

        var main = await app.Anonymous.GetStringAsync("/health", Cancellation);
        var registry = await app.Anonymous.GetStringAsync(new Uri(AddressOf("Service Center") + "/health"), Cancellation);
        var zipkin = await app.Anonymous.GetStringAsync(new Uri(AddressOf("Zipkin") + "/health"), Cancellation);

        Assert.Contains("instances", main, StringComparison.Ordinal);
        Assert.Contains("instances", registry, StringComparison.Ordinal);
        Assert.Equal("""{"status":"UP"}""", zipkin);
    }

    [Fact]
    public async Task The_engine_tells_its_clients_of_the_port()
    {
        await using var app = await StagedoorApp.StartAsync(("Discovery:Listen", "0"));
        var (_, address) = Assert.Single(app.Services.GetRequiredService<BoundListeners>().Others);

        await Eventually.TrueAsync("the address among those of the engine", TimeSpan.FromSeconds(20), async () => (await app.Anonymous.GetStringAsync(
                "/v4/default/registry/instances?appId=default&serviceName=SERVICECENTER&version=latest", Cancellation))
            .Contains($"rest://{new Uri(address).Authority}?", StringComparison.Ordinal));
        Assert.DoesNotContain(app.Log.Lines, static l => l.Level >= LogLevel.Warning);
    }

    [Fact]
    public async Task A_taken_port_is_a_warning_and_the_start_goes_on()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;

        await using var app = await StagedoorApp.StartAsync(("Discovery:Listen", $"{port}"));

        using var response = await app.Anonymous.GetAsync("/v4/default/registry/microservices", Cancellation);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Empty(app.Services.GetRequiredService<BoundListeners>().Others);
        Assert.Contains(
            app.Services.GetServices<IWarnings>().SelectMany(static w => w.Current),
            w => w.StartsWith($"Service Center is not served on http://127.0.0.1:{port}: another program uses it.", StringComparison.Ordinal));
        Assert.Contains(app.Log.Lines, l => l.Level is LogLevel.Warning && l.ToString().Contains($"127.0.0.1:{port}", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("127.0.0.1", "{0}")]
    [InlineData("127.0.0.1", "http://127.0.0.1:{0}")]
    [InlineData("localhost", "{0}")]
    [InlineData("localhost", "http://127.0.0.1:{0}")]
    [InlineData("0.0.0.0", "http://127.0.0.1:{0}")]
    [InlineData("*", "http://localhost:{0}")]
    [InlineData("*", "http://0.0.0.0:{0}")]
    public async Task A_main_address_on_the_port_serves_everything(string host, string listen)
    {
        using var folder = new TemporaryFolder();
        var port = FreePort();

        await using var app = await StartAsync(folder, $"http://{host}:{port}", string.Format(CultureInfo.InvariantCulture, listen, port));

        Assert.Single(app.Services.GetRequiredService<BoundListeners>().Main);
        Assert.Empty(app.Services.GetRequiredService<BoundListeners>().Others);
        Assert.Empty(app.Services.GetServices<IWarnings>().SelectMany(static w => w.Current));
        using var client = new OutgoingClient { BaseAddress = new($"http://127.0.0.1:{port}") };
        foreach (var path in (string[])["/healthz", "/v4/default/registry/microservices"])
        {
            using var response = await client.GetAsync(new Uri(path, UriKind.Relative), Cancellation);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }
    }

    [Theory]
    [InlineData("http://0.0.0.0:{0}")]
    [InlineData("https://127.0.0.1:{0}")]
    public async Task A_port_that_a_main_address_has_in_another_way_is_told_of_as_our_own(string listen)
    {
        using var folder = new TemporaryFolder();
        var port = FreePort();

        await using var app = await StartAsync(
            folder, $"http://127.0.0.1:{port}", string.Format(CultureInfo.InvariantCulture, listen, port), SelfSigned.Write(folder.Path));

        Assert.Empty(app.Services.GetRequiredService<BoundListeners>().Others);
        var warning = Assert.Single(app.Services.GetServices<IWarnings>().SelectMany(static w => w.Current));
        Assert.Contains($"the main address http://127.0.0.1:{port} has its port. Set Discovery:Listen to another port", warning, StringComparison.Ordinal);
        using var client = new OutgoingClient();
        using var response = await client.GetAsync(new Uri($"http://127.0.0.1:{port}/healthz"), Cancellation);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    private static int FreePort()
    {
        using var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();
        return ((IPEndPoint)free.LocalEndpoint).Port;
    }

    private static Task<WebApplication> StartAsync(TemporaryFolder folder, string urls, string listen, (string Certificate, string Key)? pair = null) =>
        StagedoorHost.StartAsync(
            new()
            {
                Data = Path.Combine(folder.Path, "data"),
                Urls = urls,
                Overrides = pair is var (certificate, key)
                    ? ListenerSettings.Off(("Discovery:Listen", listen), ("Tls:Certificate", certificate), ("Tls:Key", key))
                    : ListenerSettings.Off(("Discovery:Listen", listen)),
            },
            static _ => { },
            Cancellation);
}
