using System.Text.Json;
using Xunit;

namespace Stagedoor.Discovery.Tests.Clients;

/// <summary>What clients rely on without sending it is what the original has. The lifetime of a token is among the tests of tokens.</summary>
public sealed class DefaultsTests(DefaultsTests.Fixture engine) : IClassFixture<DefaultsTests.Fixture>
{
    [Fact]
    public async Task A_microservice_of_which_only_the_name_is_told()
    {
        var answer = await PostAsync("/microservices", """{"service":{"serviceName":"bare"}}""");

        var service = (await engine.GetAsync($"/microservices/{answer.GetProperty("serviceId").GetString()}")).GetProperty("service");
        Assert.Equal("default", service.GetProperty("appId").GetString());
        Assert.Equal("0.0.1", service.GetProperty("version").GetString());
        Assert.Equal("BACK", service.GetProperty("level").GetString());
        Assert.Equal("UP", service.GetProperty("status").GetString());
        Assert.False(service.TryGetProperty("environment", out _));
    }

    [Theory]
    [InlineData("", 30, 3)]
    [InlineData(""","healthCheck":{"mode":"push"}""", 30, 3)]
    [InlineData(""","healthCheck":{"mode":"push","interval":60}""", 60, 3)]
    [InlineData(""","healthCheck":{"mode":"push","times":5}""", 30, 5)]
    [InlineData(""","healthCheck":{"mode":"push","interval":1,"times":0}""", 5, 3)]
    [InlineData(""","healthCheck":{"mode":"pull","interval":7,"times":7}""", 30, 3)]
    public async Task An_instance_of_which_only_the_host_is_told_is_up_for_two_minutes_after_a_heartbeat(string healthCheck, int interval, int times)
    {
        var service = await engine.RegisterAsync(engine.NewName(), "stock");
        var answer = await PostAsync($"/microservices/{service}/instances", $$$"""{"instance":{"hostName":"h"{{{healthCheck}}}}}""");

        var instance = (await engine.GetAsync($"/microservices/{service}/instances/{answer.GetProperty("instanceId").GetString()}")).GetProperty("instance");
        Assert.Equal("UP", instance.GetProperty("status").GetString());

        // What clients read of an instance without asking whether it is there, in whichever answer.
        foreach (var member in (string[])["instanceId", "serviceId", "version", "hostName", "status", "timestamp", "modTimestamp"])
        {
            Assert.NotEmpty(instance.GetProperty(member).GetString()!);
        }

        Assert.Equal(interval, instance.GetProperty("healthCheck").GetProperty("interval").GetInt32());
        Assert.Equal(times, instance.GetProperty("healthCheck").GetProperty("times").GetInt32());
    }

    [Fact]
    public async Task Who_names_no_version_no_environment_no_domain_and_no_revision_gets_them_all()
    {
        var app = engine.NewName();
        foreach (var version in (string[])["0.0.1", "1.0.0", "2.1.0.7"])
        {
            await engine.AddInstanceAsync(await engine.RegisterAsync(app, "stock", version), new { instanceId = version });
        }

        Assert.Equal(["2.1.0.7", "1.0.0", "0.0.1"], await engine.FoundAsync(app, "stock"));
        Assert.Equal(["2.1.0.7", "1.0.0", "0.0.1"], await engine.FoundAsync(app, "stock", "&version=&env=&rev=&tags="));
    }

    [Fact]
    public async Task Paths_of_the_first_generation_and_requests_without_a_domain_mean_the_default_tenant()
    {
        var id = await engine.RegisterAsync(engine.NewName(), "stock");

        using var first = await engine.Client.GetAsync($"/registry/v3/microservices/{id}", Engine.Cancellation);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{Engine.Base}/microservices/{id}");
        request.Headers.Add("X-Domain-Name", "default");
        using var named = await engine.Client.SendAsync(request, Engine.Cancellation);

        await Engine.OkAsync(first);
        await Engine.OkAsync(named);
    }

    [Fact]
    public async Task A_deletion_is_not_forced_unless_it_says_so()
    {
        var service = await engine.RegisterAsync(engine.NewName(), "stock");
        await engine.AddInstanceAsync(service);

        using var plain = await engine.SendAsync(HttpMethod.Delete, $"/microservices/{service}");
        using var batch = await engine.SendAsync(HttpMethod.Delete, "/microservices", $$"""{"serviceIds":["{{service}}"]}""");

        Assert.Equal(400, (int)plain.StatusCode);
        Assert.True((await Engine.OkAsync(batch)).GetProperty("services")[0].TryGetProperty("errMessage", out _));
    }

    [Fact]
    public async Task Nothing_is_paged()
    {
        var app = engine.NewName();
        var service = await engine.RegisterAsync(app, "stock");
        for (var i = 0; i < 250; i++)
        {
            await engine.AddInstanceAsync(service, new { instanceId = $"i{i}" });
        }

        Assert.Equal(250, (await engine.FoundAsync(app, "stock")).Count);
        Assert.Equal(250, (await engine.GetAsync($"/microservices/{service}/instances")).GetProperty("instances").GetArrayLength());
    }

    private async Task<JsonElement> PostAsync(string path, string body)
    {
        using var response = await engine.SendAsync(HttpMethod.Post, path, body);
        return await Engine.OkAsync(response);
    }

    public sealed class Fixture : Engine;
}
