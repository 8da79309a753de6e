using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Discovery.Tests.Schemas;

/// <summary>Where published contracts may not change any more.</summary>
public sealed class SchemaLockTests(Installation installation) : IClassFixture<Installation>
{
    private RegistryClient Registry => installation.Registry;

    [Fact]
    [Provokes("400014")]
    public async Task A_locked_microservice_takes_only_the_contracts_that_it_declares()
    {
        var id = await LockedAsync("a");

        var detail = await Registry.RefusedAsync("400014", HttpMethod.Put, $"/microservices/{id}/schemas/b", new { schema = "one" });

        Assert.Contains("schema[b]", detail, StringComparison.Ordinal);
        Assert.Equal(["a::"], await ContractsAsync(Registry, id));
    }

    [Theory]
    [Provokes("400015")]
    [InlineData("s1", "s2")]
    [InlineData("s1", null)]
    [InlineData(null, null)]
    public async Task A_stored_contract_stays_as_it_is(string? first, string? second)
    {
        var id = await LockedAsync("a");
        await PutAsync(id, "a", "one", first);

        await Registry.RefusedAsync("400015", HttpMethod.Put, $"/microservices/{id}/schemas/a", new { schema = "two", summary = second });

        Assert.Equal([$"a:{first}:one"], await ContractsAsync(Registry, id));
    }

    [Theory]
    [InlineData("one")]
    [InlineData("two")]
    public async Task A_contract_without_digest_may_be_completed_once(string content)
    {
        var id = await LockedAsync("a");
        await PutAsync(id, "a", "one", null);

        await PutAsync(id, "a", content, "s1");

        Assert.Equal([$"a:s1:{content}"], await ContractsAsync(Registry, id));
        await Registry.RefusedAsync("400015", HttpMethod.Put, $"/microservices/{id}/schemas/a", new { schema = "three", summary = "s2" });
    }

    [Theory]
    [InlineData("one", "s1")]
    [InlineData("one", null)]
    [InlineData("one", "s2")]
    [InlineData("other bytes", "s1")]
    public async Task The_same_contract_again_is_no_change(string content, string? summary)
    {
        var id = await LockedAsync("a");
        await PutAsync(id, "a", "one", "s1");

        await PutAsync(id, "a", content, summary);

        Assert.Equal(["a:s1:one"], await ContractsAsync(Registry, id));
    }

    [Fact]
    public async Task A_locked_microservice_that_declares_nothing_learns_its_ids()
    {
        var id = await LockedAsync();

        await PutAsync(id, "a", "one", "s1");

        Assert.Equal(["a:s1:one"], await ContractsAsync(Registry, id));
        Assert.Equal("""["a"]""", (await Registry.ShowAsync(id)).GetProperty("schemas").GetRawText());
        await Registry.RefusedAsync("400014", HttpMethod.Put, $"/microservices/{id}/schemas/b", new { schema = "two" });
    }

    [Fact]
    [Provokes("400014")]
    public async Task A_set_with_an_undeclared_id_stores_nothing()
    {
        var id = await LockedAsync("a");

        await Registry.RefusedAsync("400014", HttpMethod.Post, $"/microservices/{id}/schemas", Set(("a", "one", "s1"), ("b", "two", "s2")));

        Assert.Equal(["a::"], await ContractsAsync(Registry, id));
    }

    [Fact]
    public async Task A_set_skips_what_is_stored_and_keeps_what_it_does_not_name()
    {
        var id = await LockedAsync("a", "b", "c", "d");
        await PutAsync(id, "a", "one", "s1");
        await PutAsync(id, "b", "two", null);
        await PutAsync(id, "c", "three", "s3");

        await Registry.CallAsync(HttpMethod.Post, $"/microservices/{id}/schemas", Set(("a", "ONE", "t1"), ("b", "TWO", "t2"), ("d", "four", "t4")));

        Assert.Equal(["a:s1:one", "b:t2:TWO", "c:s3:three", "d:t4:four"], await ContractsAsync(Registry, id));
        Assert.Equal("""["a","b","c","d"]""", (await Registry.ShowAsync(id)).GetProperty("schemas").GetRawText());
    }

