using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Discovery.Memory;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Discovery.Tests.Storage;

public sealed class ReplicaTests
{
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task What_one_replica_registers_the_other_knows_at_once()
    {
        await using var replicas = await Replicas.StartAsync();
        using var here = replicas.ClientOf(replicas.First);
        using var there = replicas.ClientOf(replicas.Second);
        var engine = new Engine();
        for (var i = 0; i < 20; i++)
        {
            // No wait in between: a miss asks the database first.
            var service = await engine.RegisterAsync("shop", $"stock{i}", client: here);
            var instance = await engine.AddInstanceAsync(service, client: there);
            using var beat = await engine.HeartbeatAsync(service, instance, here);
            Assert.Equal(HttpStatusCode.OK, beat.StatusCode);
            using var a = await engine.FindAsync("shop", $"stock{i}", client: here);
            using var b = await engine.FindAsync("shop", $"stock{i}", client: there);
            Assert.Equal(a.Headers.GetValues("X-Resource-Revision"), b.Headers.GetValues("X-Resource-Revision"));
            Assert.Equal(await a.Content.ReadAsStringAsync(Engine.Cancellation), await b.Content.ReadAsStringAsync(Engine.Cancellation));
        }
    }

    [Fact]
    public async Task A_change_is_seen_by_the_other_replica_within_a_second()
    {
        await using var replicas = await Replicas.StartAsync();
        using var here = replicas.ClientOf(replicas.First);
        using var there = replicas.ClientOf(replicas.Second);
        var engine = new Engine();
        var service = await engine.RegisterAsync("shop", "stock", client: here);
        await engine.AddInstanceAsync(service, new { instanceId = "i1" }, here);
        await engine.SeesAsync("the other replica knows it", 1, "shop", "stock", there);

        using var deleted = await here.DeleteAsync($"{Engine.Base}/microservices/{service}/instances/i1", Engine.Cancellation);
        var since = Stopwatch.GetTimestamp();
        await Eventually.TrueAsync("the deletion is seen", TimeSpan.FromSeconds(10), async () => (await engine.FoundAsync("shop", "stock", client: there)).Count == 0);

        Assert.True(Stopwatch.GetElapsedTime(since) < s_second * 3, "A deletion that one replica knew took the other more than three seconds.");
    }

