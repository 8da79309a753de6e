using System.Net.Http.Json;
using Xunit;

namespace Stagedoor.Discovery.Tests.Instances;

/// <summary>Leases of 300 seconds: an instance is silent after 200. So long that it does not matter how long the test itself takes.</summary>
public sealed class SelfProtectionTests
{
    private static readonly object s_usual = new { mode = "push", interval = 100, times = 3 };
    private static readonly object s_short = new { mode = "push", interval = 100, times = 2 };

    [Fact]
    public async Task Heartbeats_spread_over_their_interval_do_not_keep_a_cut_from_being_noticed()
    {
        await using var engine = await StartAsync();
        var service = await engine.RegisterAsync("shop", "stock");
        for (var group = 0; group < 10; group++)
        {
            // Four at a time, ten seconds apart, as those of real clients are.
            await AddAsync(engine, service, Ids(group * 4, 4), healthCheck: s_usual);
            await engine.App.PassAsync(10);
        }

        // The network is cut: the leases end one after the other, from 300 seconds from now on.
        for (var second = 0; second < 420; second += 60)
        {
            await engine.App.PassAsync(60);
            Assert.Equal(40, (await engine.FoundAsync("shop", "stock")).Count);
        }

        Assert.Equal(["default/default"], await AlarmsAsync(engine));
        await BeatAsync(engine, service, Ids(0, 40));
        await engine.App.PassAsync(250);
        Assert.Equal(40, (await engine.FoundAsync("shop", "stock")).Count);
    }

    [Fact]
    public async Task A_group_that_was_scaled_to_nothing_goes_after_one_lease_more()
    {
        await using var engine = await StartAsync();
        var service = await engine.RegisterAsync("shop", "stock");
        await AddAsync(engine, service, Ids(0, 30));

        await engine.App.PassAsync(310);
        var kept = (await engine.FoundAsync("shop", "stock")).Count;
        await engine.App.PassAsync(280);
        var still = (await engine.FoundAsync("shop", "stock")).Count;
        await engine.App.PassAsync(30);

        Assert.Equal((30, 30), (kept, still));
        await engine.SeesAsync("all are gone", 0, "shop", "stock");
    }

    [Fact]
    public async Task Staggered_ends_are_kept_together_and_go_together()
    {
        await using var engine = await StartAsync();
        var service = await engine.RegisterAsync("shop", "stock");

        // Leases of 300 and of 400 seconds.
        for (var i = 0; i < 30; i++)
        {
            await engine.AddInstanceAsync(service, new { instanceId = $"i{i}", healthCheck = new { mode = "push", interval = 100, times = 2 + (i % 2) } });
        }

        await engine.App.PassAsync(310);
        await engine.App.PassAsync(100);
        Assert.Equal(30, (await engine.FoundAsync("shop", "stock")).Count);
        await engine.App.PassAsync(210);
        await engine.SeesAsync("those of the shorter leases are gone", 15, "shop", "stock");
        await engine.App.PassAsync(110);
        await engine.SeesAsync("all are gone", 0, "shop", "stock");
    }

    [Fact]
    public async Task Who_is_heard_of_again_is_as_before_and_the_rest_goes()
    {
        await using var engine = await StartAsync();
        var service = await engine.RegisterAsync("shop", "stock");
        await AddAsync(engine, service, Ids(0, 40));
        await engine.App.PassAsync(310);

        await BeatAsync(engine, service, Ids(0, 10));
        await engine.App.PassAsync(200);
        await BeatAsync(engine, service, Ids(0, 10));
        await engine.App.PassAsync(110);

        await engine.SeesAsync("only those that were heard of are left", 10, "shop", "stock");
    }

    [Fact]
    public async Task It_protects_again_only_when_half_were_heard_of_in_between()
    {
        await using var engine = await StartAsync();
        var service = await engine.RegisterAsync("shop", "stock");
        await AddAsync(engine, service, Ids(0, 40));
        await engine.App.PassAsync(310);

        // All come back; that ends the outage.
        await BeatAsync(engine, service, Ids(0, 40));
        await engine.App.PassAsync(20);
        await engine.App.PassAsync(290);
        Assert.Equal(40, (await engine.FoundAsync("shop", "stock")).Count);

        // A few come back; that does not.
        await BeatAsync(engine, service, Ids(0, 15));
        await engine.App.PassAsync(150);
        await BeatAsync(engine, service, Ids(0, 15));
        await engine.App.PassAsync(160);
        await engine.SeesAsync("the others are gone", 15, "shop", "stock");
    }

    [Fact]
    public async Task Half_of_them_silent_is_no_reason()
    {
        await using var engine = await StartAsync();
        var service = await engine.RegisterAsync("shop", "stock");
        await AddAsync(engine, service, Ids(0, 40));

        await engine.App.PassAsync(200);
        await BeatAsync(engine, service, Ids(0, 20));
        await engine.App.PassAsync(110);

        await engine.SeesAsync("the silent are gone", 20, "shop", "stock");
        Assert.Empty(await AlarmsAsync(engine));
    }

