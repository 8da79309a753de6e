using System.Net;
using System.Net.Http.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Discovery.Tests.Storage;

public sealed class FaultTests
{
    [Fact]
    [Provokes("500011")]
    public async Task With_the_database_away_only_writes_fail_and_it_heals_by_itself()
    {
        await using var engine = await ConfiguredEngine.StartAsync();
        var service = await engine.RegisterAsync("shop", "stock");
        var instance = await engine.AddInstanceAsync(service);
        using (engine.App.Sabotage("discovery").Unreadable("entry"))
        {
            using var register = await engine.Client.PostAsJsonAsync($"{Engine.Base}/microservices", new { service = new { serviceName = "new" } }, Engine.Cancellation);
            using var added = await engine.Client.PostAsJsonAsync($"{Engine.Base}/microservices/{service}/instances", new { instance = new { hostName = "h" } }, Engine.Cancellation);
            using var status = await engine.SendAsync(HttpMethod.Put, $"/microservices/{service}/instances/{instance}/status?value=DOWN");
            using var properties = await engine.SendAsync(HttpMethod.Put, $"/microservices/{service}/properties", """{"properties":{"a":"b"}}""");
            using var delete = await engine.SendAsync(HttpMethod.Delete, $"/microservices/{service}?force=true");
            using var unregister = await engine.SendAsync(HttpMethod.Delete, $"/microservices/{service}/instances/{instance}");

            await register.ShouldFailAsync(500, "500011");
            await added.ShouldFailAsync(500, "500011");
            await status.ShouldFailAsync(500, "500011");
            await properties.ShouldFailAsync(500, "500011");
            await delete.ShouldFailAsync(500, "500011");
            await unregister.ShouldFailAsync(500, "500011");
            Assert.Equal(service, await engine.RegisterAsync("shop", "stock"));
            Assert.Equal([instance], await engine.FoundAsync("shop", "stock"));
            for (var i = 0; i < 20; i++)
            {
                using var beat = await engine.HeartbeatAsync(service, instance);
                Assert.Equal(HttpStatusCode.OK, beat.StatusCode);
            }
        }

        var second = await engine.AddInstanceAsync(service);
        Assert.Equal(2, (await engine.FoundAsync("shop", "stock")).Count);
        await engine.App.RestartAsync();
        Assert.Contains(second, await engine.FoundAsync("shop", "stock"));
    }

    [Fact]
    [Provokes("500011")]
    public async Task Who_asks_for_what_is_stored_hears_that_the_database_is_away()
    {
        await using var engine = await ConfiguredEngine.StartAsync();
        await engine.AddInstanceAsync(await engine.RegisterAsync("shop", "stock"));
        using var before = await engine.FindAsync("shop", "stock", "&noCache=1");
        var revision = before.Headers.GetValues("X-Resource-Revision").Single();

        using var sabotage = engine.App.Sabotage("discovery").Unreadable("head");
        using var stored = await engine.FindAsync("shop", "stock", $"&noCache=1&rev={revision}");
        using var cached = await engine.FindAsync("shop", "stock", $"&rev={revision}");

        Assert.Equal(HttpStatusCode.OK, before.StatusCode);
        await stored.ShouldFailAsync(500, "500011");
        Assert.Equal(HttpStatusCode.NotModified, cached.StatusCode);
    }

    [Fact]
    [Provokes("500003")]
    public async Task A_record_that_cannot_be_decoded_is_set_aside_and_replaced()
    {
        await using var engine = await ConfiguredEngine.StartAsync();
        var damaged = await engine.RegisterAsync("shop", "stock", more: new { serviceId = "damaged" });
        var service = await engine.RegisterAsync("shop", "order");
        await engine.AddInstanceAsync(service, new { instanceId = "broken" });
        engine.App.Sabotage("discovery").Execute(
            "UPDATE entry SET body = 'garbage' WHERE kind = 'service' AND id = 'damaged'; UPDATE entry SET body = '{\"status\":7}' WHERE kind = 'instance' AND id LIKE '% broken'");
        await engine.App.RestartAsync();

        using var show = await engine.SendAsync(HttpMethod.Get, $"/microservices/{damaged}");
        using var instance = await engine.SendAsync(HttpMethod.Get, $"/microservices/{service}/instances/broken");
        var again = await engine.RegisterAsync("shop", "stock", more: new { serviceId = "damaged" });

        await show.ShouldFailAsync(500, "500003");
        await instance.ShouldFailAsync(500, "500003");
        Assert.Equal("stock", (await engine.GetAsync($"/microservices/{again}")).GetProperty("service").GetProperty("serviceName").GetString());
    }

    [Fact]
    public async Task A_dependency_survives_a_restart_although_no_call_waited_for_it()
    {
        await using var engine = await ConfiguredEngine.StartAsync();
        var (provider, consumer) = (await engine.RegisterAsync("shop", "stock"), await engine.RegisterAsync("shop", "order"));
        using (engine.App.Sabotage("discovery").RefuseInsert("entry"))
        {
            await engine.FoundAsync("shop", "stock", consumer: consumer);
            await Eventually.TrueAsync("storing it has failed", TimeSpan.FromSeconds(10), () =>
                engine.App.Log.Lines.Any(static l => l.Message.Contains("registry writes failed", StringComparison.Ordinal)));
        }

        await engine.App.RestartAsync();

        using var delete = await engine.SendAsync(HttpMethod.Delete, $"/microservices/{provider}");
        await delete.ShouldFailAsync(400, "400023");
    }

    [Fact]
    [Provokes("400002")]
    public async Task An_engine_that_does_not_find_itself_says_so()
    {
        await using var engine = await ConfiguredEngine.StartAsync();
        await engine.SeesAsync("the engine is registered", 1, "default", "SERVICECENTER");
        var own = (await engine.GetAsync("/instances?appId=default&serviceName=SERVICECENTER")).GetProperty("instances")[0];
        using var health = await engine.SendAsync(HttpMethod.Get, "/health");
        Assert.Equal(own.GetProperty("instanceId").GetString(), (await Engine.OkAsync(health)).GetProperty("instances")[0].GetProperty("instanceId").GetString());
        Assert.Equal($"rest://127.0.0.1:{new Uri(engine.App.Url).Port}?sslEnabled=false", own.GetProperty("endpoints")[0].GetString());

        using var deleted = await engine.SendAsync(
            HttpMethod.Delete, $"/microservices/{own.GetProperty("serviceId").GetString()}/instances/{own.GetProperty("instanceId").GetString()}");
        using var lost = await engine.SendAsync(HttpMethod.Get, "/health");

        await lost.ShouldFailAsync(400, "400002");
        await engine.SeesAsync("the engine registered itself again", 1, "default", "SERVICECENTER");
    }
}
