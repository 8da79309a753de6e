using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Discovery.Tests.Schemas;

public sealed class SchemaTests(Installation installation) : IClassFixture<Installation>
{
    private const int MaxBody = 2 * 1024 * 1024;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private RegistryClient Registry => installation.Registry;

    [Fact]
    public async Task A_contract_is_read_as_it_was_put_and_its_id_is_declared()
    {
        var id = await Registry.RegisterAsync(Installation.NewName());
        const string Text = "swagger: \"2.0\"\ninfo: {title: 组织, can't: \"\\t\"}\n";

        using var put = await Registry.PutAsync($"/microservices/{id}/schemas/a.b_c-d", new { schema = Text, summary = "abc1" });
        using var shown = await Registry.GetAsync($"/microservices/{id}/schemas/a.b_c-d");

        Assert.Equal((200, 0L), ((int)put.StatusCode, put.Content.Headers.ContentLength));
        Assert.Equal("abc1", Assert.Single(shown.Headers.GetValues("X-Schema-Summary")));

        // Clients compare the whole body with the content; the digest is in the header alone.
        var answer = JsonSerializer.Deserialize<JsonElement>(await shown.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal(Text, Assert.Single(answer.EnumerateObject(), static p => p.Name == "schema").Value.GetString());
        Assert.Single(answer.EnumerateObject());
        Assert.Equal(["a.b_c-d"], await DeclaredAsync(id));
    }

    [Fact]
    public async Task A_contract_without_digest_has_none()
    {
        var id = await Registry.RegisterAsync(Installation.NewName());
        await PutAsync(id, "a", "one", null);

        using var shown = await Registry.GetAsync($"/microservices/{id}/schemas/a");

        Assert.False(shown.Headers.Contains("X-Schema-Summary"));
        Assert.Equal("""{"schema":"one"}""", await shown.Content.ReadAsStringAsync(Cancellation));
    }

    [Fact]
    public async Task A_contract_may_change_where_it_is_not_locked()
    {
        var id = await Registry.RegisterAsync(Installation.NewName(), environment: "development", schemas: ["a"]);
        await PutAsync(id, "a", "one", "s1");
        await PutAsync(id, "a", "two", "s2");
        await PutAsync(id, "b", "three", "s3");

        Assert.Equal(["a:s2:two", "b:s3:three"], await ContractsAsync(id));
        await PutAsync(id, "a", "two", "s4");
        await PutAsync(id, "b", "four", null);
        Assert.Equal(["a:s4:two", "b::four"], await ContractsAsync(id));
    }

    [Fact]
    public async Task Every_declared_id_is_listed_even_without_content()
    {
        var id = await Registry.RegisterAsync(Installation.NewName(), schemas: ["x", "a"]);
        await PutAsync(id, "a", "one", "s1");
        await PutAsync(id, "b", "two", null);

        Assert.Equal("""{"schemas":[{"schemaId":"x"},{"schemaId":"a","summary":"s1"},{"schemaId":"b"}]}""", await ListAsync(id, ""));
        Assert.Equal(await ListAsync(id, ""), await ListAsync(id, "?withSchema=0"));
        Assert.Equal(
            """{"schemas":[{"schemaId":"x"},{"schemaId":"a","summary":"s1","schema":"one"},{"schemaId":"b","schema":"two"}]}""",
            await ListAsync(id, "?withSchema=1"));
    }

    [Fact]
    public async Task A_set_of_contracts_takes_the_place_of_all()
    {
        var id = await Registry.RegisterAsync(Installation.NewName(), schemas: ["a", "b", "z"]);
        await PutAsync(id, "a", "one", "s1");
        await PutAsync(id, "b", "two", "s2");

        await PostAsync(id, ("c", "three", "s3"), ("a", "ONE", "s4"), ("c", "not this", "s5"));

        Assert.Equal(["c:s3:three", "a:s4:ONE"], await ContractsAsync(id));
        Assert.Equal(["c", "a"], await DeclaredAsync(id));
    }

    [Fact]
    [Provokes("400016")]
    public async Task A_deleted_contract_stays_declared()
    {
        var id = await Registry.RegisterAsync(Installation.NewName(), schemas: ["a"]);
        await Registry.RefusedAsync("400016", HttpMethod.Get, $"/microservices/{id}/schemas/a");
        await PutAsync(id, "a", "one", "s1");

        await Registry.CallAsync(HttpMethod.Delete, $"/microservices/{id}/schemas/a");

        await Registry.RefusedAsync("400016", HttpMethod.Get, $"/microservices/{id}/schemas/a");
        await Registry.RefusedAsync("400016", HttpMethod.Delete, $"/microservices/{id}/schemas/a");
        Assert.Equal(["a::"], await ContractsAsync(id));
    }

    [Fact]
    [Provokes("400012")]
    public async Task Nobody_has_no_contracts()
    {
        foreach (var (method, path, body) in ((HttpMethod, string, object?)[])[
            (HttpMethod.Get, "", null),
            (HttpMethod.Get, "/a", null),
            (HttpMethod.Put, "/a", new { schema = "one" }),
            (HttpMethod.Post, "", new { schemas = new[] { new { schemaId = "a", schema = "one", summary = "s1" } } }),
            (HttpMethod.Delete, "/a", null)])
        {
            Assert.Equal("service[nobody] not found", await Registry.RefusedAsync("400012", method, "/microservices/nobody/schemas" + path, body));
        }
    }

    [Theory]
    [Provokes("400001")]
    [InlineData("""{"schema":""}""")]
    [InlineData("""{"schema":null,"summary":"a"}""")]
    [InlineData("""{"summary":"a"}""")]
    [InlineData("""{"schema":"one","summary":"no-hyphen"}""")]
    [InlineData("""{"schema":1}""")]
    [InlineData("""{"schema":"one"}{}""")]
    [InlineData("""{"schema":"\ud800"}""")]
    [InlineData("")]
    public async Task What_is_no_contract_is_refused(string body)
    {
        var id = await Registry.RegisterAsync(Installation.NewName());

        await Registry.RefusedAsync("400001", HttpMethod.Put, $"/microservices/{id}/schemas/a", body);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"schemas":[]}""")]
    [InlineData("""{"schemas":[null]}""")]
    [InlineData("""{"schemas":[{"schemaId":"a","schema":"one"}]}""")]
    [InlineData("""{"schemas":[{"schemaId":"a","schema":"one","summary":""}]}""")]
    [InlineData("""{"schemas":[{"schemaId":"-a","schema":"one","summary":"s1"}]}""")]
    [InlineData("""{"schemas":[{"schema":"one","summary":"s1"}]}""")]
    [InlineData("""{"schemas":[{"schemaId":"a","schema":"one","summary":"s1"},{"schemaId":"b","schema":"","summary":"s1"}]}""")]
    public async Task What_is_no_set_of_contracts_is_refused(string body)
    {
        var id = await Registry.RegisterAsync(Installation.NewName());

        await Registry.RefusedAsync("400001", HttpMethod.Post, $"/microservices/{id}/schemas", body);

        Assert.Empty(await ContractsAsync(id));
    }

    [Fact]
    public async Task An_id_of_160_and_a_digest_of_128_characters_are_the_longest()
    {
        var id = await Registry.RegisterAsync(Installation.NewName());
        await PutAsync(id, new('i', 160), "one", new('d', 128));

        await Registry.RefusedAsync("400001", HttpMethod.Put, $"/microservices/{id}/schemas/{new string('i', 161)}", new { schema = "one" });
        await Registry.RefusedAsync("400001", HttpMethod.Put, $"/microservices/{id}/schemas/a", new { schema = "one", summary = new string('d', 129) });
        await Registry.RefusedAsync("400001", HttpMethod.Get, $"/microservices/{id}/schemas/-a");
        await Registry.RefusedAsync("400001", HttpMethod.Delete, $"/microservices/{id}/schemas/-a");
        await Registry.RefusedAsync("400001", HttpMethod.Get, $"/microservices/{id}/schemas?withSchema=true");
    }

    [Fact]
    public async Task Two_mebibytes_are_a_body_and_one_byte_more_is_none()
    {
        var id = await Registry.RegisterAsync(Installation.NewName());
        var text = new string('x', MaxBody - """{"schema":""}""".Length);

        await Registry.CallAsync(HttpMethod.Put, $"/microservices/{id}/schemas/a", $$"""{"schema":"{{text}}"}""");
        await Registry.RefusedAsync("400001", HttpMethod.Put, $"/microservices/{id}/schemas/a", $$"""{"schema":"{{text}}x"}""");

        Assert.Equal(text.Length, (await Registry.CallAsync(HttpMethod.Get, $"/microservices/{id}/schemas/a")).GetProperty("schema").GetString()!.Length);
    }

    [Fact]
    public async Task The_same_contract_from_fifty_callers_is_one()
    {
        var id = await Registry.RegisterAsync(Installation.NewName());

        await Task.WhenAll(Enumerable.Range(0, 50).Select(i => PutAsync(id, $"s{i % 5}", "one", "s1")));

        Assert.Equal(["s0", "s1", "s2", "s3", "s4"], (await DeclaredAsync(id)).Order());
    }

    private async Task PutAsync(string id, string schemaId, string schema, string? summary) =>
        await Registry.CallAsync(HttpMethod.Put, $"/microservices/{id}/schemas/{schemaId}", new { schema, summary });

    private async Task PostAsync(string id, params (string Id, string Schema, string Summary)[] contracts) => await Registry.CallAsync(
        HttpMethod.Post,
        $"/microservices/{id}/schemas",
        new { schemas = contracts.Select(c => new { schemaId = c.Id, schema = c.Schema, summary = c.Summary }) });

    private async Task<string> ListAsync(string id, string query) =>
        (await Registry.CallAsync(HttpMethod.Get, $"/microservices/{id}/schemas{query}")).GetRawText();

    private Task<IReadOnlyList<string>> ContractsAsync(string id) => SchemaLockTests.ContractsAsync(Registry, id);

    private async Task<IReadOnlyList<string?>> DeclaredAsync(string id) =>
        [.. (await Registry.ShowAsync(id)).GetProperty("schemas").EnumerateArray().Select(s => s.GetString())];
}