    [Fact]
    public async Task Fewer_than_twenty_are_not_protected()
    {
        await using var engine = await StartAsync();
        var service = await engine.RegisterAsync("shop", "stock");
        await AddAsync(engine, service, Ids(0, 19));

        await engine.App.PassAsync(310);

        await engine.SeesAsync("all are gone", 0, "shop", "stock");
    }

    [Fact]
    public async Task Tenants_are_protected_each_for_itself_and_each_has_its_alarm()
    {
        await using var engine = await StartAsync();
        string[] tenants = ["silent", "lively", "mute"];
        var clients = tenants.ToDictionary(static t => t, t => ClientOf(engine, t), StringComparer.Ordinal);
        var services = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var tenant in tenants)
        {
            services[tenant] = await engine.RegisterAsync("shop", "stock", client: clients[tenant]);
            await AddAsync(engine, services[tenant], Ids(0, 20), clients[tenant]);
        }

        await engine.App.PassAsync(200);
        await BeatAsync(engine, services["lively"], Ids(0, 15), clients["lively"]);
        await engine.App.PassAsync(110);

        Assert.Equal(20, (await engine.FoundAsync("shop", "stock", client: clients["silent"])).Count);
        Assert.Equal(20, (await engine.FoundAsync("shop", "stock", client: clients["mute"])).Count);
        await engine.SeesAsync("the silent of the lively are gone", 15, "shop", "stock", clients["lively"]);
        Assert.Equal(["mute/default", "silent/default"], await AlarmsAsync(engine));
        clients.Values.ToList().ForEach(static c => c.Dispose());
    }

    [Fact]
    public async Task After_a_restart_those_that_stay_away_are_kept_once_and_go()
    {
        await using var engine = await StartAsync();
        var service = await engine.RegisterAsync("shop", "stock");
        await AddAsync(engine, service, Ids(0, 100));
        await engine.App.PassAsync(150);

        await engine.App.RestartAsync();
        await engine.App.PassAsync(290);
        Assert.Equal(100, (await engine.FoundAsync("shop", "stock")).Count);
        await engine.App.PassAsync(20);
        await BeatAsync(engine, service, Ids(0, 3));
        await engine.App.PassAsync(150);
        await BeatAsync(engine, service, Ids(0, 3));
        Assert.Equal(100, (await engine.FoundAsync("shop", "stock")).Count);
        await engine.App.PassAsync(160);

        await engine.SeesAsync("only those that came back are left", 3, "shop", "stock");
    }

    [Fact]
    public async Task A_clock_that_was_turned_far_ahead_costs_nobody_that_goes_on()
    {
        await using var engine = await StartAsync();
        var service = await engine.RegisterAsync("shop", "stock");
        await AddAsync(engine, service, Ids(0, 30));

        engine.App.Clock.StandStill(TimeSpan.FromDays(1));
        await engine.App.SweptAsync();
        await BeatAsync(engine, service, Ids(0, 28));
        Assert.Equal(30, (await engine.FoundAsync("shop", "stock")).Count);
        await engine.App.PassAsync(200);
        await BeatAsync(engine, service, Ids(0, 28));
        await engine.App.PassAsync(110);

        await engine.SeesAsync("those that went on are left", 28, "shop", "stock");
    }

    private static IEnumerable<string> Ids(int from, int count) => Enumerable.Range(from, count).Select(static i => $"i{i}");

    private static OutgoingClient ClientOf(Engine engine, string tenant)
    {
        var client = new OutgoingClient { BaseAddress = new(engine.App.Url) };
        client.DefaultRequestHeaders.Add("X-Domain-Name", tenant);
        return client;
    }

    private static Task<string[]> AddAsync(Engine engine, string service, IEnumerable<string> ids, HttpClient? client = null, object? healthCheck = null) =>
        Task.WhenAll(ids.Select(id => engine.AddInstanceAsync(service, new { instanceId = id, healthCheck = healthCheck ?? s_short }, client)));

    private static async Task BeatAsync(Engine engine, string service, IEnumerable<string> ids, HttpClient? client = null)
    {
        using var response = await (client ?? engine.Client).PutAsJsonAsync(
            $"{Engine.Base}/heartbeats", new { instances = ids.Select(id => new { serviceId = service, instanceId = id }) }, Engine.Cancellation);
        Assert.DoesNotContain("errMessage", (await Engine.OkAsync(response)).GetRawText(), StringComparison.Ordinal);
    }

    private static async Task<IReadOnlyList<string>> AlarmsAsync(Engine engine)
    {
        using var response = await engine.Client.GetAsync("/v4/default/admin/alarms", Engine.Cancellation);
        return [.. (await Engine.OkAsync(response)).GetProperty("alarms").EnumerateArray().Select(static a => a.GetProperty("tenant").GetString()!)];
    }

    private static Task<ConfiguredEngine> StartAsync() => ConfiguredEngine.StartAsync(("Discovery:MinHeartbeatTimes", "0"), ("Gateway:RequestsPerSecond", "0"));
}
