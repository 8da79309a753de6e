using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

public sealed class TlsTests : IAsyncLifetime
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);
    private readonly TemporaryFolder _folder = new();
    private readonly StagedoorProcess _stagedoor = new() { Urls = "https://127.0.0.1:0" };

    private string Certificate => Path.Combine(_folder.Path, "server.pem");

    private string Key => Path.Combine(_folder.Path, "server.key");

    public async ValueTask InitializeAsync()
    {
        Tool.Require("curl", "openssl");
        await IssueAsync("first");
        await _stagedoor.StartAsync(("Tls__Certificate", Certificate), ("Tls__Key", Key));
    }

    [Fact]
    public async Task Http_2_is_spoken_over_TLS()
    {
        var result = await Tool.RunAsync(
            "curl", "-sS", "--max-time", "30", "--http2", "--cacert", Certificate, "-o", Path.Combine(_folder.Path, "body"),
            "-w", "%{http_version} %{http_code} %{scheme}", "-u", _stagedoor.Credentials, $"{_stagedoor.Url}/v2/");

        Assert.Equal("2 200 https", result.ShouldSucceed().Output.ToLowerInvariant());
    }

    [Fact]
    public async Task An_image_is_pushed_and_pulled_over_TLS()
    {
        Tool.Require("skopeo");
        var trusted = Directory.CreateDirectory(Path.Combine(_folder.Path, "trusted")).FullName;
        File.Copy(Certificate, Path.Combine(trusted, "ca.crt"));
        var image = TestImage.Create(1_000_000);
        var source = await OciLayout.CreateAsync(Path.Combine(_folder.Path, "source"));
        await source.AddAsync("v1", image);
        var target = await OciLayout.CreateAsync(Path.Combine(_folder.Path, "target"));
        var remote = $"docker://{_stagedoor.Host}/tls/app:v1";

        (await Tool.RunAsync(
            "skopeo", "--insecure-policy", "copy", "--dest-cert-dir", trusted, "--dest-creds", _stagedoor.Credentials, source.Reference("v1"), remote)).ShouldSucceed();
        (await Tool.RunAsync(
            "skopeo", "--insecure-policy", "copy", "--src-cert-dir", trusted, "--src-creds", _stagedoor.Credentials, remote, target.Reference("v1"))).ShouldSucceed();

        Assert.Equal(image.Digest, await target.DigestOfAsync("v1"));
    }

    [Fact]
    public async Task A_certificate_that_is_replaced_is_used_for_the_next_connections()
    {
        Assert.Equal("first", await ServedNameAsync());

        await IssueAsync("second");
        await Eventually.TrueAsync("the new certificate is served", s_patience, async () => await ServedNameAsync() is "second");

        Assert.True(_stagedoor.IsRunning);
    }

    [Fact]
    public async Task A_certificate_that_is_broken_leaves_the_one_before_in_use()
    {
        await File.WriteAllTextAsync(Certificate, "not a certificate", TestContext.Current.CancellationToken);
        await Eventually.TrueAsync(
            "the log says that the certificate cannot be used",
            s_patience,
            async () => await ServedNameAsync() is "first" && _stagedoor.Log.Contains("cannot be used", StringComparison.Ordinal));

        Assert.Equal("first", await ServedNameAsync());
    }

    [Fact]
    public async Task Plain_HTTP_on_its_port_is_told_what_the_port_speaks()
    {
        // A port that the system chooses is not known when the listener is made; the second start names it.
        await _stagedoor.RestartAsync();

        var result = await Tool.RunAsync("curl", "-sS", "--max-time", "30", $"http://{_stagedoor.Host}/healthz");

        Assert.Equal("This port speaks https: write https:// in the address.\n", result.ShouldSucceed().Output);
    }

    [Fact]
    public async Task The_port_of_a_module_is_as_safe_as_the_main_one()
    {
        await _stagedoor.RestartAsync(("Discovery__Listen", "0"));
        const string Also = "Service Center is also at ";
        await Eventually.TrueAsync("the other address is printed", s_patience, () => _stagedoor.Output.Contains(Also, StringComparison.Ordinal));
        var other = _stagedoor.Output.Split('\n').Single(static l => l.StartsWith(Also, StringComparison.Ordinal))[Also.Length..].Trim();
        Assert.StartsWith("https://127.0.0.1:", other, StringComparison.Ordinal);

        Assert.Equal("200", await StatusAsync($"{other}/v4/default/registry/microservices"));
        foreach (var elsewhere in (string[])["/v2/", "/healthz", "/v3/auth/catalog", "/"])
        {
            Assert.Equal("404", await StatusAsync(other + elsewhere));
        }

        Assert.Equal("200", await StatusAsync($"{_stagedoor.Url}/healthz"));

        // The second start names the port, and who speaks plain HTTP there is told as on the main one.
        await _stagedoor.RestartAsync(("Discovery__Listen", $"{new Uri(other).Port}"));
        var plain = await Tool.RunAsync("curl", "-sS", "--max-time", "30", $"http://{new Uri(other).Authority}/v4/default/registry/microservices");
        Assert.Equal("This port speaks https: write https:// in the address.\n", plain.ShouldSucceed().Output);
        Assert.Equal("200", await StatusAsync($"{other}/v4/default/registry/microservices"));
        var engine = await Tool.RunAsync(
            "curl", "-sS", "--max-time", "30", "--cacert", Certificate,
            $"{_stagedoor.Url}/v4/default/registry/instances?appId=default&serviceName=SERVICECENTER&version=latest");
        Assert.Contains($"rest://{new Uri(other).Authority}?sslEnabled=true", engine.ShouldSucceed().Output, StringComparison.Ordinal);
    }

    private async Task<string> StatusAsync(string url) => (await Tool.RunAsync(
        "curl", "-sS", "--max-time", "30", "--cacert", Certificate, "-o", Path.Combine(_folder.Path, "body"), "-w", "%{http_code}", url)).ShouldSucceed().Output;

    public async ValueTask DisposeAsync()
    {
        await _stagedoor.DisposeAsync();
        _folder.Dispose();
    }

    private Task IssueAsync(string name) => TestCertificate.IssueAsync(Certificate, Key, name);

    /// <summary>The common name in the certificate that a new connection is given.</summary>
    private async Task<string> ServedNameAsync()
    {
        var shown = (await Tool.RunAsync("openssl", "s_client", "-connect", _stagedoor.Host, "-servername", "localhost"));
        var subject = shown.Output.Split('\n').First(l => l.StartsWith("subject=", StringComparison.Ordinal));
        return subject[(subject.LastIndexOf('=') + 1)..].Trim();
    }
}