    [Fact]
    public async Task A_set_tells_a_microservice_that_declares_nothing_its_ids()
    {
        var id = await LockedAsync();

        await Registry.CallAsync(HttpMethod.Post, $"/microservices/{id}/schemas", Set(("b", "two", "s2"), ("a", "one", "s1")));

        Assert.Equal(["b:s2:two", "a:s1:one"], await ContractsAsync(Registry, id));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Ten_replicas_that_upload_the_same_contracts_at_once_are_all_content(bool declares)
    {
        // One that declares nothing can have its ids only from the first upload.
        var names = Enumerable.Range(0, declares ? 8 : 1).Select(i => $"contract{i}").ToArray();
        var name = Installation.NewName("replicas");

        // As the Java clients do at their start: register, then one contract after the other.
        await Task.WhenAll(Enumerable.Range(0, 10).Select(async _ =>
        {
            var id = await Registry.RegisterAsync(name, environment: "production", schemas: declares ? names : null);
            foreach (var each in names)
            {
                await PutAsync(id, each, $"openapi of {each}", $"digest{each}");
            }

            await Registry.CallAsync(
                HttpMethod.Post, $"/microservices/{id}/schemas", Set([.. names.Select(n => (n, $"openapi of {n}", $"digest{n}"))]));
        }));

        var stored = await Registry.RegisterAsync(name, environment: "production");
        Assert.Equal(names.Select(n => $"{n}:digest{n}:openapi of {n}"), await ContractsAsync(Registry, stored));
    }

    [Fact]
    public async Task Replicas_that_declare_nothing_upload_a_whole_set_at_once()
    {
        var id = await LockedAsync();

        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Registry.CallAsync(
            HttpMethod.Post, $"/microservices/{id}/schemas", Set(("a", "one", "s1"), ("b", "two", "s2")))));

        Assert.Equal(["a:s1:one", "b:s2:two"], await ContractsAsync(Registry, id));
    }

    [Fact]
    public async Task A_locked_contract_may_be_deleted()
    {
        var id = await LockedAsync("a");
        await PutAsync(id, "a", "one", "s1");

        await Registry.CallAsync(HttpMethod.Delete, $"/microservices/{id}/schemas/a");
        await PutAsync(id, "a", "two", "s2");

        Assert.Equal(["a:s2:two"], await ContractsAsync(Registry, id));
    }

    [Fact]
    [Provokes("400015")]
    public async Task The_setting_says_what_is_locked()
    {
        await using var app = await StagedoorApp.StartAsync(("Discovery:SchemaLock", "Strict"), ("Discovery:SchemaLocks:free/default", "Off"));
        var registry = new RegistryClient(app.Anonymous);
        (string, string)[] free = [("X-Domain-Name", "free")];

        foreach (var (environment, isLocked) in ((string, bool)[])[("", true), ("production", true), ("development", false)])
        {
            var id = await registry.RegisterAsync("strict", environment: environment);
            await registry.CallAsync(HttpMethod.Put, $"/microservices/{id}/schemas/a", new { schema = "one", summary = "s1" });
            using var response = await registry.PutAsync($"/microservices/{id}/schemas/a", new { schema = "two", summary = "s2" });
            Assert.Equal(isLocked ? 400 : 200, (int)response.StatusCode);
        }

        var other = await registry.CallAsync(
            HttpMethod.Post, "/microservices", new { service = new { serviceName = "strict", environment = "production" } }, free);
        var path = $"/microservices/{other.GetProperty("serviceId").GetString()}/schemas/a";
        await registry.CallAsync(HttpMethod.Put, path, new { schema = "one", summary = "s1" }, free);
        await registry.CallAsync(HttpMethod.Put, path, new { schema = "two", summary = "s2" }, free);

        await app.RestartAsync(("Discovery:SchemaLock", "Off"));
        registry = new(app.Anonymous);
        var open = await registry.RegisterAsync("strict", environment: "production");
        await registry.CallAsync(HttpMethod.Put, $"/microservices/{open}/schemas/a", new { schema = "two", summary = "s2" });
        await registry.CallAsync(HttpMethod.Put, $"/microservices/{open}/schemas/new", new { schema = "two", summary = "s2" });
    }

    /// <summary>The contracts of a microservice: <c>id:digest:content</c>.</summary>
    internal static async Task<IReadOnlyList<string>> ContractsAsync(RegistryClient registry, string id)
    {
        var list = await registry.CallAsync(HttpMethod.Get, $"/microservices/{id}/schemas?withSchema=1");
        return
        [
            .. list.GetProperty("schemas").EnumerateArray().Select(s => string.Join(
                ':', ((string[])["schemaId", "summary", "schema"]).Select(m => s.TryGetProperty(m, out var value) ? value.GetString() : ""))),
        ];
    }

    private static object Set(params (string Id, string Schema, string Summary)[] contracts) =>
        new { schemas = contracts.Select(c => new { schemaId = c.Id, schema = c.Schema, summary = c.Summary }) };

    private Task<string> LockedAsync(params string[] schemas) =>
        Registry.RegisterAsync(Installation.NewName("locked"), environment: "production", schemas: schemas);

    private async Task PutAsync(string id, string schemaId, string schema, string? summary) =>
        await Registry.CallAsync(HttpMethod.Put, $"/microservices/{id}/schemas/{schemaId}", new { schema, summary });
}
