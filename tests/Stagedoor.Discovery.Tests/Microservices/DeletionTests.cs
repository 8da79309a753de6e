using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Discovery.Tests.Microservices;

public sealed class DeletionTests(Installation installation) : IClassFixture<Installation>
{
    private RegistryClient Registry => installation.Registry;

    [Theory]
    [InlineData(false, false, "", null)]
    [InlineData(false, false, "0", null)]
    [InlineData(true, false, "1", null)]
    [InlineData(true, true, "true", null)]
    [InlineData(false, true, "true", null)]
    [InlineData(true, false, "false", "400023")]
    [InlineData(true, true, "", "400023")]
    [InlineData(false, true, "0", "400013")]
    public async Task Consumers_and_instances_keep_a_microservice_unless_forced(bool hasConsumer, bool hasInstance, string force, string? code)
    {
        var (name, id) = await ProviderAsync(hasConsumer, hasInstance);

        using var response = await Registry.DeleteAsync($"/microservices/{id}?force={force}");

        if (code is not null)
        {
            await response.ShouldFailAsync(400, code);
            await Registry.ShowAsync(id);
            return;
        }

        Assert.Equal(200, (int)response.StatusCode);
        await Registry.RefusedAsync("400012", HttpMethod.Get, $"/microservices/{id}");
        await Registry.RefusedAsync("400012", HttpMethod.Get, $"/existence?type=microservice&appId=default&serviceName={name}&version=1.0.0");
    }

    [Fact]
    [Provokes("400013")]
    public async Task Live_instances_keep_a_microservice()
    {
        var (_, id) = await ProviderAsync(hasConsumer: false, hasInstance: true);

        await Registry.RefusedAsync("400013", HttpMethod.Delete, $"/microservices/{id}");
    }

    [Fact]
    [Provokes("400023")]
    public async Task A_consumer_keeps_a_microservice()
    {
        var (_, id) = await ProviderAsync(hasConsumer: true, hasInstance: false);

        await Registry.RefusedAsync("400023", HttpMethod.Delete, $"/microservices/{id}");
    }

    [Fact]
    public async Task That_it_depends_on_itself_does_not_keep_it()
    {
        var name = Installation.NewName("selfish");
        var id = await Registry.RegisterAsync(name);
        await Registry.FindIdsAsync(name, consumerId: id);

        await Registry.CallAsync(HttpMethod.Delete, $"/microservices/{id}");
    }

    [Fact]
    public async Task Many_are_deleted_each_with_its_own_outcome()
    {
        var (_, free) = await ProviderAsync(hasConsumer: false, hasInstance: false);
        var (_, used) = await ProviderAsync(hasConsumer: true, hasInstance: false);
        var (_, running) = await ProviderAsync(hasConsumer: false, hasInstance: true);

        var answer = await Registry.CallAsync(
            HttpMethod.Delete, "/microservices", new { serviceIds = new[] { free, used, running, "nobody", free }, force = false });

        var rows = answer.GetProperty("services").EnumerateArray().ToList();
        Assert.Equal([free, used, running, "nobody"], rows.Select(r => r.GetProperty("serviceId").GetString()));
        Assert.Equal([false, true, true, true], rows.Select(r => r.TryGetProperty("errMessage", out _)));
        Assert.StartsWith("Consumer(s) depend on this micro-service", rows[1].GetProperty("errMessage").GetString(), StringComparison.Ordinal);
        Assert.StartsWith("Instance has been deployed", rows[2].GetProperty("errMessage").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    [Provokes("400001")]
    public async Task What_cannot_be_deleted_is_refused()
    {
        await Registry.RefusedAsync("400001", HttpMethod.Delete, "/microservices/any?force=maybe");
        await Registry.RefusedAsync("400001", HttpMethod.Delete, "/microservices", new { serviceIds = Array.Empty<string>() });
        await Registry.RefusedAsync("400001", HttpMethod.Delete, "/microservices", new { serviceIds = Enumerable.Range(0, 101).Select(i => $"s{i}") });
        var own = await Eventually.IsAsync(async () =>
        {
            using var response = await Registry.GetAsync("/existence?type=microservice&appId=default&serviceName=SERVICECENTER&version=latest");
            var answer = JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
            return answer.TryGetProperty("serviceId", out var id) ? id.GetString() : null;
        });
        await Registry.RefusedAsync("400001", HttpMethod.Delete, $"/microservices/{own}?force=1");
    }

    [Fact]
    public async Task A_deleted_microservice_takes_all_along()
    {
        var name = Installation.NewName("whole");
        var id = await Registry.RegisterAsync(name, schemas: ["a"]);
        await Registry.CallAsync(HttpMethod.Put, $"/microservices/{id}/schemas/a", new { schema = "openapi" });
        await Registry.CallAsync(HttpMethod.Post, $"/microservices/{id}/tags", new { tags = new { team = "blue" } });
        await Registry.RegisterInstanceAsync(id);

        await Registry.CallAsync(HttpMethod.Delete, $"/microservices/{id}?force=true");
        await Registry.CallAsync(HttpMethod.Post, "/microservices", new { service = new { serviceId = id, serviceName = name } });

        Assert.Equal("{}", (await Registry.CallAsync(HttpMethod.Get, $"/microservices/{id}/tags")).GetRawText());
        Assert.Empty((await Registry.CallAsync(HttpMethod.Get, $"/microservices/{id}/schemas")).GetProperty("schemas").EnumerateArray());
        Assert.Empty(await Registry.FindIdsAsync(name));
    }

    private async Task<(string Name, string Id)> ProviderAsync(bool hasConsumer, bool hasInstance)
    {
        var name = Installation.NewName("provider");
        var id = await Registry.RegisterAsync(name);
        if (hasInstance)
        {
            await Registry.RegisterInstanceAsync(id);
        }

        if (hasConsumer)
        {
            await Registry.FindIdsAsync(name, consumerId: await Registry.RegisterAsync(Installation.NewName("consumer")));
        }

        return (name, id);
    }
}
