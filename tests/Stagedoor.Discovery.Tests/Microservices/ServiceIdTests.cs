using System.Net.Http.Json;
using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Discovery.Tests.Microservices;

/// <summary>What a client holds is right again after the same thing has been registered again.</summary>
public sealed class ServiceIdTests(Installation installation) : IClassFixture<Installation>
{
    private RegistryClient Registry => installation.Registry;

    [Fact]
    public async Task An_id_is_the_digest_of_the_key_as_in_the_original()
    {
        // sha1sum of /cse-sr/ms/indexes/default/default//default/stock/1.0.0 and of the same with another tenant and environment.
        Assert.Equal("d5c57154eb153b46e2cfe7dc5c9e3690670bc477", await Registry.RegisterAsync("stock"));
        var other = await Registry.At("/v4/p1/registry").CallAsync(
            HttpMethod.Post,
            "/microservices",
            new { service = new { serviceName = "stock", version = "2.0", environment = "production", appId = "shop", alias = "any" } },
            ("X-Domain-Name", "acme"));
        Assert.Equal("cc119cb7c6c71c45cadf11ab911eb0e5348a2e79", other.GetProperty("serviceId").GetString());
    }

    [Fact]
    public async Task Every_part_of_the_key_makes_another_id()
    {
        var name = Installation.NewName();

        string[] ids =
        [
            await Registry.RegisterAsync(name), await Registry.RegisterAsync(name, "1.0.1"), await Registry.RegisterAsync(name, environment: "testing"),
            await Registry.RegisterAsync(name, appId: "other"), await new RegistryClient(installation.App.Anonymous, "/v4/other/registry").RegisterAsync(name),
        ];

        Assert.Equal(ids.Length, ids.Distinct().Count());
    }

    [Fact]
    public async Task A_microservice_that_is_registered_again_has_its_id_and_takes_what_belongs_to_it()
    {
        var name = Installation.NewName();
        var id = await Registry.RegisterAsync(name);
        await Registry.RegisterInstanceAsync(id, instanceId: "i1");

        await Registry.CallAsync(HttpMethod.Delete, $"/microservices/{id}?force=true");
        Assert.Equal(id, await Registry.RegisterAsync(name));

        // As a client that never heard of the deletion goes on.
        Assert.Equal("i1", await Registry.RegisterInstanceAsync(id, instanceId: "i1"));
        await Registry.CallAsync(HttpMethod.Put, $"/microservices/{id}/instances/i1/heartbeat");
        Assert.Equal(["i1"], await Registry.FindIdsAsync(name, consumerId: id));
    }

    [Fact]
    public async Task An_empty_database_gives_the_same_ids()
    {
        await using var lost = await StagedoorApp.StartAsync(("Gateway:PasswordIterations", "10000"));
        await using var found = await StagedoorApp.StartAsync(("Gateway:PasswordIterations", "10000"));

        Assert.Equal(await new RegistryClient(lost.Anonymous).RegisterAsync("stock"), await new RegistryClient(found.Anonymous).RegisterAsync("stock"));
    }

    [Fact]
    public async Task An_id_of_the_clients_own_stays_until_it_is_deleted()
    {
        var name = Installation.NewName();
        var service = new { serviceName = name, version = "1.0.0", appId = "default", serviceId = $"own-{name}" };
        await Registry.CallAsync(HttpMethod.Post, "/microservices", new { service });

        var again = await Registry.RegisterAsync(name);
        await Registry.CallAsync(HttpMethod.Delete, $"/microservices/{service.serviceId}");
        var anew = await Registry.RegisterAsync(name);

        Assert.Equal(service.serviceId, again);
        Assert.Equal(40, anew.Length);
    }

    [Fact]
    [Provokes("400010")]
    public async Task Nobody_is_replaced_by_who_would_get_an_id_that_somebody_chose()
    {
        var name = Installation.NewName();
        var id = await Registry.RegisterAsync(name);
        await Registry.CallAsync(HttpMethod.Delete, $"/microservices/{id}");
        var taker = Installation.NewName();
        await Registry.CallAsync(HttpMethod.Post, "/microservices", new { service = new { serviceName = taker, serviceId = id } });

        var detail = await Registry.RefusedAsync("400010", HttpMethod.Post, "/microservices", new { service = new { serviceName = name, version = "1.0.0" } });

        Assert.Contains(taker, detail, StringComparison.Ordinal);
        Assert.Equal(taker, (await Registry.ShowAsync(id)).GetProperty("serviceName").GetString());
    }

    [Fact]
    public async Task A_revision_from_before_a_loss_does_not_hide_what_is_registered_since()
    {
        // Revisions of the database begin anew with it; ids are the same, and so may be the number of the change.
        await using var lost = await ConfiguredEngine.StartAsync();
        await using var found = await ConfiguredEngine.StartAsync();
        foreach (var (engine, port) in ((ConfiguredEngine, int)[])[(lost, 1), (found, 2)])
        {
            await engine.SeesAsync("the engine is registered", 1, "default", "CseMonitoring");
            var id = await engine.RegisterAsync("shop", "stock");
            await engine.AddInstanceAsync(id, new { instanceId = "i1", endpoints = new[] { $"rest://10.0.0.1:{port}" } });
        }

        using var before = await lost.FindAsync("shop", "stock");
        var revision = before.Headers.GetValues("X-Resource-Revision").Single();
        using var after = await found.FindAsync("shop", "stock", $"&rev={revision}");
        using var same = await lost.FindAsync("shop", "stock", $"&rev={revision}");

        var instance = (await after.Content.ReadFromJsonAsync<JsonElement>(Engine.Cancellation)).GetProperty("instances")[0];
        Assert.Equal("rest://10.0.0.1:2", instance.GetProperty("endpoints")[0].GetString());
        Assert.Equal(304, (int)same.StatusCode);
    }
}
