using System.Net.WebSockets;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Discovery.Memory;
using Stagedoor.Http.Tenants;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Discovery.Tests.Watching;

public sealed class WatchTests(WatchTests.Fixture engine) : IClassFixture<WatchTests.Fixture>
{
    private static readonly TimeSpan s_step = TimeSpan.FromMilliseconds(500);

    [Fact]
    public async Task A_consumer_hears_of_everything_that_happens_to_its_providers()
    {
        var (app, provider, consumer) = await PairAsync();
        await using var watch = await WatchClient.ConnectAsync(engine, $"/microservices/{consumer}/watcher");

        await engine.AddInstanceAsync(provider, new { instanceId = "i1" });
        var (created, body) = await watch.ReadEventAsync();
        using var down = await engine.SendAsync(HttpMethod.Put, $"/microservices/{provider}/instances/i1/status?value=DOWN");
        var (updated, _) = await watch.ReadEventAsync();
        using var properties = await engine.SendAsync(HttpMethod.Put, $"/microservices/{provider}/instances/i1/properties", """{"properties":{"a":"b"}}""");
        var (again, changed) = await watch.ReadEventAsync();
        using var deleted = await engine.SendAsync(HttpMethod.Delete, $"/microservices/{provider}/instances/i1");
        var (gone, last) = await watch.ReadEventAsync();

        Assert.Equal(("CREATE", "UPDATE", "UPDATE", "DELETE"), (created, updated, again, gone));
        Assert.Equal($$"""{"tenant":"default/default","appId":"{{app}}","serviceName":"stock","version":"1.0.0"}""", body.GetProperty("key").GetRawText());
        Assert.Equal("b", changed.GetProperty("instance").GetProperty("properties").GetProperty("a").GetString());
        Assert.Equal("DOWN", last.GetProperty("instance").GetProperty("status").GetString());
    }

    [Fact]
    public async Task The_end_of_a_lease_is_a_deletion()
    {
        var (_, provider, consumer) = await PairAsync();
        await using var watch = await WatchClient.ConnectAsync(engine, $"/microservices/{consumer}/watcher");
        await engine.AddInstanceAsync(provider, new { instanceId = "i1", healthCheck = new { mode = "push", interval = 1, times = 0 } });
        await watch.ReadEventAsync();

        var (action, _) = await AfterAWhileAsync(watch.ReadEventAsync());

        Assert.Equal("DELETE", action);
    }

    [Fact]
    public async Task Nobody_hears_of_strangers()
    {
        var (app, provider, consumer) = await PairAsync();
        var stranger = await engine.RegisterAsync(app, "stranger");
        await using var watch = await WatchClient.ConnectAsync(engine, $"/microservices/{consumer}/watcher");

        await engine.AddInstanceAsync(stranger);
        await engine.AddInstanceAsync(provider, new { instanceId = "mine" });
        var (_, body) = await watch.ReadEventAsync();

        Assert.Equal("mine", body.GetProperty("instance").GetProperty("instanceId").GetString());
    }

    [Fact]
    public async Task An_unknown_consumer_reads_the_words_that_Go_clients_look_for_after_a_pause()
    {
        // They connect again at once: without the pause one lost consumer would make more than a thousand connections in a second.
        var since = engine.App.Clock.GetTimestamp();
        await using var watch = await WatchClient.ConnectAsync(engine, "/microservices/none/watcher");

        Assert.Equal("service does not exist", await AfterAWhileAsync(watch.ReadAsync()));
        Assert.True(engine.App.Clock.GetElapsedTime(since) > TimeSpan.FromSeconds(4.9), "The refusal came without a pause.");
        Assert.Null(await watch.ReadAsync());
    }

    [Fact]
    public async Task Who_leaves_during_the_pause_is_not_waited_for()
    {
        var watch = await WatchClient.ConnectAsync(engine, "/microservices/none/watcher");

        watch.Kill();

        // Nothing is to be seen of it: the connection's own request ends, and the next one is served.
        await watch.DisposeAsync();
        await using var next = await WatchClient.ConnectAsync(engine, "/microservices/none/watcher");
        Assert.Equal("service does not exist", await AfterAWhileAsync(next.ReadAsync()));
    }

    [Fact]
    public async Task A_consumer_that_is_registered_during_the_pause_is_watched_for()
    {
        var app = engine.NewName();
        var (provider, consumer) = (await engine.RegisterAsync(app, "stock"), await engine.RegisterAsync(app, "order"));
        using var deleted = await engine.SendAsync(HttpMethod.Delete, $"/microservices/{consumer}");
        await using var watch = await WatchClient.ConnectAsync(engine, $"/microservices/{consumer}/watcher");
        await using var other = await WatchClient.ConnectAsync(engine, "/microservices/none/watcher");

        Assert.Equal(consumer, await engine.RegisterAsync(app, "order"));
        await engine.FoundAsync(app, "stock", consumer: consumer);
        Assert.Equal("service does not exist", await AfterAWhileAsync(other.ReadAsync()));
        await Eventually.TrueAsync("the watcher is there", TimeSpan.FromSeconds(10), async () =>
        {
            await engine.AddInstanceAsync(provider);
            return engine.App.Services.GetRequiredService<Stagedoor.Discovery.Watching.WatchHub>().Count > 0;
        });
        await engine.AddInstanceAsync(provider, new { instanceId = "last" });

        var (action, _) = await watch.ReadEventAsync();
        Assert.Equal("CREATE", action);
    }

