using Xunit;

namespace Stagedoor.Discovery.Tests.Requests;

/// <summary>The paths of the first generation, which name no project.</summary>
public sealed class FirstGenerationTests(FirstGeneration installation) : IClassFixture<FirstGeneration>
{
    private RegistryClient Registry => installation.Registry;

    private RegistryClient Old => Registry.At("/registry/v3");

    [Theory]
    [InlineData("/microservices")]
    [InlineData("/microservices/stock")]
    [InlineData("/microservices/none")]
    [InlineData("/microservices/stock/schemas?withSchema=1")]
    [InlineData("/microservices/stock/schemas/a")]
    [InlineData("/microservices/stock/schemas/none")]
    [InlineData("/microservices/stock/tags")]
    [InlineData("/microservices/stock/rules")]
    [InlineData("/microservices/stock/instances")]
    [InlineData("/microservices/stock/instances/i1")]
    [InlineData("/microservices/stock/instances/none")]
    [InlineData("/microservices/stock/providers")]
    [InlineData("/microservices/stock/consumers")]
    [InlineData("/existence?type=microservice&appId=default&serviceName=stock&version=0%2B")]
    [InlineData("/existence?type=microservice&appId=default&serviceName=stock&version=9%2B")]
    [InlineData("/existence?type=schema&serviceId=stock&schemaId=a")]
    [InlineData("/existence?type=foo")]
    [InlineData("/instances?appId=default&serviceName=stock&version=0%2B")]
    [InlineData("/instances?appId=default&serviceName=ghost&version=0%2B")]
    [InlineData("/version")]
    public async Task They_answer_the_same(string path)
    {
        using var now = await Registry.GetAsync(path);
        using var then = await Old.GetAsync(path);

        Assert.Equal(now.StatusCode, then.StatusCode);
        Assert.Equal(await BodyAsync(now), await BodyAsync(then));
        Assert.Equal(now.Content.Headers.ContentType, then.Content.Headers.ContentType);
        foreach (var header in (string[])["X-Resource-Revision", "X-Schema-Summary"])
        {
            Assert.Equal(now.Headers.Contains(header), then.Headers.Contains(header));
        }
    }

    [Fact]
    public async Task They_change_the_same()
    {
        var id = await Old.RegisterAsync(Installation.NewName("old"));
        await Old.RegisterInstanceAsync(id, instanceId: "i1");
        await Old.CallAsync(HttpMethod.Put, $"/microservices/{id}/properties", new { properties = new { a = "b" } });
        await Old.CallAsync(HttpMethod.Put, $"/microservices/{id}/schemas/a", new { schema = "one" });
        await Old.CallAsync(HttpMethod.Post, $"/microservices/{id}/tags", new { tags = new { a = "b" } });
        await Old.CallAsync(HttpMethod.Put, $"/microservices/{id}/instances/i1/heartbeat");
        await Old.CallAsync(HttpMethod.Put, "/heartbeats", new { instances = new[] { new { serviceId = id, instanceId = "i1" } } });

        Assert.Equal("""{"a":"b"}""", (await Registry.ShowAsync(id)).GetProperty("properties").GetRawText());
        Assert.Equal("""{"schema":"one"}""", (await Registry.CallAsync(HttpMethod.Get, $"/microservices/{id}/schemas/a")).GetRawText());
        await Old.CallAsync(HttpMethod.Delete, $"/microservices/{id}/instances/i1");
        await Old.CallAsync(HttpMethod.Delete, $"/microservices/{id}");
        await Registry.RefusedAsync("400012", HttpMethod.Get, $"/microservices/{id}");
    }

    [Fact]
    public async Task Their_tenant_comes_in_either_header()
    {
        var answer = await Old.CallAsync(HttpMethod.Post, "/microservices", new { service = new { serviceName = "mine" } }, ("X-Tenant-Name", "elsewhere"));
        var id = answer.GetProperty("serviceId").GetString();

        await Registry.CallAsync(HttpMethod.Get, $"/microservices/{id}", null, ("X-Domain-Name", "elsewhere"));
        await Registry.RefusedAsync("400012", HttpMethod.Get, $"/microservices/{id}");
    }

    private static async Task<string> BodyAsync(HttpResponseMessage response) =>
        await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
}

/// <summary>An installation with a provider and its consumer.</summary>
public sealed class FirstGeneration : Installation
{
    protected override IEnumerable<(string Key, string Value)> Settings => [("Discovery:Rules", "true")];

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        foreach (var name in (string[])["stock", "shop"])
        {
            await Registry.CallAsync(HttpMethod.Post, "/microservices", new { service = new { serviceId = name, serviceName = name } });
        }

        await Registry.RegisterInstanceAsync("stock", instanceId: "i1");
        await Registry.CallAsync(HttpMethod.Put, "/microservices/stock/schemas/a", new { schema = "openapi", summary = "s1" });
        await Registry.CallAsync(HttpMethod.Post, "/microservices/stock/tags", new { tags = new { team = "blue" } });
        await Registry.FindIdsAsync("stock", "shop");
    }
}
