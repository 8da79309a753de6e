using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Discovery.Tests.Storage;

public sealed class DeadDatabaseTests
{
    [Fact]
    [Provokes("500011")]
    public async Task Writes_fail_reads_go_on_and_it_heals_by_itself()
    {
        await using var app = await StagedoorApp.StartAsync(("Discovery:Rules", "true"));
        var registry = new RegistryClient(app.Anonymous);
        var id = await registry.RegisterAsync("stock", schemas: ["a"]);
        await registry.RegisterInstanceAsync(id, instanceId: "i1");
        await registry.CallAsync(HttpMethod.Put, $"/microservices/{id}/schemas/a", new { schema = "one", summary = "s1" });
        await registry.CallAsync(HttpMethod.Post, $"/microservices/{id}/tags", new { tags = new { team = "blue" } });
        var rules = await registry.CallAsync(HttpMethod.Post, $"/microservices/{id}/rules", Rules("a"));
        var rule = rules.GetProperty("RuleIds")[0].GetString();
        (HttpMethod Method, string Path, object? Body)[] writes =
        [
            (HttpMethod.Put, $"/microservices/{id}/schemas/a", new { schema = "two", summary = "s2" }),
            (HttpMethod.Post, $"/microservices/{id}/schemas", new { schemas = new[] { new { schemaId = "b", schema = "two", summary = "s2" } } }),
            (HttpMethod.Post, $"/microservices/{id}/tags", new { tags = new { team = "red" } }),
            (HttpMethod.Put, $"/microservices/{id}/tags/team?value=green", null),
            (HttpMethod.Delete, $"/microservices/{id}/tags/team", null),
            (HttpMethod.Post, $"/microservices/{id}/rules", Rules("b")),
            (HttpMethod.Put, $"/microservices/{id}/rules/{rule}", new { ruleType = "BLACK", attribute = "AppId", pattern = "changed" }),
            (HttpMethod.Delete, $"/microservices/{id}/rules/{rule}", null),
            (HttpMethod.Post, "/dependencies", Depends),
            (HttpMethod.Put, "/dependencies", Depends),
            (HttpMethod.Delete, $"/microservices/{id}/schemas/b", null),
        ];

        using (app.Sabotage("discovery").Unreadable("head"))
        {
            foreach (var (method, path, body) in writes[..^1])
            {
                await registry.RefusedAsync("500011", method, path, body);
            }

            await registry.RefusedAsync("500011", HttpMethod.Delete, $"/microservices/{id}/schemas/a");
            await registry.CallAsync(HttpMethod.Put, $"/microservices/{id}/schemas/a", new { schema = "one", summary = "s1" });
            foreach (var read in (string[])["", "/schemas", "/schemas/a", "/tags", "/rules", "/providers", "/consumers"])
            {
                await registry.CallAsync(HttpMethod.Get, $"/microservices/{id}{read}");
            }

            await registry.CallAsync(HttpMethod.Get, "/existence?type=microservice&appId=default&serviceName=stock&version=0%2B");
            await registry.At("/v4/default/govern").CallAsync(HttpMethod.Get, "/microservices?options=all");
            await registry.At("/v4/default/admin").CallAsync(HttpMethod.Get, "/dump");
            await registry.CallAsync(HttpMethod.Put, $"/microservices/{id}/instances/i1/heartbeat");
            Assert.Equal(["i1"], await registry.FindIdsAsync("stock"));
        }

        foreach (var (method, path, body) in writes)
        {
            if (path.EndsWith("/tags/team", StringComparison.Ordinal))
            {
                Assert.Equal(["i1"], await registry.FindIdsAsync("stock"));
            }

            await registry.CallAsync(method, path, body);
        }
    }

    private static object Depends => new
    {
        dependencies = new[]
        {
            new
            {
                consumer = new { appId = "default", serviceName = "stock", version = "1.0.0" },
                providers = new[] { new { appId = "default", serviceName = "stock", version = "0+" } },
            },
        },
    };

    private static object Rules(string pattern) => new { rules = new[] { new { ruleType = "BLACK", attribute = "AppId", pattern } } };
}
