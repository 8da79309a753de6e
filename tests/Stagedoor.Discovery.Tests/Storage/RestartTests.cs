using Stagedoor.Discovery.Tests.Schemas;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Discovery.Tests.Storage;

public sealed class RestartTests
{
    [Fact]
    public async Task Everything_survives_even_what_is_older_than_the_last_change_of_its_microservice()
    {
        await using var app = await StagedoorApp.StartAsync(("Discovery:Rules", "true"));
        var registry = new RegistryClient(app.Anonymous);
        var provider = await registry.RegisterAsync("stock", schemas: ["a"]);
        var consumer = await registry.RegisterAsync("shop");
        await registry.RegisterInstanceAsync(provider, instanceId: "i1");
        await registry.CallAsync(HttpMethod.Put, $"/microservices/{provider}/schemas/a", new { schema = "one", summary = "s1" });
        await registry.CallAsync(HttpMethod.Post, $"/microservices/{provider}/tags", new { tags = new { team = "blue" } });
        await registry.CallAsync(
            HttpMethod.Post, $"/microservices/{provider}/rules", new { rules = new[] { new { ruleType = "BLACK", attribute = "AppId", pattern = "evil" } } });
        await registry.CallAsync(HttpMethod.Post, "/dependencies", new
        {
            dependencies = new[]
            {
                new
                {
                    consumer = new { appId = "default", serviceName = "shop", version = "1.0.0" },
                    providers = new[] { new { appId = "default", serviceName = "stock", version = "1.0+" } },
                },
            },
        });
        await registry.CallAsync(HttpMethod.Put, $"/microservices/{provider}/properties", new { properties = new { later = "1" } });
        await registry.CallAsync(HttpMethod.Put, $"/microservices/{consumer}/properties", new { properties = new { later = "1" } });

        await app.RestartAsync();

        registry = new(app.Anonymous);
        Assert.Equal("""{"later":"1"}""", (await registry.ShowAsync(provider)).GetProperty("properties").GetRawText());
        Assert.Equal(["i1"], await registry.FindIdsAsync("stock"));
        Assert.Equal(["a:s1:one"], await SchemaLockTests.ContractsAsync(registry, provider));
        Assert.Equal("""{"tags":{"team":"blue"}}""", (await registry.CallAsync(HttpMethod.Get, $"/microservices/{provider}/tags")).GetRawText());
        Assert.Single((await registry.CallAsync(HttpMethod.Get, $"/microservices/{provider}/rules")).GetProperty("rules").EnumerateArray());
        Assert.Single((await registry.CallAsync(HttpMethod.Get, $"/microservices/{consumer}/providers")).GetProperty("providers").EnumerateArray());
        await registry.CallAsync(HttpMethod.Put, $"/microservices/{provider}/instances/i1/heartbeat");
    }

    [Fact]
    [Provokes("500003")]
    public async Task A_contract_that_cannot_be_decoded_is_set_aside_and_can_be_put_again()
    {
        await using var app = await StagedoorApp.StartAsync();
        var registry = new RegistryClient(app.Anonymous);
        var id = await registry.RegisterAsync("stock", schemas: ["a"]);
        await registry.CallAsync(HttpMethod.Put, $"/microservices/{id}/schemas/a", new { schema = "one", summary = "s1" });
        app.Sabotage("discovery").Execute("UPDATE entry SET body = '{\"schema\":' WHERE kind = 'contract'");
        await app.RestartAsync();
        registry = new(app.Anonymous);

        await registry.RefusedAsync("500003", HttpMethod.Get, $"/microservices/{id}/schemas/a");
        await registry.RefusedAsync("500003", HttpMethod.Get, $"/existence?type=schema&serviceId={id}&schemaId=a");
        await registry.CallAsync(HttpMethod.Put, $"/microservices/{id}/schemas/a", new { schema = "two", summary = "s2" });

        Assert.Equal(["a:s2:two"], await SchemaLockTests.ContractsAsync(registry, id));
    }
}
