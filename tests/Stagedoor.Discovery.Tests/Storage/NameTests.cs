using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Discovery.Leasing;
using Stagedoor.Discovery.Log;
using Stagedoor.Discovery.Memory;
using Stagedoor.Discovery.Relations;
using Stagedoor.Discovery.Tests.Watching;
using Xunit;

namespace Stagedoor.Discovery.Tests.Storage;

/// <summary>Callers choose names; memory must not grow with those that nothing is registered under.</summary>
public sealed class NameTests
{
    private const int Many = 200;

    [Fact]
    public async Task Invented_names_leave_memory()
    {
        await using var engine = await ConfiguredEngine.StartAsync(("Gateway:RequestsPerSecond", "0"));
        await engine.SeesAsync("the engine is registered", 1, "default", "CseMonitoring");
        var registry = engine.App.Services.GetRequiredService<Registry>();
        var consumer = await engine.RegisterAsync("shop", "order");
        await TidyAsync(engine);
        var before = Names(registry);
        for (var i = 0; i < Many; i++)
        {
            using var client = new OutgoingClient { BaseAddress = new(engine.App.Url) };
            client.DefaultRequestHeaders.Add("X-Domain-Name", $"invented-{i % 50}");
            using var found = await engine.FindAsync("invented", $"name-{i}", client: client);
            var service = await engine.RegisterAsync("invented", $"name-{i}", more: new { alias = $"alias-{i}" }, client: client);
            using var deleted = await client.DeleteAsync($"{Engine.Base}/microservices/{service}?force=true", Engine.Cancellation);
        }

        await DependAsync(engine, Enumerable.Range(0, 100).Select(static i => $"never-{i}"));
        await DependAsync(engine, []);
        var during = Names(registry);
        await TidyAsync(engine);

        Assert.True(during > before + Many, "The names were never in memory, and the test shows nothing.");
        Assert.Equal(before, Names(registry));
        Assert.Empty(registry.FindTenant("default/default")!.Services[consumer].Edges);
    }

    [Fact]
    public async Task A_name_that_was_forgotten_can_be_taken_and_watched_again()
    {
        await using var engine = await ConfiguredEngine.StartAsync();
        var consumer = await engine.RegisterAsync("shop", "order");
        var first = await engine.RegisterAsync("shop", "stock");
        using var deleted = await engine.SendAsync(HttpMethod.Delete, $"/microservices/{first}?force=true");
        await TidyAsync(engine);

        var second = await engine.RegisterAsync("shop", "stock");
        await engine.AddInstanceAsync(second, new { instanceId = "i1" });
        Assert.Equal(["i1"], await engine.FoundAsync("shop", "stock", consumer: consumer));
        await using var watch = await WatchClient.ConnectAsync(engine, $"/microservices/{consumer}/watcher");
        await engine.AddInstanceAsync(second, new { instanceId = "i2" });

        Assert.Equal("CREATE", (await watch.ReadEventAsync()).Action);
    }

    [Fact]
    public async Task A_name_that_somebody_depends_on_stays()
    {
        await using var engine = await ConfiguredEngine.StartAsync();
        var consumer = await engine.RegisterAsync("shop", "order");
        await DependAsync(engine, ["later"]);
        await TidyAsync(engine);
        await using var watch = await WatchClient.ConnectAsync(engine, $"/microservices/{consumer}/watcher");

        await engine.AddInstanceAsync(await engine.RegisterAsync("shop", "later"), new { instanceId = "i1" });

        Assert.Equal("CREATE", (await watch.ReadEventAsync()).Action);
    }

    [Fact]
    public async Task Versions_without_number_become_one_dependency()
    {
        await using var engine = await ConfiguredEngine.StartAsync(("Gateway:RequestsPerSecond", "0"));
        var consumer = await engine.RegisterAsync("shop", "order");
        var provider = await engine.RegisterAsync("shop", "stock");
        for (var i = 0; i < Dependencies.MaxEdges + 50; i++)
        {
            using var found = await engine.FindAsync("shop", "stock", $"&version=0.{i}%2B", consumer);
        }

        var edges = engine.App.Services.GetRequiredService<Registry>().FindTenant("default/default")!.Services[consumer].Edges;
        Assert.InRange(edges.Count, 1, Dependencies.MaxEdges + 1);
        using var refused = await engine.SendAsync(HttpMethod.Delete, $"/microservices/{provider}");
        Assert.Contains("400023", await refused.Content.ReadAsStringAsync(Engine.Cancellation), StringComparison.Ordinal);
    }

    private static int Names(Registry registry) => registry.Tenants.Sum(static t => 1 + t.Providers.Count + t.Aliases.Count);

    // Idle once, and still idle when nobody can be waiting any more.
    private static async Task TidyAsync(Engine engine)
    {
        var (writer, leases) = (engine.App.Services.GetRequiredService<RegistryWriter>(), engine.App.Services.GetRequiredService<Leases>());
        await writer.TidyAsync(leases.Now);
        engine.App.Clock.Advance(TimeSpan.FromSeconds(61));
        await writer.TidyAsync(leases.Now);
    }

    private static async Task DependAsync(Engine engine, IEnumerable<string> providers)
    {
        var registry = new RegistryClient(engine.Client);
        await registry.CallAsync(HttpMethod.Put, "/dependencies", new
        {
            dependencies = new[]
            {
                new
                {
                    consumer = new { appId = "shop", serviceName = "order", version = "1.0.0" },
                    providers = providers.Select(static name => new { appId = "shop", serviceName = name, version = "0+" }),
                },
            },
        });
    }
}
