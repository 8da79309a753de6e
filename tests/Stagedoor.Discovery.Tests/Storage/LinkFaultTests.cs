using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Discovery.Memory;
using Stagedoor.Discovery.Tests.Instances;
using Stagedoor.Discovery.Watching;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Discovery.Tests.Storage;

/// <summary>Faults of the link between a replica and the database. Leases last 300 seconds: it does not matter how long the test itself takes.</summary>
public sealed class LinkFaultTests
{
    private const int Instances = 5;
    private static readonly object s_usual = new { mode = "push", interval = 100, times = 2 };
    private static readonly object s_short = new { mode = "push", interval = 20, times = 2 };
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_soon = TimeSpan.FromSeconds(1.5);
    private static readonly Engine s_engine = new();

    [Theory]
    [InlineData("cut")]
    [InlineData("refused")]
    [InlineData("silent")]
    [InlineData("forgotten")]
    [InlineData("deaf")]
    [InlineData("slow")]
    public async Task Instances_that_beat_at_one_replica_stay_whatever_happens_to_the_link_of_the_other(string fault)
    {
        await using var replicas = await LinkedReplicas.StartAsync(("Discovery:SelfProtection", "false"));
        var service = await RegisterAsync(replicas);

        Break(replicas.SecondLink, fault);
        for (var i = 0; i < 8; i++)
        {
            replicas.StandStill(50);
            await BeatAsync(service, replicas.FirstClient);
            await LinkedReplicas.HearsAsync(replicas.First);
            Assert.Equal(Instances, (await s_engine.FoundAsync("shop", "stock", client: replicas.FirstClient)).Count);
        }

        replicas.SecondLink.Mend();
        await LinkedReplicas.HearsAsync(replicas.Second);
        await LeaseClock.SweptAsync(replicas.Second);
        await LinkedReplicas.HearsAsync(replicas.First);
        Assert.Equal(Instances, (await s_engine.FoundAsync("shop", "stock", client: replicas.FirstClient)).Count);

        // Its other connections may still be dead, and callers unknown until that is found out.
        await Eventually.TrueAsync("it knows its callers", s_patience, async () =>
        {
            using var found = await s_engine.FindAsync("shop", "stock", client: replicas.SecondClient);
            return found.StatusCode is HttpStatusCode.OK;
        });
        Assert.Equal(Instances, (await s_engine.FoundAsync("shop", "stock", client: replicas.SecondClient)).Count);
        await BeatAsync(service, replicas.SecondClient);

        // And silence that is heard ends leases as ever.
        replicas.StandStill(400);
        await s_engine.SeesAsync("the silent are gone", 0, "shop", "stock", replicas.FirstClient);
        await s_engine.SeesAsync("the other replica knows it", 0, "shop", "stock", replicas.SecondClient);
    }

    [Fact]
    public async Task A_replica_that_stood_still_reads_its_news_before_it_removes_anything()
    {
        await using var replicas = await LinkedReplicas.StartAsync(("Discovery:SelfProtection", "false"));
        var service = await RegisterAsync(replicas);

        // Nothing is lost: it waits on the connection, as for a process that was stopped.
        replicas.SecondLink.Silence();
        replicas.First.Clock.StandStill(TimeSpan.FromSeconds(200));
        await BeatAsync(service, replicas.FirstClient);
        await LinkedReplicas.HearsAsync(replicas.First);
        replicas.Second.Clock.StandStill(TimeSpan.FromSeconds(1000));
        replicas.SecondLink.Mend();
        await LinkedReplicas.HearsAsync(replicas.Second);
        await LeaseClock.SweptAsync(replicas.Second);

        await LinkedReplicas.HearsAsync(replicas.First);
        Assert.Equal(Instances, (await s_engine.FoundAsync("shop", "stock", client: replicas.FirstClient)).Count);
        Assert.Equal(Instances, (await s_engine.FoundAsync("shop", "stock", client: replicas.SecondClient)).Count);
    }

