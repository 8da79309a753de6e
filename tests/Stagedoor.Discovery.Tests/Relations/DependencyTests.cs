using System.Net.Http.Json;
using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Discovery.Tests.Relations;

public sealed class DependencyTests(Installation installation) : IClassFixture<Installation>
{
    private RegistryClient Registry => installation.Registry;

    [Fact]
    public async Task Declared_dependencies_are_listed_in_both_directions()
    {
        var (consumer, consumerId) = await RegisterAsync("consumer");
        var (stock, stockId) = await RegisterAsync("stock");
        var (price, priceId) = await RegisterAsync("price");

        await WriteAsync(HttpMethod.Post, consumer, (stock, "1.0+"));
        await WriteAsync(HttpMethod.Post, consumer, (price, "latest"));

        Assert.Equal([priceId, stockId], await ListAsync(consumerId, "providers"));
        Assert.Equal([consumerId], await ListAsync(stockId, "consumers"));
        Assert.Empty(await ListAsync(stockId, "providers"));
        await Registry.RefusedAsync("400023", HttpMethod.Delete, $"/microservices/{stockId}");
    }

    [Fact]
    public async Task A_replaced_set_loses_what_it_does_not_name()
    {
        var (consumer, consumerId) = await RegisterAsync("consumer");
        var (stock, stockId) = await RegisterAsync("stock");
        var (price, priceId) = await RegisterAsync("price");
        await Registry.FindIdsAsync(stock, consumerId);

        await WriteAsync(HttpMethod.Put, consumer, (price, "0+"));
        Assert.Equal([priceId], await ListAsync(consumerId, "providers"));
        Assert.Empty(await ListAsync(stockId, "consumers"));

        await WriteAsync(HttpMethod.Put, consumer);
        Assert.Empty(await ListAsync(consumerId, "providers"));
    }

    [Fact]
    public async Task A_rule_means_the_versions_that_it_fits()
    {
        var (consumer, consumerId) = await RegisterAsync("consumer");
        var (stock, first) = await RegisterAsync("stock");
        var second = await Registry.RegisterAsync(stock, "2.0.0");

        await WriteAsync(HttpMethod.Put, consumer, (stock, "1.5+"));
        Assert.Equal([second], await ListAsync(consumerId, "providers"));
        await WriteAsync(HttpMethod.Put, consumer, (stock, "1.0.0"));
        Assert.Equal([first], await ListAsync(consumerId, "providers"));
        Assert.Empty(await ListAsync(second, "consumers"));
        await Registry.CallAsync(HttpMethod.Delete, $"/microservices/{second}");
    }

    [Fact]
    public async Task A_provider_that_is_not_there_yet_counts_when_it_comes()
    {
        var (consumer, consumerId) = await RegisterAsync("consumer");
        var name = Installation.NewName("later");
        await WriteAsync(HttpMethod.Post, consumer, (name, "0+"));
        Assert.Empty(await ListAsync(consumerId, "providers"));

        var id = await Registry.RegisterAsync(name);

        Assert.Equal([id], await ListAsync(consumerId, "providers"));
        Assert.Equal([consumerId], await ListAsync(id, "consumers"));
    }

    [Fact]
    public async Task A_provider_is_meant_by_its_second_name_as_well()
    {
        var (consumer, consumerId) = await RegisterAsync("consumer");
        var name = Installation.NewName("aliased");
        var id = await Registry.RegisterAsync(name, alias: $"default:{name}");

        await WriteAsync(HttpMethod.Post, consumer, ($"default:{name}", "0+"));

        Assert.Equal([id], await ListAsync(consumerId, "providers"));
        Assert.Equal([consumerId], await ListAsync(id, "consumers"));
    }

    [Fact]
    public async Task A_star_is_everything_of_the_environment()
    {
        var name = Installation.NewName("all");
        var consumerId = await Registry.RegisterAsync(name, environment: "acceptance");
        var other = await Registry.RegisterAsync(Installation.NewName(), environment: "acceptance");
        var elsewhere = await Registry.RegisterAsync(Installation.NewName());

        await Registry.CallAsync(HttpMethod.Post, "/dependencies", new
        {
            dependencies = new[]
            {
                new
                {
                    consumer = new { environment = "acceptance", appId = "default", serviceName = name, version = "1.0.0" },
                    providers = new[] { new { serviceName = "*" } },
                },
            },
        });

        Assert.Equal(new[] { consumerId, other }.Order(), (await ListAsync(consumerId, "providers")).Order());
        Assert.Equal([other], await ListAsync(consumerId, "providers?noSelf=1"));
        Assert.Equal([consumerId], await ListAsync(other, "consumers"));
        Assert.Empty(await ListAsync(elsewhere, "consumers"));
    }

