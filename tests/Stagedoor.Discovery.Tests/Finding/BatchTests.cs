using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Discovery.Tests.Finding;

/// <summary>Many discovery calls in one.</summary>
public sealed class BatchTests(Installation installation) : IClassFixture<Installation>
{
    private const string Path = "/instances/action?type=query";

    private RegistryClient Registry => installation.Registry;

    [Fact]
    [Provokes("400012")]
    public async Task Indexes_are_positions_in_the_request()
    {
        var (first, _, _) = await ProviderAsync();
        var (second, _, revision) = await ProviderAsync();

        var answer = await Registry.CallAsync(
            HttpMethod.Post, Path, new { services = new[] { Item("ghost"), Item(second, revision), Item(first), Item("-x"), Item("ghost2"), Item(second, "old") } });

        var services = answer.GetProperty("services");
        Assert.Equal([0, 4], Indexes(services.GetProperty("failed")[0]));
        Assert.Equal("400012", services.GetProperty("failed")[0].GetProperty("error").GetProperty("errorCode").GetString());
        Assert.Equal("400012", services.GetProperty("failed")[0].GetProperty("error").GetProperty("errCode").GetString());
        Assert.Equal([3], Indexes(services.GetProperty("failed")[1]));
        Assert.Equal("400001", services.GetProperty("failed")[1].GetProperty("error").GetProperty("errorCode").GetString());
        Assert.Equal("[1]", services.GetProperty("notModified").GetRawText());
        Assert.Equal([2, 5], services.GetProperty("updated").EnumerateArray().Select(u => u.GetProperty("index").GetInt32()));
        Assert.Equal(revision, services.GetProperty("updated")[1].GetProperty("rev").GetString());
        Assert.Single(services.GetProperty("updated")[0].GetProperty("instances").EnumerateArray());
        Assert.False(answer.TryGetProperty("instances", out _));

        // What a single call would say, for the ledger of codes.
        using var single = await Registry.FindAsync("ghost");
        Assert.Equal(400, (int)single.StatusCode);
    }

    [Fact]
    public async Task Single_instances_are_looked_for_as_well()
    {
        var (_, id, _) = await ProviderAsync();
        object[] instances =
        [
            new { instance = new { serviceId = id, instanceId = "i1" } },
            new { instance = new { serviceId = id, instanceId = "gone" } },
            new { instance = new { serviceId = "nobody", instanceId = "i1" } },
        ];

        var answer = (await Registry.CallAsync(HttpMethod.Post, Path, new { instances })).GetProperty("instances");

        var updated = Assert.Single(answer.GetProperty("updated").EnumerateArray());
        Assert.Equal((0, "i1"), (updated.GetProperty("index").GetInt32(), updated.GetProperty("instances")[0].GetProperty("instanceId").GetString()));
        Assert.Equal(["400017", "400012"], answer.GetProperty("failed").EnumerateArray().Select(f => f.GetProperty("error").GetProperty("errorCode").GetString()));

        var known = new[] { new { instance = new { serviceId = id, instanceId = "i1" }, rev = updated.GetProperty("rev").GetString() } };
        var again = await Registry.CallAsync(HttpMethod.Post, Path, new { instances = known });
        Assert.Equal("""{"instances":{"notModified":[0]}}""", again.GetRawText());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_consumer_in_header_or_body_depends_on_what_it_finds(bool isHeader)
    {
        var (name, id, _) = await ProviderAsync();
        var consumer = await Registry.RegisterAsync(Installation.NewName("consumer"));

        await Registry.CallAsync(
            HttpMethod.Post, Path, new { consumerServiceId = isHeader ? null : consumer, services = new[] { Item(name) } }, isHeader ? [("X-ConsumerId", consumer)] : []);

        var consumers = await Registry.CallAsync(HttpMethod.Get, $"/microservices/{id}/consumers");
        Assert.Equal(consumer, Assert.Single(consumers.GetProperty("consumers").EnumerateArray()).GetProperty("serviceId").GetString());
    }

    [Fact]
    [Provokes("400001")]
    [Provokes("400012")]
    public async Task A_batch_that_is_none_is_refused()
    {
        await Registry.RefusedAsync("400001", HttpMethod.Post, Path, "{}");
        await Registry.RefusedAsync("400001", HttpMethod.Post, Path, """{"services":[],"instances":[]}""");
        await Registry.RefusedAsync("400001", HttpMethod.Post, "/instances/action?type=foo", new { services = new[] { Item("a") } });
        await Registry.RefusedAsync("400001", HttpMethod.Post, "/instances/action", new { services = new[] { Item("a") } });
        await Registry.RefusedAsync("400001", HttpMethod.Post, Path, new { services = Enumerable.Repeat(Item("a"), 1001) });
        await Registry.RefusedAsync("400012", HttpMethod.Post, Path, new { services = new[] { Item("a") }, consumerServiceId = "nobody" });
    }

    [Fact]
    public async Task A_thousand_questions_are_answered_at_once()
    {
        var (name, _, _) = await ProviderAsync();

        var answer = await Registry.CallAsync(HttpMethod.Post, Path, new { services = Enumerable.Repeat(Item(name), 1000) });

        Assert.Equal(1000, answer.GetProperty("services").GetProperty("updated").GetArrayLength());
    }

    private static object Item(string name, string? rev = null) => new { service = new { appId = "default", serviceName = name, version = "0+" }, rev };

    private static IEnumerable<int> Indexes(JsonElement failed) => failed.GetProperty("indexes").EnumerateArray().Select(i => i.GetInt32());

    private async Task<(string Name, string Id, string Revision)> ProviderAsync()
    {
        var name = Installation.NewName("provider");
        var id = await Registry.RegisterAsync(name);
        await Registry.RegisterInstanceAsync(id, instanceId: "i1");
        using var found = await Registry.FindAsync(name);
        return (name, id, Assert.Single(found.Headers.GetValues("X-Resource-Revision")));
    }
}