    [Fact]
    public async Task A_watch_lives_through_the_deletion_of_its_consumer_when_it_is_registered_again()
    {
        var (app, provider, consumer) = await PairAsync();
        var clock = await engine.RegisterAsync(app, "clock");
        await using var watch = await WatchClient.ConnectAsync(engine, $"/microservices/{consumer}/watcher");

        using var deleted = await engine.SendAsync(HttpMethod.Delete, $"/microservices/{consumer}");
        Assert.Equal(consumer, await engine.RegisterAsync(app, "order"));
        await using var ticking = await WatchClient.ConnectAsync(engine, $"/microservices/{clock}/watcher");
        using var gone = await engine.SendAsync(HttpMethod.Delete, $"/microservices/{clock}");

        // That one is found out at the first look, which the other has had by then.
        Assert.Equal("service does not exist", await ticking.ReadAsync());
        await engine.FoundAsync(app, "stock", consumer: consumer);
        await engine.AddInstanceAsync(provider);
        Assert.Equal("CREATE", (await watch.ReadEventAsync()).Action);
    }

    [Fact]
    public async Task A_consumer_that_is_deleted_is_told_so()
    {
        var consumer = await engine.RegisterAsync(engine.NewName(), "order");
        await using var watch = await WatchClient.ConnectAsync(engine, $"/microservices/{consumer}/watcher");

        using var deleted = await engine.SendAsync(HttpMethod.Delete, $"/microservices/{consumer}");

        Assert.Equal("service does not exist", await watch.ReadAsync());
        Assert.Null(await watch.ReadAsync());
    }

    [Fact]
    [Provokes("400001")]
    public async Task Without_an_upgrade_there_is_nothing_to_see()
    {
        var consumer = await engine.RegisterAsync(engine.NewName(), "order");

        using var watcher = await engine.SendAsync(HttpMethod.Get, $"/microservices/{consumer}/watcher");
        using var heartbeat = await engine.SendAsync(HttpMethod.Get, $"/microservices/{consumer}/instances/i/heartbeat");

        await watcher.ShouldFailAsync(400, "400001");
        await heartbeat.ShouldFailAsync(400, "400001");
    }

    [Theory]
    [InlineData("watcher", WebSocketMessageType.Text, 65)]
    [InlineData("watcher", WebSocketMessageType.Text, 200_000)]
    [InlineData("watcher", WebSocketMessageType.Binary, 200_000)]
    [InlineData("heartbeat", WebSocketMessageType.Text, 200_000)]
    [InlineData("heartbeat", WebSocketMessageType.Binary, 65)]
    public async Task Who_is_shown_out_hears_why(string kind, WebSocketMessageType type, int length)
    {
        var (_, provider, consumer) = await PairAsync();
        var instance = await engine.AddInstanceAsync(provider);
        await using var chatty = await WatchClient.ConnectAsync(
            engine, kind is "watcher" ? $"/microservices/{consumer}/watcher" : $"/microservices/{provider}/instances/{instance}/heartbeat");

        await chatty.SendAsync(new string('x', length), type);

        while (await chatty.ReadAsync() is not null)
        {
            // What it was told before.
        }

        Assert.Equal(WebSocketCloseStatus.MessageTooBig, chatty.CloseStatus);
    }

    [Fact]
    public async Task What_is_no_text_is_ignored_too()
    {
        var (_, provider, consumer) = await PairAsync();
        await using var watch = await WatchClient.ConnectAsync(engine, $"/microservices/{consumer}/watcher");

        await watch.SendAsync(new string('x', 64), WebSocketMessageType.Binary);

        await engine.AddInstanceAsync(provider);
        Assert.NotNull(await watch.ReadAsync());
    }

    [Fact]
    public async Task Who_has_too_much_to_say_is_shown_out()
    {
        var (_, _, consumer) = await PairAsync();
        await using var polite = await WatchClient.ConnectAsync(engine, $"/microservices/{consumer}/watcher");
        await using var chatty = await WatchClient.ConnectAsync(engine, $"/microservices/{consumer}/watcher");

        await polite.SendAsync(new string('x', 64));
        await chatty.SendAsync(new string('x', 65));

        Assert.Null(await chatty.ReadAsync());
        await engine.RegisterAsync(engine.NewName(), "later");
        Assert.Null(polite.CloseStatus);
    }

    [Fact]
    public async Task A_stopping_engine_ends_a_watch_with_an_error_upon_which_all_clients_come_back()
    {
        await using var own = await ConfiguredEngine.StartAsync();
        var consumer = await own.RegisterAsync("shop", "order");
        await using var watch = await WatchClient.ConnectAsync(own, $"/microservices/{consumer}/watcher");

        var restart = own.App.RestartAsync();

        // A text that is none: an error, where a connection that is merely lost would be a close to Java clients.
        var error = await Assert.ThrowsAsync<WebSocketException>(watch.ReadAsync);
        Assert.Equal(WebSocketError.Faulted, error.WebSocketErrorCode);
        await restart;
    }

