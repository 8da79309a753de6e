using System.Globalization;
using System.Net;
using System.Text;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>Spans on a file system of 160 MiB, which a second file fills up, and files of spans that are damaged.</summary>
public sealed class SpanDiskFullTests : IAsyncLifetime
{
    private const int Mebibyte = 1024 * 1024;
    private readonly TemporaryFolder _folder = new();
    private readonly StagedoorProcess _stagedoor = new();
    private bool _mounted;
    private ulong _count;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Ballast => Path.Combine(_folder.Path, "ballast");

    private string Traces => Path.Combine(_stagedoor.DataDirectory, "traces");

    public async ValueTask InitializeAsync()
    {
        Assert.SkipUnless(Environment.UserName is "root", "Mounting a small file system needs root.");
        var mount = await Tool.RunAsync("mount", "-t", "tmpfs", "-o", "size=160m", "stagedoor-test", _folder.Path);
        Assert.SkipUnless(mount.ExitCode == 0, $"A small file system cannot be mounted here: {mount.Error.Trim()}");
        _mounted = true;
        _stagedoor.DataDirectory = Path.Combine(_folder.Path, "data");
        await _stagedoor.StartAsync(("Modules", "tracing"), ("Tracing__OtlpHttpListen", "off"), ("Tracing__ZipkinListen", "off"));
    }

