using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Stagedoor.Discovery.Leasing;
using Stagedoor.Discovery.Tests.Watching;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Discovery.Tests.Instances;

public sealed class LeaseTests
{
    private static readonly object s_short = new { mode = "push", interval = 100, times = 2 };

    [Fact]
    [Provokes("400017")]
    public async Task A_silent_instance_goes_when_its_lease_ends_and_not_before()
    {
        await using var engine = await StartAsync();
        var service = await engine.RegisterAsync("shop", "stock");
        var id = await engine.AddInstanceAsync(service, new { healthCheck = s_short });

        await engine.App.PassAsync(280);
        Assert.Equal([id], await engine.FoundAsync("shop", "stock"));
        engine.App.Clock.Advance(TimeSpan.FromSeconds(30));

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
            engine.App.Clock.Advance(TimeSpan.FromSeconds(200));
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
        engine.App.Clock.Advance(TimeSpan.FromSeconds(250));

        await engine.AddInstanceAsync(service, body);
        await engine.App.PassAsync(250);

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
        engine.App.Clock.Advance(TimeSpan.FromSeconds(290));

        await engine.App.RestartAsync();
        await engine.App.PassAsync(280);

        using var after = await engine.FindAsync("shop", "stock");
        Assert.Equal(await before.Content.ReadAsStringAsync(Engine.Cancellation), await after.Content.ReadAsStringAsync(Engine.Cancellation));
        Assert.Equal(before.Headers.GetValues("X-Resource-Revision"), after.Headers.GetValues("X-Resource-Revision"));
        using var beat = await engine.HeartbeatAsync(service, id);
        Assert.Equal(HttpStatusCode.OK, beat.StatusCode);
        engine.App.Clock.Advance(TimeSpan.FromSeconds(310));
        await engine.SeesAsync("the lease ran out after all", 0, "shop", "stock");
    }

    [Fact]
    public async Task Leases_count_from_when_clients_can_come_however_long_the_start_took()
    {
        var slow = new SlowStart();
        await using var app = await StagedoorApp.StartAsync(
            slow.Install, ("Discovery:SelfProtection", "false"), ("Discovery:MinHeartbeatTimes", "0"), ("Gateway:PasswordIterations", "10000"));
        var registry = new RegistryClient(app.Anonymous);
        var service = await registry.RegisterAsync("stock");
        await Task.WhenAll(Enumerable.Range(0, 50).Select(i => registry.RegisterInstanceAsync(service, instanceId: $"i{i}", interval: 100, times: 2)));

        // Longer than the lease, between the reading of the rows and the first request.
        slow.Takes = TimeSpan.FromSeconds(600);
        await app.RestartAsync();
        registry = new(app.Anonymous);
        await app.PassAsync(290);

        Assert.Equal(50, (await registry.FindIdsAsync("stock")).Count);
        await app.PassAsync(20);
        await Eventually.TrueAsync("the leases ran out after all", TimeSpan.FromSeconds(10), async () => (await registry.FindIdsAsync("stock")).Count == 0);
    }

    [Fact]
    [Provokes("503011")]
    public async Task A_process_that_hears_nothing_of_the_others_takes_heartbeats_for_half_a_lease()
    {
        await using var engine = await StartAsync();
        var service = await engine.RegisterAsync("shop", "stock");
        var id = await engine.AddInstanceAsync(service, new { healthCheck = s_short });
        var leases = engine.App.Services.GetRequiredService<Leases>();

        leases.Hears(leases.Now);
        leases.Deafen();
        engine.App.Clock.Advance(TimeSpan.FromSeconds(100));
        using var early = await engine.HeartbeatAsync(service, id);
        engine.App.Clock.Advance(TimeSpan.FromSeconds(60));
        using var late = await engine.HeartbeatAsync(service, id);
        using var many = await engine.Client.PutAsJsonAsync(
            $"{Engine.Base}/heartbeats", new { instances = new[] { new { serviceId = service, instanceId = id } } }, Engine.Cancellation);
        await using var socket = await WatchClient.ConnectAsync(engine, $"/microservices/{service}/instances/{id}/heartbeat");
        var frame = await socket.ReadAsync();
        leases.Hears(leases.Now);
        using var again = await engine.HeartbeatAsync(service, id);

        Assert.Equal(HttpStatusCode.OK, early.StatusCode);
        await late.ShouldFailAsync(503, "503011");
        await many.ShouldFailAsync(503, "503011");
        Assert.Equal((null, WebSocketCloseStatus.EndpointUnavailable), (frame, socket.CloseStatus));
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
    }

    private static async Task<string> HealthCheckAsync(Engine engine, string service, string instance) =>
        (await engine.GetAsync($"/microservices/{service}/instances/{instance}")).GetProperty("instance").GetProperty("healthCheck").GetRawText();

    private static async Task<ConfiguredEngine> StartAsync(params (string Key, string Value)[] settings)
    {
        var engine = new ConfiguredEngine([("Discovery:SelfProtection", "false"), ("Discovery:MinHeartbeatTimes", "0"), .. settings]);
        await engine.InitializeAsync();
        return engine;
    }

    /// <summary>Something that takes its time while the process starts, when the rows have been read.</summary>
    private sealed class SlowStart : IHostedService
    {
        private IServiceProvider _services = null!;

        public TimeSpan Takes { get; set; }

        public void Install(IServiceCollection services) => services.AddHostedService(provider =>
        {
            _services = provider;
            return this;
        });

        public async Task StartAsync(CancellationToken cancellationToken)
        {
            if (Takes > TimeSpan.Zero)
            {
                ((RunningClock)_services.GetRequiredService<TimeProvider>()).Advance(Takes);
                await LeaseClock.SweptAsync(_services);
            }
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