    [Fact]
    public async Task A_thousand_watchers_hear_of_one_event()
    {
        var (_, provider, consumer) = await PairAsync();
        var watchers = await Task.WhenAll(Enumerable.Range(0, 1_000).Select(_ => WatchClient.ConnectAsync(engine, $"/microservices/{consumer}/watcher")));
        try
        {
            await engine.AddInstanceAsync(provider);

            var events = await Task.WhenAll(watchers.Select(static w => w.ReadEventAsync()));
            Assert.All(events, static e => Assert.Equal("CREATE", e.Action));
        }
        finally
        {
            foreach (var watcher in watchers)
            {
                await watcher.DisposeAsync();
            }
        }
    }

    [Fact]
    public async Task What_is_registered_and_who_watches_is_measured()
    {
        await using var own = await ConfiguredEngine.StartAsync();
        await own.SeesAsync("the engine is registered", 1, "default", "CseMonitoring");
        var consumer = await own.RegisterAsync("shop", "order");
        await own.AddInstanceAsync(consumer);
        await using var watch = await WatchClient.ConnectAsync(own, $"/microservices/{consumer}/watcher");

        await Eventually.TrueAsync("the watcher is counted", TimeSpan.FromSeconds(10), async () =>
            (await own.Client.GetStringAsync("/metrics", Engine.Cancellation)).Contains("stagedoor_registry_watchers 1", StringComparison.Ordinal));
        var metrics = await own.Client.GetStringAsync("/metrics", Engine.Cancellation);
        Assert.Contains("stagedoor_registry_microservices 3", metrics, StringComparison.Ordinal);
        Assert.Contains("stagedoor_registry_instances 3", metrics, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_socket_keeps_an_instance_alive_as_long_as_it_lives()
    {
        var (app, provider, _) = await PairAsync();
        await engine.AddInstanceAsync(provider, new { instanceId = "i1", healthCheck = new { mode = "push", interval = 1, times = 0 } });
        var socket = await WatchClient.ConnectAsync(engine, $"/microservices/{provider}/instances/i1/heartbeat");

        var node = engine.App.Services.GetRequiredService<Registry>().FindInstance(Tenant.Default, provider, "i1")!;
        var first = node.HeardAt;
        await Eventually.TrueAsync(
            "it was heard of for several of its leases", TimeSpan.FromSeconds(90), () => node.HeardAt - first >= 4 * node.LeaseMilliseconds);
        Assert.Equal(["i1"], await engine.FoundAsync(app, "stock"));
        socket.Kill();

        await Eventually.TrueAsync(
            "the lease of the killed socket runs out", engine.App.Clock, s_step, async () => (await engine.FoundAsync(app, "stock")).Count == 0);
        await socket.DisposeAsync();
    }

    [Fact]
    public async Task A_heartbeat_socket_of_nobody_is_closed_with_4001()
    {
        var (_, provider, _) = await PairAsync();
        var since = engine.App.Clock.GetTimestamp();
        await using var unknown = await WatchClient.ConnectAsync(engine, $"/microservices/{provider}/instances/none/heartbeat");
        await engine.AddInstanceAsync(provider, new { instanceId = "i1" });
        await using var known = await WatchClient.ConnectAsync(engine, $"/microservices/{provider}/instances/i1/heartbeat");

        using var deleted = await engine.SendAsync(HttpMethod.Delete, $"/microservices/{provider}/instances/i1");

        // Who was alive hears of it at once, who never was after a pause: clients whose registration fails come back at once each time.
        Assert.Null(await known.ReadAsync());
        Assert.Equal(4001, (int)known.CloseStatus!);
        Assert.Null(await AfterAWhileAsync(unknown.ReadAsync()));
        Assert.Equal(4001, (int)unknown.CloseStatus!);
        Assert.True(engine.App.Clock.GetElapsedTime(since) > TimeSpan.FromSeconds(4.9), "The refusal came without a pause.");
    }

    /// <summary>What the engine does after a while, without the while.</summary>
    private async Task<T> AfterAWhileAsync<T>(Task<T> done)
    {
        await Eventually.TrueAsync("the engine does it", engine.App.Clock, s_step, () => done.IsCompleted);
        return await done;
    }

    /// <summary>A provider and a consumer that has found it.</summary>
    private async Task<(string App, string Provider, string Consumer)> PairAsync()
    {
        var app = engine.NewName();
        var (provider, consumer) = (await engine.RegisterAsync(app, "stock"), await engine.RegisterAsync(app, "order"));
        await engine.FoundAsync(app, "stock", consumer: consumer);
        return (app, provider, consumer);
    }

    public sealed class Fixture : Engine
    {
        protected override IEnumerable<(string Key, string Value)> Settings =>
            [("Discovery:WebSocketPingSeconds", "1"), ("Discovery:MinHeartbeatInterval", "1"), ("Discovery:MinHeartbeatTimes", "0")];
    }
}
