using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>An orderly stop with something in flight loses nothing that was answered, and ends with 0 within ten seconds.</summary>
public sealed class StopTests : IAsyncLifetime
{
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);
    private readonly StagedoorProcess _stagedoor = new();
    private RegistryClient _client = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await _stagedoor.StartAsync();
        _client = _stagedoor.NewRegistryClient();
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _stagedoor.DisposeAsync();
    }

    [Fact]
    public async Task Chunks_that_arrive_meanwhile_are_taken_and_answered()
    {
        var uploads = await Task.WhenAll(Enumerable.Range(0, 20).Select(async i => new Chunk(_stagedoor, await _client.StartUploadAsync($"stop/app-{i % 4}"))));
        foreach (var upload in uploads)
        {
            await upload.SendAsync(first: true);
        }

        // An interrupted test leaves no connections behind.
        using var cleanUp = Cancellation.Register(() => Array.ForEach(uploads, u => u.Dispose()));
        var stopping = _stagedoor.StopAsync();
        await SayingAsync("Stopping");
        foreach (var upload in uploads)
        {
            await upload.SendAsync(first: false);
        }

        var answers = await Task.WhenAll(uploads.Select(u => u.AnswerAsync()));
        Assert.All(answers, answer => Assert.StartsWith("HTTP/1.1 202", answer, StringComparison.Ordinal));
        Assert.Equal(0, await stopping);
        await _stagedoor.StartAsync();
        foreach (var upload in uploads)
        {
            Assert.Equal(Chunk.Length, await _client.OffsetAsync(upload.Location));
        }
    }

    [Fact]
    public async Task What_does_not_end_is_cut_and_everything_answered_is_kept()
    {
        using var admin = _stagedoor.NewHttpClient();
        using var held = new Chunk(_stagedoor, await _client.StartUploadAsync("stop/held"));
        await held.SendAsync(first: true);
        using var socket = new ClientWebSocket();
        var (service, instance) = await RegisterAsync(admin);
        await socket.ConnectAsync(
            new($"{_stagedoor.Url.Replace("http", "ws", StringComparison.Ordinal)}/v4/default/registry/microservices/{service}/watcher"), Cancellation);
        var image = TestImage.Create(1000);
        await _client.PushAsync("stop/pushed", "v1", image, BlobUpload.SinglePost);
        await _client.VerifyAsync("stop/pushed", "v1");

        var since = Stopwatch.GetTimestamp();
        var code = await _stagedoor.StopAsync();
        var took = Stopwatch.GetElapsedTime(since);

        Assert.Equal(0, code);
        Assert.True(took < s_longest, $"It took {took}.");
        await _stagedoor.StartAsync();
        var kept = await _client.OffsetAsync(held.Location);
        Assert.InRange(kept, 0, Chunk.Length / 2);
        await _client.AppendAsync(held.Location, kept, new byte[1000]);
        Assert.Equal(image.Digest, await _client.VerifyAsync("stop/pushed", "v1"));
        using var found = await admin.GetAsync($"/v4/default/registry/microservices/{service}/instances/{instance}", Cancellation);
        Assert.Equal(HttpStatusCode.OK, found.StatusCode);
    }

    [Fact]
    public async Task The_audit_of_what_was_done_last_is_written_although_a_request_uses_the_time()
    {
        using var held = new Chunk(_stagedoor, await _client.StartUploadAsync("stop/held"));
        await held.SendAsync(first: true);
        var token = await TokenAsync();
        using var admin = _stagedoor.NewHttpClient();
        admin.DefaultRequestHeaders.Add("X-Auth-Token", token);
        using var made = await admin.PostAsJsonAsync("/v2/manage/namespaces", new { @namespace = "last-words" }, Cancellation);
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        var request = made.Headers.GetValues("X-Request-Id").Single();

        Assert.Equal(0, await _stagedoor.StopAsync());

        await _stagedoor.StartAsync();
        Assert.Contains(request, await admin.GetStringAsync("/v3/audit/records?limit=200", Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_interrupt_of_a_terminal_is_an_orderly_stop_too() => Assert.Equal(0, await _stagedoor.StopAsync("INT"));

    private static async Task<(string Service, string Instance)> RegisterAsync(HttpClient client)
    {
        using var service = await client.PostAsJsonAsync(
            "/v4/default/registry/microservices", new { service = new { serviceName = "held", appId = "stop", version = "1.0.0" } }, Cancellation);
        var id = (await service.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("serviceId").GetString()!;
        using var instance = await client.PostAsJsonAsync(
            $"/v4/default/registry/microservices/{id}/instances", new { instance = new { hostName = "h", endpoints = new[] { "rest://127.0.0.1:1" } } }, Cancellation);
        return (id, (await instance.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("instanceId").GetString()!);
    }

    private async Task<string> TokenAsync()
    {
        using var client = _stagedoor.NewHttpClient();
        var keys = _stagedoor.FirstRun;
        using var response = await client.PostAsJsonAsync(
            "/v3/auth/tokens",
            new
            {
                auth = new
                {
                    identity = new { methods = new[] { "password" }, password = new { user = new { name = keys.User, password = keys.Password, domain = new { name = keys.Domain } } } },
                    scope = new { project = new { name = keys.Project } },
                },
            },
            Cancellation);
        return response.Headers.GetValues("X-Subject-Token").Single();
    }

    private Task SayingAsync(string text) =>
        Eventually.TrueAsync($"the log says '{text}'", s_patience, () => _stagedoor.Log.Contains(text, StringComparison.Ordinal));

    /// <summary>A chunk that is sent in two halves.</summary>
    private sealed class Chunk : IDisposable
    {
        internal const int Length = 200_000;
        private readonly StagedoorProcess _stagedoor;
        private readonly TcpClient _tcp = new();
        private NetworkStream? _stream;

        internal Chunk(StagedoorProcess stagedoor, Uri location) => (_stagedoor, Location) = (stagedoor, location);

        internal Uri Location { get; }

        public void Dispose()
        {
            _stream?.Dispose();
            _tcp.Dispose();
        }

        internal async Task SendAsync(bool first)
        {
            if (first)
            {
                var uri = new Uri(_stagedoor.Url);
                await _tcp.ConnectAsync(uri.Host, uri.Port, Cancellation);
                _stream = _tcp.GetStream();
                var login = Convert.ToBase64String(Encoding.UTF8.GetBytes(_stagedoor.Credentials));
                var path = Location.IsAbsoluteUri ? Location.PathAndQuery : Location.ToString();
                await _stream.WriteAsync(
                    Encoding.ASCII.GetBytes(
                        $"PATCH {path} HTTP/1.1\r\nHost: {_stagedoor.Host}\r\nAuthorization: Basic {login}\r\nContent-Type: application/octet-stream\r\nContent-Length: {Length}\r\nExpect: 100-continue\r\n\r\n"),
                    Cancellation);
                // The server asks for the body: it has the request in hand.
                var answer = new byte[25];
                await _stream.ReadExactlyAsync(answer, Cancellation);
                Assert.StartsWith("HTTP/1.1 100", Encoding.ASCII.GetString(answer), StringComparison.Ordinal);
            }

            await _stream!.WriteAsync(new byte[Length / 2], Cancellation);
        }

        internal async Task<string> AnswerAsync()
        {
            using var reader = new StreamReader(_stream!, Encoding.ASCII, leaveOpen: true);
            return await reader.ReadLineAsync(Cancellation) ?? "";
        }
    }
}
