using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>Two replicas behind the proxy of <c>eng/compose.yaml</c>: what clients see of it when one of them goes.</summary>
public sealed class HighAvailabilityTests : IAsyncDisposable
{
    private const string Find = "/v4/default/registry/instances?appId=ha&serviceName=provider&version=0.0.0%2B";
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);
    private readonly ReplicatedInstallation _installation = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_killed_replica_costs_retries_and_nothing_that_was_acknowledged()
    {
        await _installation.StartAsync();
        using var work = new ReplicatedWork(_installation);
        await work.PrepareAsync();

        var run = work.RunAsync();
        await Task.WhenAny(run, work.PushedAsync(50));
        await _installation.First.KillAsync();
        await Task.WhenAny(run, work.PushedAsync(120));
        await _installation.First.StartAsync();
        await run;

        await work.VerifyAsync();
        Assert.DoesNotContain(work.Repeated, static r => r.StartsWith("heartbeat", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_rolling_restart_is_seen_by_nobody()
    {
        await _installation.StartAsync();
        using var work = new ReplicatedWork(_installation);
        await work.PrepareAsync();

        var run = work.RunAsync();
        for (var replica = 1; replica <= 2; replica++)
        {
            await Task.WhenAny(run, work.PushedAsync(60 * replica));
            _installation.Proxy.SendAway(replica);
            Assert.Equal(0, await _installation.Replicas[replica - 1].StopAsync());
            await _installation.Replicas[replica - 1].BeginAsync();
            _installation.Proxy.TakeBack(replica);
        }

        await run;

        await work.VerifyAsync();
        Assert.Empty(work.Repeated);
    }

    [Fact]
    public async Task A_frozen_replica_is_waited_for_once()
    {
        await _installation.StartAsync();
        using var work = new ReplicatedWork(_installation);
        await work.PrepareAsync();

        await _installation.First.FreezeAsync();
        var waited = await work.BeatAllAsync();
        var after = await work.BeatAllAsync();
        await _installation.First.ThawAsync();

        // Every second of them waited for it, for 5 seconds, and was then answered by the other; now it is given up for 10.
        Assert.True(waited > TimeSpan.FromSeconds(4), $"{waited}");
        Assert.True(after < TimeSpan.FromSeconds(4), $"{after}");
        Assert.Empty(work.Repeated);
    }

    [Fact]
    public async Task Watches_and_TLS_go_through_the_proxy()
    {
        await _installation.StartAsync();
        using var registry = _installation.NewRegistry();
        var (provider, consumer) = (await RegisterAsync(registry, "provider"), await RegisterAsync(registry, "consumer"));
        registry.DefaultRequestHeaders.Add("X-ConsumerId", consumer);
        (await registry.GetAsync(Find, Cancellation)).EnsureSuccessStatusCode().Dispose();
        using var watch = await ConnectAsync($"/microservices/{consumer}/watcher");

        using var added = await registry.PostAsJsonAsync(
            $"/v4/default/registry/microservices/{provider}/instances", new { instance = new { hostName = "h", endpoints = new[] { "rest://127.0.0.1:1" } } }, Cancellation);

        var instance = (await added.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("instanceId").GetString();
        var buffer = new byte[16 * 1024];
        var frame = await watch.ReceiveAsync(buffer, Cancellation).WaitAsync(s_patience, Cancellation);
        Assert.Contains("CREATE", Encoding.UTF8.GetString(buffer, 0, frame.Count), StringComparison.Ordinal);
        using var heartbeats = await ConnectAsync($"/microservices/{provider}/instances/{instance}/heartbeat");
        Assert.Equal(WebSocketState.Open, heartbeats.State);
        var secure = await Tool.RunAsync(
            "curl", "-sS", "--max-time", "30", "--cacert", _installation.Proxy.Certificate, "-u", _installation.First.Credentials, "-w", "%{http_code}", $"{_installation.Proxy.TlsUrl}/v2/");
        Assert.EndsWith("200", secure.ShouldSucceed().Output, StringComparison.Ordinal);
    }

    public ValueTask DisposeAsync() => _installation.DisposeAsync();

    private async Task<ClientWebSocket> ConnectAsync(string path)
    {
        var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("X-Service-AK", _installation.First.FirstRun.AccessKey);
        socket.Options.SetRequestHeader("X-Service-ShaAKSK", _installation.First.FirstRun.RegistryKey);
        await socket.ConnectAsync(new($"{_installation.Proxy.RegistryUrl.Replace("http", "ws", StringComparison.Ordinal)}/v4/default/registry{path}"), Cancellation);
        return socket;
    }

    private static async Task<string> RegisterAsync(HttpClient registry, string name)
    {
        using var response = await registry.PostAsJsonAsync(
            "/v4/default/registry/microservices", new { service = new { appId = "ha", serviceName = name, version = "1.0.0" } }, Cancellation);
        return (await response.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("serviceId").GetString()!;
    }
}