    [Fact]
    public async Task A_replica_that_is_cut_off_answers_at_once_and_after_half_a_lease_takes_no_heartbeat()
    {
        await using var replicas = await LinkedReplicas.StartAsync(("Discovery:SelfProtection", "false"));

        // Known credentials last a minute without the directory, so the leases are shorter here.
        var service = await RegisterAsync(replicas, s_short);
        var there = replicas.SecondClient;
        await s_engine.FoundAsync("shop", "stock", client: there);

        // Whoever comes first may wait to find it out.
        replicas.SecondLink.Silence();
        await BeatAsync(service, there);
        using (await RegisterAsync(there, "first"))
        {
            await BeatAsync(service, there);
        }

        for (var i = 0; i < 5; i++)
        {
            await SoonAsync(() => BeatAsync(service, there));
            await SoonAsync(() => s_engine.FoundAsync("shop", "stock", client: there));
            await SoonAsync(async () =>
            {
                using var unknown = await s_engine.HeartbeatAsync(service, "unknown", there);
                await unknown.ShouldFailAsync(503, "503011");
            });
            await SoonAsync(async () =>
            {
                using var write = await RegisterAsync(there, $"new{i}");
                await write.ShouldFailAsync(500, "500011");
            });
            await SoonAsync(async () =>
            {
                using var stored = await s_engine.FindAsync("shop", "stock", "&noCache=1", client: there);
                await stored.ShouldFailAsync(500, "500011");
            });
        }

        replicas.Second.Clock.StandStill(TimeSpan.FromSeconds(29));
        await Eventually.TrueAsync("heartbeats are refused", s_patience, async () =>
        {
            using var beat = await s_engine.HeartbeatAsync(service, "i0", there);
            return beat.StatusCode is HttpStatusCode.ServiceUnavailable;
        });
        await SoonAsync(async () =>
        {
            using var one = await s_engine.HeartbeatAsync(service, "i0", there);
            await one.ShouldFailAsync(503, "503011");
        });
        await SoonAsync(async () =>
        {
            using var many = await there.PutAsJsonAsync(
                $"{Engine.Base}/heartbeats", new { instances = new[] { new { serviceId = service, instanceId = "i0" } } }, Engine.Cancellation);
            await many.ShouldFailAsync(503, "503011");
        });
        Assert.Equal(Instances, (await s_engine.FoundAsync("shop", "stock", client: there)).Count);

        replicas.SecondLink.Mend();
        await Eventually.TrueAsync("heartbeats count again", s_patience, async () =>
        {
            using var beat = await s_engine.HeartbeatAsync(service, "i0", there);
            return beat.StatusCode is HttpStatusCode.OK;
        });
        await Eventually.TrueAsync("writes go on", s_patience, async () =>
        {
            using var write = await RegisterAsync(there, "later");
            return write.StatusCode is HttpStatusCode.OK;
        });
    }

    [Theory]
    [InlineData("cut")]
    [InlineData("silent")]
    public async Task A_replica_that_is_cut_off_says_of_nothing_that_it_does_not_exist(string fault)
    {
        await using var replicas = await LinkedReplicas.StartAsync(("Discovery:SelfProtection", "false"));
        var known = await RegisterAsync(replicas);
        var there = replicas.SecondClient;
        using (await there.GetAsync($"{Engine.Base}/microservices/{known}", Engine.Cancellation))
        {
            // Its caller is known from now on.
        }

        Break(replicas.SecondLink, fault);
        var service = await s_engine.RegisterAsync("shop", "late", client: replicas.FirstClient);
        await s_engine.AddInstanceAsync(service, new { instanceId = "late", healthCheck = s_usual }, replicas.FirstClient);
        await s_engine.AddInstanceAsync(known, new { instanceId = "late", healthCheck = s_usual }, replicas.FirstClient);

        // Whoever comes first may wait to find it out, once.
        var since = Stopwatch.GetTimestamp();
        await UnknownAsync($"/microservices/{service}");
        Assert.True(Stopwatch.GetElapsedTime(since) < TimeSpan.FromSeconds(8), $"It took {Stopwatch.GetElapsedTime(since)}.");

        // So may the first whose credential is looked at again.
        await BeatAsync(known, there);
        foreach (var (id, instance) in new[] { (service, "late"), (known, "late") })
        {
            await SoonAsync(() => UnknownAsync($"/microservices/{id}/instances/{instance}"));
            await SoonAsync(async () =>
            {
                using var one = await s_engine.HeartbeatAsync(id, instance, there);
                await one.ShouldFailAsync(503, "503011");
            });
            await SoonAsync(async () =>
            {
                using var many = await there.PutAsJsonAsync(
                    $"{Engine.Base}/heartbeats",
                    new { instances = new[] { new { serviceId = known, instanceId = "i0" }, new { serviceId = id, instanceId = instance } } },
                    Engine.Cancellation);
                await many.ShouldFailAsync(503, "503011");
            });
        }

        string[] unknown =
        [
            $"/microservices/{service}/instances", $"/microservices/{service}/tags",
            $"/microservices/{service}/schemas", $"/microservices/{service}/schemas/a", $"/microservices/{known}/schemas/a",
            $"/microservices/{service}/providers", $"/microservices/{service}/consumers", "/instances?appId=shop&serviceName=late&version=0%2B",
            "/instances?appId=shop&serviceName=stock&version=9.9.9", "/existence?type=microservice&appId=shop&serviceName=late&version=0%2B",
            "/existence?type=microservice&appId=shop&serviceName=stock&version=9.9.9", $"/existence?type=schema&serviceId={service}&schemaId=a",
        ];
        foreach (var path in unknown)
        {
            await SoonAsync(() => UnknownAsync(path));
        }

        await SoonAsync(async () =>
        {
            var services = new[] { "late", "stock" }.Select(static name => new { service = new { appId = "shop", serviceName = name, version = "0+" } });
            using var batch = await there.PostAsJsonAsync($"{Engine.Base}/instances/action?type=query", new { services }, Engine.Cancellation);
            var found = (await Engine.OkAsync(batch)).GetProperty("services");
            Assert.Contains("500011", found.GetProperty("failed").GetRawText(), StringComparison.Ordinal);
            Assert.Equal(Instances, found.GetProperty("updated")[0].GetProperty("instances").GetArrayLength());
        });

        // What it knows it answers as ever.
        await SoonAsync(() => BeatAsync(known, there));
        Assert.Equal(Instances, (await s_engine.FoundAsync("shop", "stock", client: there)).Count);

        replicas.SecondLink.Mend();
        await Eventually.TrueAsync("it asks and knows", s_patience, async () =>
        {
            using var beat = await s_engine.HeartbeatAsync(service, "late", there);
            return beat.StatusCode is HttpStatusCode.OK;
        });
        using var gone = await s_engine.HeartbeatAsync(service, "unknown", there);
        await gone.ShouldFailAsync(400, "400017");

        async Task UnknownAsync(string path)
        {
            using var response = await there.GetAsync(Engine.Base + path, Engine.Cancellation);
            await response.ShouldFailAsync(500, "500011");
        }
    }

