using System.Net;
using Xunit;

namespace Stagedoor.Discovery.Tests.Clients;

/// <summary>Answers that the original's own suite and its clients' suites look at.</summary>
public sealed class SmallAnswerTests
{
    [Fact]
    public async Task Nothing_registered_is_an_empty_object()
    {
        await using var engine = await ConfiguredEngine.StartAsync();
        var other = new RegistryClient(engine.Client, "/v4/empty/registry");

        Assert.Equal("{}", (await other.CallAsync(HttpMethod.Get, "/microservices")).GetRawText());
    }

    [Fact]
    public async Task An_engine_without_a_peer_has_no_syncer()
    {
        await using var engine = await ConfiguredEngine.StartAsync();

        using var response = await engine.Client.GetAsync("/v1/syncer/health", Engine.Cancellation);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    [Fact]
    public async Task Registering_again_takes_a_new_data_center()
    {
        await using var engine = await ConfiguredEngine.StartAsync();
        var service = await engine.RegisterAsync("shop", "stock");
        await engine.AddInstanceAsync(service, new { instanceId = "i1" });

        await engine.AddInstanceAsync(service, new { instanceId = "i1", dataCenterInfo = new { name = "dc1", region = "r1", availableZone = "az2" } });

        var instance = (await engine.GetAsync($"/microservices/{service}/instances/i1")).GetProperty("instance");
        Assert.Equal("az2", instance.GetProperty("dataCenterInfo").GetProperty("availableZone").GetString());
    }
}