    [Fact]
    public async Task Both_replicas_give_one_key_one_id()
    {
        await using var replicas = await Replicas.StartAsync();
        using var here = replicas.ClientOf(replicas.First);
        using var there = replicas.ClientOf(replicas.Second);
        var engine = new Engine();

        var ids = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => engine.RegisterAsync("shop", "stock", client: i % 2 == 0 ? here : there)));

        Assert.Single(ids.Distinct(StringComparer.Ordinal));
    }

    [Fact]
    public async Task What_is_registered_again_at_another_replica_is_what_it_was()
    {
        await using var replicas = await Replicas.StartAsync(("Discovery:WebSocketPingSeconds", "1"));
        using var here = replicas.ClientOf(replicas.First);
        using var there = replicas.ClientOf(replicas.Second);
        var engine = new Engine();
        var provider = await engine.RegisterAsync("shop", "stock", client: here);
        await engine.AddInstanceAsync(provider, new { instanceId = "i1" }, here);
        using var first = await engine.FindAsync("shop", "stock", client: there);
        var revision = first.Headers.GetValues("X-Resource-Revision").Single();

        // A client that holds the ids goes on with them wherever it is sent.
        using var deleted = await here.DeleteAsync($"{Engine.Base}/microservices/{provider}?force=true", Engine.Cancellation);
        Assert.Equal(provider, await engine.RegisterAsync("shop", "stock", client: there));
        Assert.Equal("i1", await engine.AddInstanceAsync(provider, new { instanceId = "i1", endpoints = new[] { "rest://10.0.0.2:8080" } }, there));

        foreach (var client in (HttpClient[])[here, there])
        {
            using var beat = await engine.HeartbeatAsync(provider, "i1", client);
            Assert.Equal(HttpStatusCode.OK, beat.StatusCode);
            await Eventually.TrueAsync("the new address is seen", TimeSpan.FromSeconds(10), async () =>
            {
                using var found = await engine.FindAsync("shop", "stock", $"&rev={revision}", client: client);
                return found.StatusCode is HttpStatusCode.OK
                    && (await found.Content.ReadAsStringAsync(Engine.Cancellation)).Contains("10.0.0.2", StringComparison.Ordinal);
            });
        }
    }

    [Fact]
    public async Task Leases_survive_the_replica_that_heard_the_heartbeats()
    {
        await using var replicas = await Replicas.StartAsync(("Discovery:MinHeartbeatTimes", "0"), ("Discovery:SelfProtection", "false"));
        var here = replicas.ClientOf(replicas.First);
        using var there = replicas.ClientOf(replicas.Second);
        var engine = new Engine();
        var service = await engine.RegisterAsync("shop", "stock", client: here);
        var lease = new { mode = "push", interval = 10, times = 2 };
        await engine.AddInstanceAsync(service, new { instanceId = "alive", healthCheck = lease }, here);
        await engine.AddInstanceAsync(service, new { instanceId = "silent", healthCheck = lease }, here);
        await engine.SeesAsync("the other replica knows them", 2, "shop", "stock", there);

        // Only the first replica hears of the living one; time passes for both.
        var node = replicas.Second.Services.GetRequiredService<Registry>().Tenants
            .SelectMany(t => t.Services.GetValueOrDefault(service)?.Instances.Values ?? []).Single(static i => i.Body.InstanceId is "alive");
        for (var i = 0; i < 3; i++)
        {
            var heard = node.HeardAt;
            replicas.First.Clock.StandStill(TimeSpan.FromSeconds(8));
            replicas.Second.Clock.StandStill(TimeSpan.FromSeconds(8));
            using var beat = await engine.HeartbeatAsync(service, "alive", here);
            Assert.Equal(HttpStatusCode.OK, beat.StatusCode);
            await Eventually.TrueAsync("the other replica is told of the heartbeat", TimeSpan.FromSeconds(10), () => node.HeardAt > heard);
        }

        here.Dispose();
        await replicas.LoseFirstAsync();
        replicas.Second.Clock.StandStill(TimeSpan.FromSeconds(10));
        await Eventually.TrueAsync(
            "the silent one is gone", replicas.Second.Clock, TimeSpan.FromMilliseconds(250), async () => (await engine.FoundAsync("shop", "stock", client: there)) is ["alive"]);
        using var taken = await engine.HeartbeatAsync(service, "alive", there);
        Assert.Equal(HttpStatusCode.OK, taken.StatusCode);
    }

    [Fact]
    public async Task With_the_database_stopped_only_writes_fail_and_afterwards_both_replicas_go_on()
    {
        await using var replicas = await Replicas.StartOnOwnServerAsync();
        using var here = replicas.ClientOf(replicas.First);
        using var there = replicas.ClientOf(replicas.Second);
        var engine = new Engine();
        var service = await engine.RegisterAsync("shop", "stock", client: here);
        var instance = await engine.AddInstanceAsync(service, client: here);
        await engine.SeesAsync("the other replica knows it", 1, "shop", "stock", there);

        // A login of the gateway is looked up in the database every second; the engine's anonymous calls are not for PostgreSQL.
        await replicas.HaltDatabaseAsync();
        using (var register = await here.PostAsJsonAsync($"{Engine.Base}/microservices", new { service = new { serviceName = "new" } }, Engine.Cancellation))
        {
            await register.ShouldFailAsync(500, "500011");
        }

        foreach (var client in (HttpClient[])[here, there])
        {
            using var beat = await engine.HeartbeatAsync(service, instance, client);
            Assert.Equal(HttpStatusCode.OK, beat.StatusCode);
            Assert.Equal([instance], await engine.FoundAsync("shop", "stock", client: client));
        }

        await replicas.ReviveDatabaseAsync();
        string later = "";
        await Eventually.TrueAsync("writes go on", TimeSpan.FromSeconds(20), async () =>
        {
            using var response = await here.PostAsJsonAsync($"{Engine.Base}/microservices", new { service = new { appId = "shop", serviceName = "later" } }, Engine.Cancellation);
            later = response.IsSuccessStatusCode ? (await response.Content.ReadFromJsonAsync<JsonElement>(Engine.Cancellation)).GetProperty("serviceId").GetString()! : "";
            return later.Length > 0;
        });
        await Eventually.TrueAsync("writes go on at the other replica", TimeSpan.FromSeconds(20), async () =>
        {
            using var response = await there.PostAsJsonAsync(
                $"{Engine.Base}/microservices/{later}/instances", new { instance = new { instanceId = "i", hostName = "h" } }, Engine.Cancellation);
            return response.IsSuccessStatusCode;
        });
        await engine.SeesAsync("the other replica's instance is seen", 1, "shop", "later", here);
    }
}
