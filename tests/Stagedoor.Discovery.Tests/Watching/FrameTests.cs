using System.Text.Json;
using Xunit;

namespace Stagedoor.Discovery.Tests.Watching;

/// <summary>
/// Every frame has the members that clients read without asking. go-chassis: the instance's status, before anything else, its id, microservice and
/// endpoints; name, version and application of the key. java-chassis 2: the same, and the action as one of four words. java-chassis 3 and Spring Cloud
/// Huawei read nothing and look anew.
/// </summary>
public sealed class FrameTests(FrameTests.Fixture engine) : IClassFixture<FrameTests.Fixture>
{
    [Theory]
    [InlineData("UP")]
    [InlineData("STARTING")]
    public async Task A_new_instance(string status)
    {
        var (provider, watch) = await WatchAsync();
        await using var closing = watch;

        await engine.AddInstanceAsync(provider, new { instanceId = "i2", status });

        await ShouldBeAsync(watch, "CREATE", "i2", status);
    }

    [Fact]
    public async Task A_new_status_and_new_properties()
    {
        var (provider, watch) = await WatchAsync();
        await using var closing = watch;

        using var status = await engine.SendAsync(HttpMethod.Put, $"/microservices/{provider}/instances/i1/status?value=DOWN");
        await ShouldBeAsync(watch, "UPDATE", "i1", "DOWN");
        using var properties = await engine.SendAsync(HttpMethod.Put, $"/microservices/{provider}/instances/i1/properties", """{"properties":{"a":"b"}}""");
        await ShouldBeAsync(watch, "UPDATE", "i1", "DOWN");
    }

    [Fact]
    public async Task An_instance_that_says_good_bye()
    {
        var (provider, watch) = await WatchAsync();
        await using var closing = watch;

        using var deleted = await engine.SendAsync(HttpMethod.Delete, $"/microservices/{provider}/instances/i1");

        await ShouldBeAsync(watch, "DELETE", "i1", "UP");
    }

    [Fact]
    public async Task An_instance_whose_lease_ends()
    {
        var (provider, watch) = await WatchAsync();
        await using var closing = watch;

        await engine.AddInstanceAsync(provider, new { instanceId = "short", healthCheck = new { mode = "push", interval = 1, times = 0 } });

        await ShouldBeAsync(watch, "CREATE", "short", "UP");
        await ShouldBeAsync(watch, "DELETE", "short", "UP");
    }

    [Fact]
    public async Task A_microservice_that_is_deleted()
    {
        var (provider, watch) = await WatchAsync();
        await using var closing = watch;

        using var deleted = await engine.SendAsync(HttpMethod.Delete, $"/microservices/{provider}?force=true");

        await ShouldBeAsync(watch, "DELETE", "i1", "UP");
    }

    [Fact]
    public async Task Tags_and_rules_that_change()
    {
        var (provider, watch) = await WatchAsync();
        await using var closing = watch;

        await ChangeVisibilityAsync(provider, () => ShouldBeAsync(watch, "EXPIRE", "i1", "UP"));
    }

    [Fact]
    public async Task Tags_and_rules_of_a_provider_without_an_instance_that_is_up_are_no_news()
    {
        var (provider, watch) = await WatchAsync();
        await using var closing = watch;
        using var status = await engine.SendAsync(HttpMethod.Put, $"/microservices/{provider}/instances/i1/status?value=DOWN");
        await ShouldBeAsync(watch, "UPDATE", "i1", "DOWN");

        await ChangeVisibilityAsync(provider, static () => Task.CompletedTask);
        using var deleted = await engine.SendAsync(HttpMethod.Delete, $"/microservices/{provider}/instances/i1");
        await ShouldBeAsync(watch, "DELETE", "i1", "DOWN");
        await ChangeVisibilityAsync(provider, static () => Task.CompletedTask);

        await engine.AddInstanceAsync(provider, new { instanceId = "i2" });
        await ShouldBeAsync(watch, "CREATE", "i2", "UP");
    }

    private async Task ChangeVisibilityAsync(string provider, Func<Task> afterEach)
    {
        await CallAsync(HttpMethod.Post, "tags", """{"tags":{"a":"b"}}""");
        await CallAsync(HttpMethod.Put, "tags/a?value=c", null);
        await CallAsync(HttpMethod.Delete, "tags/a", null);
        var added = await CallAsync(HttpMethod.Post, "rules", """{"rules":[{"ruleType":"BLACK","attribute":"ServiceName","pattern":"nobody"}]}""");
        var rule = added.GetProperty("RuleIds")[0].GetString();
        await CallAsync(HttpMethod.Put, $"rules/{rule}", """{"ruleType":"BLACK","attribute":"ServiceName","pattern":"nobody-else"}""");
        await CallAsync(HttpMethod.Delete, $"rules/{rule}", null);

        async Task<JsonElement> CallAsync(HttpMethod method, string path, string? body)
        {
            using var response = await engine.SendAsync(method, $"/microservices/{provider}/{path}", body);
            var answer = await Engine.OkAsync(response);
            await afterEach();
            return answer;
        }
    }

    private static async Task ShouldBeAsync(WatchClient watch, string action, string instanceId, string status)
    {
        var (name, frame) = await watch.ReadEventAsync();

        var (key, instance) = (frame.GetProperty("key"), frame.GetProperty("instance"));
        Assert.Equal((action, instanceId, status), (name, instance.GetProperty("instanceId").GetString(), instance.GetProperty("status").GetString()));
        Assert.Equal(40, instance.GetProperty("serviceId").GetString()!.Length);
        Assert.Equal("1.0.0", instance.GetProperty("version").GetString());
        Assert.Equal("rest://10.0.0.1:8080", Assert.Single(instance.GetProperty("endpoints").EnumerateArray()).GetString());
        Assert.Equal(("stock", "1.0.0"), (key.GetProperty("serviceName").GetString(), key.GetProperty("version").GetString()));
        Assert.NotEmpty(key.GetProperty("appId").GetString()!);
        Assert.Equal("default/default", key.GetProperty("tenant").GetString());
    }

    /// <summary>A provider with an instance, and a watch of a consumer that has found it.</summary>
    private async Task<(string Provider, WatchClient Watch)> WatchAsync()
    {
        var app = engine.NewName();
        var (provider, consumer) = (await engine.RegisterAsync(app, "stock"), await engine.RegisterAsync(app, "order"));
        await engine.AddInstanceAsync(provider, new { instanceId = "i1" });
        await engine.FoundAsync(app, "stock", consumer: consumer);
        return (provider, await WatchClient.ConnectAsync(engine, $"/microservices/{consumer}/watcher"));
    }

    public sealed class Fixture : Engine
    {
        protected override IEnumerable<(string Key, string Value)> Settings =>
            [("Discovery:Rules", "true"), ("Discovery:MinHeartbeatInterval", "1"), ("Discovery:MinHeartbeatTimes", "0")];
    }
}
