using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Discovery.Tests.Tags;

public sealed class TagTests(Installation installation) : IClassFixture<Installation>
{
    private RegistryClient Registry => installation.Registry;

    [Fact]
    public async Task Tags_take_the_place_of_those_that_are_there()
    {
        var id = await Registry.RegisterAsync(Installation.NewName());
        Assert.Equal("{}", (await Registry.CallAsync(HttpMethod.Get, $"/microservices/{id}/tags")).GetRawText());

        await ReplaceAsync(id, ("a", "b"), ("team", "blue"));
        Assert.Equal(["a=b", "team=blue"], await TagsAsync(id));
        await ReplaceAsync(id, ("z", "y"));
        Assert.Equal(["z=y"], await TagsAsync(id));
        await ReplaceAsync(id);
        Assert.Empty(await TagsAsync(id));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"tags":null}""")]
    [InlineData("""{"tags":{}}""")]
    public async Task No_tags_clear_those_that_are_there(string body)
    {
        var id = await Registry.RegisterAsync(Installation.NewName());
        await ReplaceAsync(id, ("a", "b"));

        await Registry.CallAsync(HttpMethod.Post, $"/microservices/{id}/tags", body);

        Assert.Equal("{}", (await Registry.CallAsync(HttpMethod.Get, $"/microservices/{id}/tags")).GetRawText());
    }

    [Fact]
    [Provokes("400018")]
    public async Task One_tag_gets_a_new_value_when_it_is_there()
    {
        var id = await Registry.RegisterAsync(Installation.NewName());
        await ReplaceAsync(id, ("a", "b"), ("c", "d"));

        await Registry.CallAsync(HttpMethod.Put, $"/microservices/{id}/tags/a?value=x");
        var detail = await Registry.RefusedAsync("400018", HttpMethod.Put, $"/microservices/{id}/tags/missing?value=x");

        Assert.Equal("tag[missing] not found", detail);
        Assert.Equal(["a=x", "c=d"], await TagsAsync(id));
    }

    [Fact]
    [Provokes("400018")]
    public async Task Tags_are_deleted_all_or_none()
    {
        var id = await Registry.RegisterAsync(Installation.NewName());
        await ReplaceAsync(id, ("a", "b"), ("c", "d"), ("e", "f"));

        await Registry.RefusedAsync("400018", HttpMethod.Delete, $"/microservices/{id}/tags/a,missing");
        Assert.Equal(3, (await TagsAsync(id)).Count);
        await Registry.CallAsync(HttpMethod.Delete, $"/microservices/{id}/tags/a,e");
        Assert.Equal(["c=d"], await TagsAsync(id));
    }

    [Fact]
    [Provokes("400012")]
    public async Task Nobody_has_no_tags()
    {
        await Registry.RefusedAsync("400012", HttpMethod.Get, "/microservices/nobody/tags");
        await Registry.RefusedAsync("400012", HttpMethod.Post, "/microservices/nobody/tags", new { tags = new { a = "b" } });
        await Registry.RefusedAsync("400012", HttpMethod.Put, "/microservices/nobody/tags/a?value=b");
        await Registry.RefusedAsync("400012", HttpMethod.Delete, "/microservices/nobody/tags/a");
    }

    [Theory]
    [Provokes("400001")]
    [InlineData("null")]
    [InlineData("""{"tags":{"1":"b"}}""")]
    [InlineData("""{"tags":{"a":"-b"}}""")]
    [InlineData("""{"tags":{"a":null}}""")]
    [InlineData("""{"tags":{"a":""}}""")]
    [InlineData("""{"tags":{"a":1}}""")]
    [InlineData("""{"tags":["a"]}""")]
    public async Task What_is_no_map_of_tags_is_refused(string body)
    {
        var id = await Registry.RegisterAsync(Installation.NewName());

        await Registry.RefusedAsync("400001", HttpMethod.Post, $"/microservices/{id}/tags", body);
    }

    [Fact]
    [Provokes("400001")]
    public async Task Keys_and_values_of_64_characters_and_a_hundred_tags_are_the_most()
    {
        var id = await Registry.RegisterAsync(Installation.NewName());
        await ReplaceAsync(id, [.. Enumerable.Range(0, 100).Select(i => ($"k{i}{new string('x', 63)}"[..64], new string('v', 64)))]);
        Assert.Equal(100, (await TagsAsync(id)).Count);

        object tooMany = new { tags = Enumerable.Range(0, 101).ToDictionary(i => $"k{i}", _ => "v") };
        await Registry.RefusedAsync("400001", HttpMethod.Post, $"/microservices/{id}/tags", tooMany);
        await Registry.RefusedAsync("400001", HttpMethod.Put, $"/microservices/{id}/tags/{new string('k', 65)}?value=v");
        await Registry.RefusedAsync("400001", HttpMethod.Put, $"/microservices/{id}/tags/k?value={new string('v', 65)}");
        await Registry.RefusedAsync("400001", HttpMethod.Put, $"/microservices/{id}/tags/k");
        await Registry.RefusedAsync("400001", HttpMethod.Delete, $"/microservices/{id}/tags/a,,b");
    }

    [Fact]
    [Provokes("400100")]
    public async Task A_lower_quota_counts()
    {
        await using var app = await StagedoorApp.StartAsync(("Discovery:Quotas:Tags", "2"));
        var registry = new RegistryClient(app.Anonymous);
        var id = await registry.RegisterAsync("stock");
        await registry.CallAsync(HttpMethod.Post, $"/microservices/{id}/tags", new { tags = new { a = "b", c = "d" } });

        await registry.RefusedAsync("400100", HttpMethod.Post, $"/microservices/{id}/tags", new { tags = new { a = "b", c = "d", e = "f" } });
    }

    [Fact]
    public async Task Consumers_find_only_what_has_all_the_tags_that_they_ask_for()
    {
        var name = Installation.NewName("tagged");
        var id = await Registry.RegisterAsync(name);
        await Registry.RegisterInstanceAsync(id, instanceId: "i1");
        await ReplaceAsync(id, ("a", "b"), ("c", "d"));

        var found = await Registry.CallAsync(HttpMethod.Get, $"/instances?appId=default&serviceName={name}&version=0%2B&tags=c,a");
        var not = await Registry.CallAsync(HttpMethod.Get, $"/instances?appId=default&serviceName={name}&version=0%2B&tags=a,x");

        Assert.Single(found.GetProperty("instances").EnumerateArray());
        Assert.Empty(not.GetProperty("instances").EnumerateArray());
    }

    private async Task ReplaceAsync(string id, params (string Key, string Value)[] tags) =>
        await Registry.CallAsync(HttpMethod.Post, $"/microservices/{id}/tags", new { tags = tags.ToDictionary(t => t.Key, t => t.Value) });

    private async Task<IReadOnlyList<string>> TagsAsync(string id)
    {
        var answer = await Registry.CallAsync(HttpMethod.Get, $"/microservices/{id}/tags");
        return !answer.TryGetProperty("tags", out var tags) ? [] : [.. tags.EnumerateObject().Select(t => $"{t.Name}={t.Value.GetString()}").Order(StringComparer.Ordinal)];
    }
}