    [Fact]
    public async Task A_dead_instance_goes_within_two_leases_though_a_fault_comes_before_each_end()
    {
        await using var replicas = await LinkedReplicas.StartAsync(("Discovery:SelfProtection", "false"));
        var service = await RegisterAsync(replicas);
        await BeatAsync(service, replicas.FirstClient);
        await LinkedReplicas.HearsAsync(replicas.First);
        await LinkedReplicas.HearsAsync(replicas.Second);
        var isThere = true;
        for (var i = 0; i < 8; i++)
        {
            replicas.StandStill(100);
            await BeatAsync(service, replicas.FirstClient, "i1", "i2", "i3", "i4");
            await LinkedReplicas.HearsAsync(replicas.First);
            await LinkedReplicas.HearsAsync(replicas.Second);
            isThere = (await s_engine.FoundAsync("shop", "stock", client: replicas.FirstClient)).Contains("i0");
            Assert.True(isThere || i >= 2, "It went before its lease had ended.");

            // Everything that was not heard while there was no connection is excused.
            replicas.FirstLink.Cut();
            replicas.SecondLink.Cut();
            replicas.FirstLink.Mend();
            replicas.SecondLink.Mend();
            await LinkedReplicas.HearsAsync(replicas.First);
            await LinkedReplicas.HearsAsync(replicas.Second);
        }

        await s_engine.SeesAsync("the dead one is gone", Instances - 1, "shop", "stock", replicas.FirstClient);
        Assert.False(isThere);
    }

