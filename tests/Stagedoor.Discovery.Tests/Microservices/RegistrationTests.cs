using System.Globalization;
using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Discovery.Tests.Microservices;

public sealed class RegistrationTests(Installation installation) : IClassFixture<Installation>
{
    private RegistryClient Registry => installation.Registry;

    [Fact]
    public async Task Fifty_registrations_of_one_key_at_once_are_one_microservice()
    {
        var name = Installation.NewName("crowd");

        var ids = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Registry.RegisterAsync(name)));

        Assert.Single(ids.Distinct());
        var all = await Registry.CallAsync(HttpMethod.Get, "/microservices");
        Assert.Single(all.GetProperty("services").EnumerateArray(), s => s.GetProperty("serviceName").GetString() == name);
    }

    [Fact]
    public async Task Member_names_are_read_in_any_case_and_unknown_ones_are_ignored()
    {
        var name = Installation.NewName("dialect");

        var answer = await Registry.CallAsync(
            HttpMethod.Post,
            "/microservices",
            $$"""{"SERVICE":{"ServiceName":"{{name}}","VERSION":"2.0","alias":null,"instances":null,"statusReady":true},"extra":[1,{"x":null}],"tags":null}""");

        var shown = await Registry.ShowAsync(answer.GetProperty("serviceId").GetString()!);
        Assert.Equal(name, shown.GetProperty("serviceName").GetString());
        Assert.Equal("2.0", shown.GetProperty("version").GetString());
        Assert.Equal("default", shown.GetProperty("appId").GetString());
        Assert.True(long.Parse(shown.GetProperty("timestamp").GetString()!, CultureInfo.InvariantCulture) > 1_700_000_000);
    }

    [Theory]
    [Provokes("400001")]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("""{"service":null}""")]
    [InlineData("""{"service":{"serviceName":7}}""")]
    [InlineData("""{"service":{"serviceName":"a"}} trailing""")]
    [InlineData("""{"service":{"serviceName":"-x"}}""")]
    [InlineData("""{"service":{"serviceName":"a","schemas":["-x"]}}""")]
    [InlineData("""{"service":{"serviceName":"\ud800"}}""")]
    public async Task A_body_that_is_no_registration_is_refused(string body)
    {
        var detail = await Registry.RefusedAsync("400001", HttpMethod.Post, "/microservices", body);

        Assert.NotEmpty(detail);
    }

    [Fact]
    [Provokes("400001")]
    public async Task Tags_and_instances_come_along_and_a_bad_one_leaves_the_microservice()
    {
        var name = Installation.NewName("baggage");
        object[] instances = [new { hostName = "h1", instanceId = "good" }, new { hostName = "", instanceId = "bad" }];

        var detail = await Registry.RefusedAsync(
            "400001", HttpMethod.Post, "/microservices", new { service = new { serviceName = name, serviceId = name }, tags = new { team = "blue" }, instances });

        Assert.Contains("instances[1]", detail, StringComparison.Ordinal);
        Assert.Equal("blue", (await Registry.CallAsync(HttpMethod.Get, $"/microservices/{name}/tags")).GetProperty("tags").GetProperty("team").GetString());
        Assert.Equal(["good"], await Registry.FindIdsAsync(name));
    }

    [Fact]
    public async Task New_properties_take_the_place_of_the_old_ones()
    {
        var id = await Registry.RegisterAsync(Installation.NewName(), properties: new Dictionary<string, string> { ["old"] = "1" });
        var before = await Registry.ShowAsync(id);
        installation.App.Clock.Advance(TimeSpan.FromSeconds(2));

        await Registry.CallAsync(
            HttpMethod.Put, $"/microservices/{id}/properties", new { properties = new { fresh = "2" }, framework = new { name = "GO-CHASSIS", version = "2.8" } });

        var after = await Registry.ShowAsync(id);
        Assert.Equal("""{"fresh":"2"}""", after.GetProperty("properties").GetRawText());
        Assert.Equal("GO-CHASSIS", after.GetProperty("framework").GetProperty("name").GetString());
        Assert.Equal(before.GetProperty("timestamp").GetString(), after.GetProperty("timestamp").GetString());
        Assert.NotEqual(before.GetProperty("modTimestamp").GetString(), after.GetProperty("modTimestamp").GetString());
    }

    [Fact]
    [Provokes("400012")]
    public async Task Properties_of_nobody_are_refused() =>
        Assert.Equal("service[nobody] not found", await Registry.RefusedAsync("400012", HttpMethod.Put, "/microservices/nobody/properties", new { properties = new { } }));

    [Fact]
    [Provokes("400010")]
    public async Task What_contradicts_a_registration_is_refused()
    {
        var name = Installation.NewName("clash");
        var id = await Registry.RegisterAsync(name, alias: $"{name}-alias");

        await Registry.RefusedAsync("400010", HttpMethod.Post, "/microservices", new { service = new { serviceName = name, version = "1.0.0", serviceId = "other" } });
        await Registry.RefusedAsync("400010", HttpMethod.Post, "/microservices", new { service = new { serviceName = $"{name}-2", serviceId = id } });
        var detail = await Registry.RefusedAsync(
            "400010", HttpMethod.Post, "/microservices", new { service = new { serviceName = $"{name}-3", version = "1.0.0", alias = $"{name}-alias" } });

        Assert.Contains(id, detail, StringComparison.Ordinal);
        Assert.Equal(id, await Registry.RegisterAsync(name));
    }

    [Fact]
    [Provokes("400012")]
    public async Task An_error_is_one_compact_object_with_all_spellings()
    {
        using var response = await Registry.GetAsync("/microservices/none");

        await response.ShouldFailWithAsync(
            400,
            """{"errCode":"400012","errMsg":"Micro-service does not exist","detail":"service[none] not found","errorCode":"400012","errorMessage":"Micro-service does not exist","error_code":"400012","error_msg":"Micro-service does not exist"}""");
    }

    [Fact]
    [Provokes("400012")]
    public async Task Go_clients_find_the_code_in_the_text_of_the_error()
    {
        using var response = await Registry.FindAsync("ghost");

        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Contains("\"errorCode\":\"400012\"", text, StringComparison.Ordinal);
        Assert.Contains("Micro-service does not exist", text, StringComparison.Ordinal);
        Assert.Equal(JsonValueKind.Object, JsonSerializer.Deserialize<JsonElement>(text).ValueKind);
    }
}