    [Fact]
    public async Task Shared_microservices_and_the_asker_itself_can_be_left_out()
    {
        var (consumer, consumerId) = await RegisterAsync("consumer");
        await WriteAsync(HttpMethod.Post, consumer, (consumer, "0+"), ("SERVICECENTER", "0+"));
        await Eventually.IsAsync(async () => (await ListAsync(consumerId, "providers")).Count == 2 ? "" : null);

        Assert.Equal([consumerId], await ListAsync(consumerId, "providers?sameDomain=1"));
        Assert.DoesNotContain(consumerId, await ListAsync(consumerId, "providers?noSelf=1"));
        Assert.Empty(await ListAsync(consumerId, "providers?noSelf=1&sameDomain=1"));
        Assert.Equal([consumerId], await ListAsync(consumerId, "consumers"));
        Assert.Empty(await ListAsync(consumerId, "consumers?noSelf=1"));
    }

    [Fact]
    public async Task Consumers_in_other_tenants_are_not_shown()
    {
        (string, string)[] other = [("X-Domain-Name", "other")];
        var registered = await Registry.CallAsync(HttpMethod.Post, "/microservices", new { service = new { serviceName = "spy" } }, other);
        var spy = registered.GetProperty("serviceId").GetString()!;
        var engine = await Eventually.IsAsync(async () =>
        {
            using var response = await Registry.GetAsync("/existence?type=microservice&appId=default&serviceName=SERVICECENTER&version=latest");
            var answer = await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
            return answer.TryGetProperty("serviceId", out var id) ? id.GetString() : null;
        });
        await Registry.CallAsync(HttpMethod.Get, "/instances?appId=default&serviceName=SERVICECENTER&version=latest", null, [.. other, ("X-ConsumerId", spy)]);

        var seen = await Registry.CallAsync(HttpMethod.Get, $"/microservices/{spy}/providers", null, other);

        Assert.Single(seen.GetProperty("providers").EnumerateArray());
        Assert.DoesNotContain(spy, await ListAsync(engine, "consumers"));
    }

    [Fact]
    public async Task A_deleted_consumer_depends_on_nothing()
    {
        var (consumer, consumerId) = await RegisterAsync("consumer");
        var (stock, stockId) = await RegisterAsync("stock");
        await WriteAsync(HttpMethod.Post, consumer, (stock, "0+"));

        await Registry.CallAsync(HttpMethod.Delete, $"/microservices/{consumerId}");

        Assert.Empty(await ListAsync(stockId, "consumers"));
        await Registry.CallAsync(HttpMethod.Delete, $"/microservices/{stockId}");
    }