    [Fact]
    public async Task A_full_disk_refuses_for_a_while_and_nothing_is_lost()
    {
        using var client = _stagedoor.NewHttpClient();
        var kept = new List<string>();
        await SendAsync(client, kept, HttpStatusCode.OK, 1);
        await FillAsync();

        // The file of the log has room left that was taken before.
        HttpResponseMessage? refused = null;
        for (var i = 0; i < 400 && refused is null; i++)
        {
            refused = await SendAsync(client, kept, null, 2000);
        }

        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused?.StatusCode);
        Assert.InRange(refused!.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5));
        refused.Dispose();
        await VerifyAsync(kept);
        File.Delete(Ballast);
        await SendAsync(client, kept, HttpStatusCode.OK, 1);
        await VerifyAsync(kept);
        await _stagedoor.KillAsync();
        await _stagedoor.StartAsync();
        await VerifyAsync(kept);
        await _stagedoor.RestartAsync();
        await VerifyAsync(kept);
    }

    [Fact]
    public async Task A_full_disk_loses_what_waited_says_how_much_and_refuses_what_comes_then()
    {
        await _stagedoor.RestartAsync(("Tracing__Acknowledge", "queued"));
        using var client = _stagedoor.NewHttpClient();
        await FillAsync();
        HttpResponseMessage? refused = null;
        for (var i = 0; i < 400 && refused is null; i++)
        {
            refused = await SendAsync(client, [], null, 2000);
        }

        Assert.Equal(HttpStatusCode.ServiceUnavailable, refused?.StatusCode);
        refused!.Dispose();
        Assert.Contains("spans are lost that were acknowledged while they waited", _stagedoor.Log, StringComparison.Ordinal);
        var metrics = await client.GetStringAsync(new Uri("/metrics", UriKind.Relative), Cancellation);
        Assert.Matches("\nstagedoor_tracing_lost_total [1-9]", metrics);

        // With the database on the same disk it is not ready at all.
        using var ready = await client.GetAsync(new Uri("/readyz", UriKind.Relative), Cancellation);
        var said = await ready.Content.ReadAsStringAsync(Cancellation);
        Assert.True(ready.StatusCode is HttpStatusCode.ServiceUnavailable || said.Contains("No space left", StringComparison.Ordinal), said);
        File.Delete(Ballast);
        var kept = new List<string>();
        await SendAsync(client, kept, HttpStatusCode.OK, 1);
        await VerifyAsync(kept);
    }

    [Fact]
    public async Task Damaged_files_are_told_and_never_keep_it_from_starting()
    {
        using (var client = _stagedoor.NewHttpClient())
        {
            await SendAsync(client, [], HttpStatusCode.OK, 50);
        }

        // A log with a file behind it is damage, and not the end that a crash leaves.
        await _stagedoor.KillAsync();
        var log = Directory.GetFiles(Traces, "ingest-*.log").Order(StringComparer.Ordinal).First();
        await _stagedoor.StartAsync();
        using (var client = _stagedoor.NewHttpClient())
        {
            await SendAsync(client, [], HttpStatusCode.OK, 50);
        }

        await _stagedoor.KillAsync();
        await using (var file = new FileStream(log, FileMode.Open, FileAccess.ReadWrite))
        {
            file.Position = 60;
            await file.WriteAsync("damage!!"u8.ToArray(), Cancellation);
        }

        await File.WriteAllBytesAsync(Path.Combine(Traces, "spans-20260301.seg"), new byte[10_000], Cancellation);
        await _stagedoor.StartAsync();
        using var after = _stagedoor.NewHttpClient();
        var kept = new List<string>();
        await SendAsync(after, kept, HttpStatusCode.OK, 50);
        await VerifyAsync(kept);
        Assert.Contains("Spans are damaged", _stagedoor.Log, StringComparison.Ordinal);
        using var ready = await after.GetAsync(new Uri("/readyz", UriKind.Relative), Cancellation);
        Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
        Assert.Contains("ingest-", await ready.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        await _stagedoor.DisposeAsync();
        if (_mounted)
        {
            (await Tool.RunAsync("umount", _folder.Path)).ShouldSucceed();
        }

        _folder.Dispose();
    }

    private async Task FillAsync()
    {
        await using var ballast = new FileStream(Ballast, FileMode.Create, FileAccess.Write);
        var block = new byte[Mebibyte];
        try
        {
            while (true)
            {
                await ballast.WriteAsync(block, Cancellation);
            }
        }
        catch (IOException)
        {
            // Full, as asked for.
        }
    }

    // The answer, when it is not that they are kept.
    private async Task<HttpResponseMessage?> SendAsync(HttpClient client, List<string> kept, HttpStatusCode? expected, int spans)
    {
        var trace = string.Create(CultureInfo.InvariantCulture, $"{++_count:x32}");
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        var list = Enumerable.Range(1, spans).Select(n => string.Create(
            CultureInfo.InvariantCulture,
            $$$"""{"traceId":"{{{trace}}}","spanId":"{{{n:x16}}}","name":"step {{{Guid.NewGuid()}}}","kind":2,"startTimeUnixNano":"{{{now}}}000000","endTimeUnixNano":"{{{now + n}}}000000"}"""));
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(
            $$$"""{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"cart"}}]},"scopeSpans":[{"spans":[{{{string.Join(',', list)}}}]}]}]}"""))
        {
            Headers = { ContentType = new("application/json") },
        };
        var response = await client.PostAsync(new Uri("/v1/traces", UriKind.Relative), content, Cancellation);
        if (expected is not null)
        {
            Assert.Equal(expected, response.StatusCode);
        }

        if (response.StatusCode is not HttpStatusCode.OK)
        {
            return response;
        }

        kept.Add(trace);
        response.Dispose();
        return null;
    }

    private async Task VerifyAsync(List<string> kept)
    {
        var keys = _stagedoor.FirstRun;
        using var client = new OutgoingClient(new SigningHandler(keys.AccessKey, keys.SecretKey, TimeProvider.System) { InnerHandler = new SocketsHttpHandler() }) { BaseAddress = new(_stagedoor.Url) };
        foreach (var trace in kept)
        {
            using var response = await client.GetAsync(new Uri($"/v1/{keys.ProjectId}/ats/spans?traceId={trace}", UriKind.Relative), Cancellation);
            Assert.True(response.StatusCode is HttpStatusCode.OK, $"{trace}: {response.StatusCode} {await response.Content.ReadAsStringAsync(Cancellation)}");
        }
    }
}
