using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Tests.Gateway;

/// <summary>A client that goes away, at whatever byte of its request or of the answer, is no fault: it leaves nothing in the log that somebody would look at.</summary>
public sealed class GoneClientTests : IAsyncLifetime
{
    private const int BlobSize = 24 * 1024 * 1024;

    private StagedoorApp _app = null!;
    private string _digest = "";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _app = await StagedoorApp.StartAsync(("Images:AutoCreateOrganization", "true"));
        var bytes = RandomNumberGenerator.GetBytes(BlobSize);
        _digest = "sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes));
        using var registry = _app.Registry();
        using var begun = await registry.PostAsync("/v2/team/app/blobs/uploads/", null, Cancellation);
        using var content = new ByteArrayContent(bytes);
        using var done = await registry.PutAsync($"{begun.Headers.Location}?digest={_digest}", content, Cancellation);
        Assert.Equal(HttpStatusCode.Created, done.StatusCode);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(300)]
    [InlineData(1_000_000)]
    public async Task In_the_middle_of_a_download(int read)
    {
        await GoAwayAsync($"GET /v2/team/app/blobs/{_digest} HTTP/1.1\r\nHost: x\r\n{Login()}\r\n", "", read);

        await NothingIsLoggedAsync();
    }

    [Theory]
    [InlineData("POST /v2/manage/namespaces", "{\"namesp")]
    [InlineData("POST /v3/auth/tokens", "{\"auth\":")]
    [InlineData("POST /v4/default/registry/microservices", "{\"service\":{")]
    [InlineData("POST /v2/default/csemonitor/metric", "{\"time\":1")]
    [InlineData("PUT /v2/team/app/manifests/1.0", "{\"schemaVersion\":")]
    [InlineData("POST /swr/auth/v2/registry/auth", "grant_type=pass")]
    [InlineData("PATCH /v2/team/app/blobs/uploads/UPLOAD", "half of a layer")]
    [InlineData("PUT /v2/team/app/blobs/uploads/UPLOAD?digest=sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "half of a layer")]
    public async Task In_the_middle_of_a_body(string operation, string half)
    {
        using var registry = _app.Registry();
        using var begun = await registry.PostAsync("/v2/team/app/blobs/uploads/", null, Cancellation);
        var upload = begun.Headers.Location!.ToString().Split('/')[^1];
        var type = operation.Contains("/swr/", StringComparison.Ordinal) ? "application/x-www-form-urlencoded" : "application/json";
        var credential = operation.Contains("/manage/", StringComparison.Ordinal) ? $"X-Auth-Token: {await _app.NewTokenAsync()}\r\n" : operation.Contains(" /v2/team", StringComparison.Ordinal) ? Login() : "";

        await GoAwayAsync($"{operation.Replace("UPLOAD", upload, StringComparison.Ordinal)} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {type}\r\n{credential}Content-Length: 1000000\r\n\r\n", half, 0);

        await NothingIsLoggedAsync();
    }

    private string Login() =>
        $"Authorization: Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{_app.FirstRun.RegistryUser}:{_app.FirstRun.RegistryKey}"))}\r\n";

    private async Task GoAwayAsync(string head, string body, int read)
    {
        var uri = new Uri(_app.Url);
        using var tcp = new TcpClient { LingerState = new(true, 0) };
        await tcp.ConnectAsync(uri.Host, uri.Port, Cancellation);
        var stream = tcp.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(head + body), Cancellation);
        if (body.Length > 0 || read == 0)
        {
            // The server has the request in its hands before the connection ends.
            var metrics = await _app.Anonymous.GetStringAsync("/metrics", Cancellation);
            Assert.NotEmpty(metrics);
        }

        var buffer = new byte[64 * 1024];
        for (var all = 0; all < read;)
        {
            all += await stream.ReadAsync(buffer.AsMemory(0, Math.Min(buffer.Length, read - all)), Cancellation);
        }
    }

    private async Task NothingIsLoggedAsync()
    {
        await Eventually.TrueAsync("no request is under way", TimeSpan.FromSeconds(20), async () =>
            (await _app.Anonymous.GetStringAsync("/metrics", Cancellation)).Contains("stagedoor_requests_in_flight 1\n", StringComparison.Ordinal));

        // What stays is the line of the request, with the status of one whose client has gone.
        var lines = _app.Log.Lines.Where(static l => l.Level > LogLevel.Debug && l.Category is not ("Stagedoor.Process" or "Stagedoor.Requests")
            && (l.Exception is not null || l.Level >= LogLevel.Warning));
        Assert.True(!lines.Any(), string.Join('\n', lines));
        // A report that ends in the middle cannot be decoded, which the original answers with 500.
        Assert.DoesNotContain(_app.Log.Lines, static l => l.Category is "Stagedoor.Requests" && l.Message.Contains(" 500 ", StringComparison.Ordinal) && !l.Message.Contains("SVCSTG.CSE.500500", StringComparison.Ordinal));
    }
}