    [Fact]
    public async Task Dependencies_that_come_at_once_are_all_there_and_survive()
    {
        await using var app = await StagedoorApp.StartAsync();
        var registry = new RegistryClient(app.Anonymous);
        var consumer = await registry.RegisterAsync("consumer");
        var providers = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => registry.RegisterAsync($"p{i}")));

        await Task.WhenAll(Enumerable.Range(0, 60).Select(i => registry.CallAsync(HttpMethod.Post, "/dependencies", Body("consumer", [($"p{i % 20}", "0+")]))));
        await registry.CallAsync(HttpMethod.Delete, $"/microservices/{providers[0]}?force=1");
        await app.RestartAsync();

        var answer = await new RegistryClient(app.Anonymous).CallAsync(HttpMethod.Get, $"/microservices/{consumer}/providers");
        Assert.Equal(providers[1..].Order(), answer.GetProperty("providers").EnumerateArray().Select(s => s.GetProperty("serviceId").GetString()!).Order());
    }

    [Fact]
    public async Task Dependencies_in_a_domain_with_a_blank_can_be_taken_back()
    {
        (string, string)[] blank = [("X-Domain-Name", "My Company")];
        var ids = new List<string>();
        foreach (var name in (string[])["a", "b"])
        {
            var answer = await Registry.CallAsync(HttpMethod.Post, "/microservices", new { service = new { serviceName = name, version = "1.0.0" } }, blank);
            ids.Add(answer.GetProperty("serviceId").GetString()!);
        }

        await Registry.CallAsync(HttpMethod.Post, "/dependencies", Body("a", [("b", "0+")]), blank);
        Assert.Single((await Registry.CallAsync(HttpMethod.Get, $"/microservices/{ids[0]}/providers", null, blank)).GetProperty("providers").EnumerateArray());
        await Registry.CallAsync(HttpMethod.Put, "/dependencies", Body("a", []), blank);

        Assert.Empty((await Registry.CallAsync(HttpMethod.Get, $"/microservices/{ids[0]}/providers", null, blank)).GetProperty("providers").EnumerateArray());
    }

    [Fact]
    [Provokes("400012")]
    public async Task An_unknown_consumer_is_refused_and_nothing_is_stored()
    {
        var (consumer, consumerId) = await RegisterAsync("consumer");
        var (stock, _) = await RegisterAsync("stock");
        object request = new { dependencies = new[] { Dependency(consumer, [(stock, "0+")]), Dependency("ghost", [(stock, "0+")]) } };

        await Registry.RefusedAsync("400012", HttpMethod.Post, "/dependencies", request);
        await Registry.RefusedAsync("400012", HttpMethod.Put, "/dependencies", request);

        Assert.Empty(await ListAsync(consumerId, "providers"));
        await Registry.RefusedAsync("400012", HttpMethod.Get, "/microservices/nobody/providers");
        await Registry.RefusedAsync("400012", HttpMethod.Get, "/microservices/nobody/consumers");
    }

    [Theory]
    [Provokes("400001")]
    [InlineData("{}")]
    [InlineData("""{"dependencies":[]}""")]
    [InlineData("""{"dependencies":[null]}""")]
    [InlineData("""{"dependencies":[{}]}""")]
    [InlineData("""{"dependencies":[{"consumer":{"appId":"default","serviceName":"x","version":"1.0+"},"providers":[]}]}""")]
    [InlineData("""{"dependencies":[{"consumer":{"appId":"","serviceName":"x","version":"1.0"},"providers":[]}]}""")]
    public async Task What_is_no_dependency_is_refused(string body)
    {
        await Registry.RefusedAsync("400001", HttpMethod.Post, "/dependencies", body);
        await Registry.RefusedAsync("400001", HttpMethod.Put, "/dependencies", body);
    }

    [Fact]
    [Provokes("400001")]
    public async Task A_consumer_comes_once_and_its_providers_are_well_formed()
    {
        var (consumer, consumerId) = await RegisterAsync("consumer");

        await Registry.RefusedAsync(
            "400001", HttpMethod.Post, "/dependencies", new { dependencies = new[] { Dependency(consumer, []), Dependency(consumer, []) } });
        await Registry.RefusedAsync(
            "400001", HttpMethod.Post, "/dependencies", new { dependencies = Enumerable.Range(0, 101).Select(i => Dependency($"c{i}", [])) });
        await Registry.RefusedAsync("400001", HttpMethod.Post, "/dependencies", Body(consumer, [("-x", "0+")]));
        await Registry.RefusedAsync("400001", HttpMethod.Post, "/dependencies", Body(consumer, [("x", "what")]));
        await Registry.RefusedAsync("400001", HttpMethod.Get, $"/microservices/{consumerId}/providers?noSelf=maybe");
        await Registry.RefusedAsync("400001", HttpMethod.Get, $"/microservices/{consumerId}/consumers?sameDomain=2");
    }

    private static object Body(string consumer, (string Name, string Rule)[] providers) => new { dependencies = new[] { Dependency(consumer, providers) } };

    private static object Dependency(string consumer, (string Name, string Rule)[] providers) => new
    {
        consumer = new { environment = "", appId = "default", serviceName = consumer, version = "1.0.0" },
        providers = providers.Select(p => new { appId = "default", serviceName = p.Name, version = p.Rule }),
    };

    private async Task<(string Name, string Id)> RegisterAsync(string prefix)
    {
        var name = Installation.NewName(prefix);
        return (name, await Registry.RegisterAsync(name));
    }

    private async Task WriteAsync(HttpMethod method, string consumer, params (string Name, string Rule)[] providers) =>
        await Registry.CallAsync(method, "/dependencies", Body(consumer, providers));

    private async Task<IReadOnlyList<string>> ListAsync(string id, string what)
    {
        var answer = await Registry.CallAsync(HttpMethod.Get, $"/microservices/{id}/{what}");
        return [.. answer.GetProperty(what.Split('?')[0]).EnumerateArray().Select(s => s.GetProperty("serviceId").GetString()!)];
    }
}
