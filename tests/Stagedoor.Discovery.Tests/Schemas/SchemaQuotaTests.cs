using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Discovery.Tests.Schemas;

public sealed class SchemaQuotaTests
{
    [Fact]
    [Provokes("400100")]
    public async Task A_microservice_has_at_most_as_many_contracts_as_the_quota_says()
    {
        await using var app = await StagedoorApp.StartAsync(("Discovery:Quotas:Schemas", "3"));
        var registry = new RegistryClient(app.Anonymous);
        var id = await registry.RegisterAsync("stock", schemas: ["a"]);
        foreach (var each in (string[])["a", "b", "c"])
        {
            await registry.CallAsync(HttpMethod.Put, $"/microservices/{id}/schemas/{each}", new { schema = "one" });
        }

        var detail = await registry.RefusedAsync("400100", HttpMethod.Put, $"/microservices/{id}/schemas/d", new { schema = "one" });
        await registry.RefusedAsync("400100", HttpMethod.Post, $"/microservices/{id}/schemas", Set("e", "f", "g", "h"));

        Assert.Equal("schema quota: at most 3, there are 3, requested 1 more", detail);
        await registry.CallAsync(HttpMethod.Put, $"/microservices/{id}/schemas/a", new { schema = "two" });
        await registry.CallAsync(HttpMethod.Post, $"/microservices/{id}/schemas", Set("e", "f", "g"));
        var locked = await registry.RegisterAsync("stock", environment: "production");
        await registry.RefusedAsync("400100", HttpMethod.Post, $"/microservices/{locked}/schemas", Set("e", "f", "g", "h"));
    }

    [Fact]
    [Provokes("400100")]
    public async Task Contracts_beyond_the_quota_stay_out_when_they_come_at_once()
    {
        await using var app = await StagedoorApp.StartAsync(("Discovery:Quotas:Schemas", "5"));
        var registry = new RegistryClient(app.Anonymous);
        var id = await registry.RegisterAsync("stock");

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => registry.PutAsync($"/microservices/{id}/schemas/s{i}", new { schema = "one" })));

        Assert.Equal(5, answers.Count(a => (int)a.StatusCode == 200));
        Array.ForEach(answers, a => a.Dispose());
        Assert.Equal(5, (await registry.ShowAsync(id)).GetProperty("schemas").GetArrayLength());
    }

    [Fact]
    public async Task A_hundred_contracts_are_the_usual_quota()
    {
        await using var app = await StagedoorApp.StartAsync();
        var registry = new RegistryClient(app.Anonymous);
        var ids = Enumerable.Range(0, 101).Select(i => $"s{i}").ToArray();
        var id = await registry.RegisterAsync("stock");

        await registry.RegisterAsync("declared", schemas: ids[..100]);
        await registry.RefusedAsync("400100", HttpMethod.Post, "/microservices", new { service = new { serviceName = "more", schemas = ids } });
        await registry.CallAsync(HttpMethod.Post, $"/microservices/{id}/schemas", Set(ids[..100]));
        await registry.RefusedAsync("400100", HttpMethod.Post, $"/microservices/{id}/schemas", Set(ids));
    }

    [Fact]
    [Provokes("500101")]
    public async Task A_quota_service_that_is_away_lets_nothing_new_in()
    {
        await using var app = await StagedoorApp.StartAsync(("Discovery:Rules", "true"));
        var id = await new RegistryClient(app.Anonymous).RegisterAsync("stock");
        await new RegistryClient(app.Anonymous).CallAsync(HttpMethod.Put, $"/microservices/{id}/schemas/a", new { schema = "one", summary = "s1" });
        await app.RestartAsync(("Discovery:Quotas:Url", "http://127.0.0.1:9"));
        var registry = new RegistryClient(app.Anonymous);

        await registry.RefusedAsync("500101", HttpMethod.Put, $"/microservices/{id}/schemas/b", new { schema = "two" });
        await registry.RefusedAsync("500101", HttpMethod.Post, $"/microservices/{id}/schemas", Set("a", "b"));
        await registry.RefusedAsync("500101", HttpMethod.Post, $"/microservices/{id}/tags", new { tags = new { team = "blue" } });
        await registry.RefusedAsync(
            "500101", HttpMethod.Post, $"/microservices/{id}/rules", new { rules = new[] { new { ruleType = "BLACK", attribute = "AppId", pattern = "x" } } });

        await registry.CallAsync(HttpMethod.Put, $"/microservices/{id}/schemas/a", new { schema = "one", summary = "s1" });
        await registry.CallAsync(HttpMethod.Put, $"/microservices/{id}/schemas/a", new { schema = "changed", summary = "s2" });
    }

    private static object Set(params string[] ids) => new { schemas = ids.Select(id => new { schemaId = id, schema = "text", summary = "digest" }) };
}
