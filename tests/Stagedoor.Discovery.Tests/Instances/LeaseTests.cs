using System.Net;
using System.Net.Http.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Discovery.Tests.Instances;

public sealed class LeaseTests
{
    private static readonly object s_short = new { mode = "push", interval = 10, times = 2 };

    [Fact]
    [Provokes("400017")]
    public async Task A_silent_instance_goes_when_its_lease_ends_and_not_before()
    {
        await using var engine = await StartAsync();
        var service = await engine.RegisterAsync("shop", "stock");
        var id = await engine.AddInstanceAsync(service, new { healthCheck = s_short });

        engine.App.Clock.Advance(TimeSpan.FromSeconds(28));
        await Task.Delay(700, Engine.Cancellation);
        Assert.Equal([id], await engine.FoundAsync("shop", "stock"));
        engine.App.Clock.Advance(TimeSpan.FromSeconds(3));

        await engine.SeesAsync("the instance is gone", 0, "shop", "stock");
        using var late = await engine.HeartbeatAsync(service, id);
        await late.ShouldFailAsync(400, "400017");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_heartbeat_starts_the_lease_anew(bool asSet)
    {
        await using var engine = await StartAsync();
        var service = await engine.RegisterAsync("shop", "stock");
        var id = await engine.AddInstanceAsync(service, new { healthCheck = s_short });
        await engine.AddInstanceAsync(service, new { instanceId = "silent", healthCheck = s_short });
        for (var i = 0; i < 5; i++)
        {
            engine.App.Clock.Advance(TimeSpan.FromSeconds(20));
            using var beat = asSet
                ? await engine.Client.PutAsJsonAsync($"{Engine.Base}/heartbeats", new { instances = new[] { new { serviceId = service, instanceId = id } } }, Engine.Cancellation)
                : await engine.HeartbeatAsync(service, id);
            Assert.Equal(HttpStatusCode.OK, beat.StatusCode);
        }

        await engine.SeesAsync("the silent one is gone", 1, "shop", "stock");
        Assert.Equal([id], await engine.FoundAsync("shop", "stock"));
    }

    [Fact]
    public async Task Registering_again_is_as_good_as_a_heartbeat()
    {
        await using var engine = await StartAsync();
        var service = await engine.RegisterAsync("shop", "stock");
        var body = new { instanceId = "i1", healthCheck = s_short };
        await engine.AddInstanceAsync(service, body);
        engine.App.Clock.Advance(TimeSpan.FromSeconds(25));

        await engine.AddInstanceAsync(service, body);
        engine.App.Clock.Advance(TimeSpan.FromSeconds(25));
        await Task.Delay(700, Engine.Cancellation);

        Assert.Equal(["i1"], await engine.FoundAsync("shop", "stock"));
    }

    [Fact]
    public async Task Hasty_leases_are_raised_to_the_least()
    {
        await using var engine = await StartAsync(("Discovery:MinHeartbeatInterval", "5"), ("Discovery:MinHeartbeatTimes", "3"));
        var service = await engine.RegisterAsync("shop", "stock");

        var push = await engine.AddInstanceAsync(service, new { instanceId = "push", healthCheck = new { mode = "push", interval = 1, times = 0 } });
        var pull = await engine.AddInstanceAsync(service, new { instanceId = "pull", healthCheck = new { mode = "pull", interval = 1, times = 0, port = 80 } });

        Assert.Equal("""{"mode":"push","interval":5,"times":3}""", await HealthCheckAsync(engine, service, push));
        Assert.Equal("""{"mode":"pull","port":80,"interval":30,"times":3}""", await HealthCheckAsync(engine, service, pull));
    }

    [Fact]
    public async Task After_a_restart_everyone_gets_a_full_lease()
    {
        await using var engine = await StartAsync();
        var service = await engine.RegisterAsync("shop", "stock", more: new { properties = new { a = "b" } });
        var id = await engine.AddInstanceAsync(service, new { healthCheck = s_short, properties = new { c = "d" } });
        using var before = await engine.FindAsync("shop", "stock");
        engine.App.Clock.Advance(TimeSpan.FromSeconds(29));

        await engine.App.RestartAsync();
        engine.App.Clock.Advance(TimeSpan.FromSeconds(28));
        await Task.Delay(700, Engine.Cancellation);

        using var after = await engine.FindAsync("shop", "stock");
        Assert.Equal(await before.Content.ReadAsStringAsync(Engine.Cancellation), await after.Content.ReadAsStringAsync(Engine.Cancellation));
        Assert.Equal(before.Headers.GetValues("X-Resource-Revision"), after.Headers.GetValues("X-Resource-Revision"));
        using var beat = await engine.HeartbeatAsync(service, id);
        Assert.Equal(HttpStatusCode.OK, beat.StatusCode);
        engine.App.Clock.Advance(TimeSpan.FromSeconds(31));
        await engine.SeesAsync("the lease ran out after all", 0, "shop", "stock");
    }

    [Fact]
    public async Task Nearly_all_silent_at_once_is_taken_for_the_network()
    {
        await using var engine = await StartAsync(("Discovery:SelfProtection", "true"));
        var service = await engine.RegisterAsync("shop", "stock");
        await Task.WhenAll(Enumerable.Range(0, 30).Select(i => engine.AddInstanceAsync(service, new { instanceId = $"i{i}", healthCheck = s_short })));

        engine.App.Clock.Advance(TimeSpan.FromSeconds(31));
        await Task.Delay(1_000, Engine.Cancellation);

        Assert.Equal(30, (await engine.FoundAsync("shop", "stock")).Count);
    }

    private static async Task<string> HealthCheckAsync(Engine engine, string service, string instance) =>
        (await engine.GetAsync($"/microservices/{service}/instances/{instance}")).GetProperty("instance").GetProperty("healthCheck").GetRawText();

    private static async Task<ConfiguredEngine> StartAsync(params (string Key, string Value)[] settings)
    {
        var engine = new ConfiguredEngine([("Discovery:SelfProtection", "false"), ("Discovery:MinHeartbeatTimes", "0"), .. settings]);
        await engine.InitializeAsync();
        return engine;
    }
}