    [Fact]
    public async Task What_a_find_at_one_replica_implied_a_watch_at_the_other_tells()
    {
        await using var replicas = await LinkedReplicas.StartAsync();
        var provider = await RegisterAsync(replicas);
        var consumer = await s_engine.RegisterAsync("shop", "order", client: replicas.FirstClient);
        await s_engine.FoundAsync("shop", "order", client: replicas.SecondClient);
        var registry = replicas.Second.Services.GetRequiredService<Registry>();
        var tenant = registry.Tenants.Single(t => t.Services.ContainsKey(consumer));
        var watcher = new Watcher(new(tenant.Key, consumer));
        replicas.Second.Services.GetRequiredService<WatchHub>().Add(watcher);

        // The answer of the find is all that the consumer waits for.
        await s_engine.FoundAsync("shop", "stock", consumer: consumer, client: replicas.FirstClient);
        using var deleted = await replicas.FirstClient.DeleteAsync($"{Engine.Base}/microservices/{provider}/instances/i0", Engine.Cancellation);

        var frame = await watcher.Events.ReadAsync(Engine.Cancellation).AsTask().WaitAsync(s_patience, Engine.Cancellation);
        Assert.Contains("DELETE", System.Text.Encoding.UTF8.GetString(frame), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_replicas_together_register_no_more_than_the_quota()
    {
        await using var replicas = await LinkedReplicas.StartAsync(("Discovery:Quotas:Instances", "7"), ("Discovery:Quotas:Services", "4"));
        HttpClient[] clients = [replicas.FirstClient, replicas.SecondClient];
        var service = await RegisterAsync(replicas);

        var services = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => RegisterAsync(clients[i % 2], $"s{i}")));
        var instances = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => clients[i % 2].PostAsJsonAsync(
            $"{Engine.Base}/microservices/{service}/instances", new { instance = new { instanceId = $"more{i}", hostName = "h" } }, Engine.Cancellation)));

        Assert.Equal((3, 2), (services.Count(static r => r.IsSuccessStatusCode), instances.Count(static r => r.IsSuccessStatusCode)));
        await services.First(static r => !r.IsSuccessStatusCode).ShouldFailAsync(400, "400100");
        await instances.First(static r => !r.IsSuccessStatusCode).ShouldFailAsync(400, "400100");
        services.Concat(instances).ToList().ForEach(static r => r.Dispose());
    }

    [Fact]
    public async Task Two_replicas_give_an_alias_and_an_id_to_one_microservice_each()
    {
        await using var replicas = await LinkedReplicas.StartAsync();
        HttpClient[] clients = [replicas.FirstClient, replicas.SecondClient];

        var aliases = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => RegisterAsync(clients[i % 2], $"a{i}", alias: "one")));
        var ids = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => RegisterAsync(clients[i % 2], $"i{i}", id: "same")));
        var ends = await Task.WhenAll(Enumerable.Range(0, 10).Select(async i =>
        {
            // A registration of an instance and the deletion of its microservice.
            var service = await s_engine.RegisterAsync("shop", $"gone{i}", client: clients[0]);
            var added = clients[1].PostAsJsonAsync($"{Engine.Base}/microservices/{service}/instances", new { instance = new { instanceId = "i", hostName = "h" } }, Engine.Cancellation);
            var deleted = clients[0].DeleteAsync($"{Engine.Base}/microservices/{service}", Engine.Cancellation);
            using var one = await added;
            using var other = await deleted;
            return (one.IsSuccessStatusCode, other.IsSuccessStatusCode);
        }));

        Assert.Equal((1, 1), (aliases.Count(static r => r.IsSuccessStatusCode), ids.Count(static r => r.IsSuccessStatusCode)));
        await aliases.First(static r => !r.IsSuccessStatusCode).ShouldFailAsync(400, "400010");
        await ids.First(static r => !r.IsSuccessStatusCode).ShouldFailAsync(400, "400010");
        Assert.All(ends, static both => Assert.True(both.Item1 != both.Item2, $"registered: {both.Item1}, deleted: {both.Item2}"));
        aliases.Concat(ids).ToList().ForEach(static r => r.Dispose());
    }

    private static void Break(FaultyLink link, string fault)
    {
        switch (fault)
        {
            case "cut":
                link.Cut();
                break;
            case "refused":
                link.Refuse();
                break;
            case "silent":
                link.Silence();
                break;
            case "forgotten":
                Assert.True(link.Forget() > 0, "There is no connection.");
                break;
            case "deaf":
                Assert.True(link.Forget("LISTEN \"stagedoor_discovery\"") > 0, "Nobody listens.");
                break;
            default:
                link.Slow(TimeSpan.FromMilliseconds(300));
                break;
        }
    }

    private static async Task SoonAsync(Func<Task> call)
    {
        var since = Stopwatch.GetTimestamp();
        await call();
        Assert.True(Stopwatch.GetElapsedTime(since) < s_soon, $"It took {Stopwatch.GetElapsedTime(since)}.");
    }

    private static Task<HttpResponseMessage> RegisterAsync(HttpClient client, string name, string? alias = null, string? id = null) => client.PostAsJsonAsync(
        $"{Engine.Base}/microservices", new { service = new { appId = "shop", serviceName = name, alias, serviceId = id } }, Engine.Cancellation);

    private static async Task BeatAsync(string service, HttpClient client, params string[] ids)
    {
        var instances = (ids.Length > 0 ? ids : Enumerable.Range(0, Instances).Select(static i => $"i{i}")).Select(id => new { serviceId = service, instanceId = id });
        using var response = await client.PutAsJsonAsync($"{Engine.Base}/heartbeats", new { instances }, Engine.Cancellation);
        Assert.DoesNotContain("errMessage", (await Engine.OkAsync(response)).GetRawText(), StringComparison.Ordinal);
    }

    // Registered at the first, and known to both.
    private static async Task<string> RegisterAsync(LinkedReplicas replicas, object? healthCheck = null)
    {
        var service = await s_engine.RegisterAsync("shop", "stock", client: replicas.FirstClient);
        for (var i = 0; i < Instances; i++)
        {
            await s_engine.AddInstanceAsync(service, new { instanceId = $"i{i}", healthCheck = healthCheck ?? s_usual }, replicas.FirstClient);
        }

        await s_engine.SeesAsync("the other replica knows them", Instances, "shop", "stock", replicas.SecondClient);
        return service;
    }
}
