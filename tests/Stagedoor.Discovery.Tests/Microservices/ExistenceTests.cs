using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Discovery.Tests.Microservices;

public sealed class ExistenceTests(Installation installation) : IClassFixture<Installation>
{
    private RegistryClient Registry => installation.Registry;

    [Theory]
    [InlineData("1.0.0", "1.0.0")]
    [InlineData("1.5", "1.5")]
    [InlineData("1.0+", "2.0.0")]
    [InlineData("1.0.0-2.0.0", "1.5")]
    [InlineData("2.0.0-1.0.0", "1.5")]
    [InlineData("latest", "2.0.0")]
    [InlineData("0 ", "2.0.0")]
    [InlineData("1.5%2B", "2.0.0")]
    public async Task The_newest_version_that_a_rule_means_is_answered(string rule, string version)
    {
        var name = Installation.NewName();
        foreach (var each in (string[])["1.0.0", "2.0.0", "1.5"])
        {
            await Registry.RegisterAsync(name, each, environment: "testing");
        }

        var answer = await AskAsync(name, rule, "testing");

        Assert.Equal(version, (await Registry.ShowAsync(answer)).GetProperty("version").GetString());
    }

    [Fact]
    public async Task The_second_name_is_a_name()
    {
        var name = Installation.NewName();
        var id = await Registry.RegisterAsync(name, appId: "shop", alias: $"shop:{name}");

        Assert.Equal(id, await AskAsync($"shop:{name}", "0+", "", "shop"));
        Assert.Equal(id, await AskAsync(name, "1.0.0", "", "shop"));
    }

    [Fact]
    [Provokes("400012")]
    public async Task What_is_not_registered_does_not_exist()
    {
        var name = Installation.NewName();
        await Registry.RegisterAsync(name, "1.0.0");

        await Registry.RefusedAsync("400012", HttpMethod.Get, Path("ghost", "0+"));
        await Registry.RefusedAsync("400012", HttpMethod.Get, Path(name, "1.0"));
        await Registry.RefusedAsync("400012", HttpMethod.Get, Path(name, "1.0.0", "production"));
        await Registry.RefusedAsync("400012", HttpMethod.Get, Path(name, "1.0.0", appId: "other"));
    }

    [Fact]
    [Provokes("400026")]
    public async Task A_rule_that_no_version_fits_has_a_code_of_its_own()
    {
        var name = Installation.NewName();
        await Registry.RegisterAsync(name, "1.0.0");

        var detail = await Registry.RefusedAsync("400026", HttpMethod.Get, Path(name, "2.0+"));

        Assert.Contains("2.0+", detail, StringComparison.Ordinal);
    }

    [Theory]
    [Provokes("400001")]
    [InlineData("")]
    [InlineData("?type=foo")]
    [InlineData("?type=microservice&appId=a&serviceName=b")]
    [InlineData("?type=microservice&appId=a&serviceName=b&version=")]
    [InlineData("?type=microservice&appId=a&serviceName=b&version=x")]
    [InlineData("?type=microservice&appId=a&serviceName=-b&version=1.0")]
    [InlineData("?type=microservice&appId=-a&serviceName=b&version=1.0")]
    [InlineData("?type=microservice&appId=a&serviceName=b&version=1.0&env=moon")]
    [InlineData("?type=schema&schemaId=a")]
    [InlineData("?type=schema&serviceId=a")]
    [InlineData("?type=schema&serviceId=a&schemaId=-a")]
    public async Task A_question_that_is_none_is_refused(string query) =>
        await Registry.RefusedAsync("400001", HttpMethod.Get, "/existence" + query);

    [Fact]
    public async Task A_name_of_289_characters_is_looked_for_and_a_longer_one_is_refused()
    {
        await Registry.RefusedAsync("400012", HttpMethod.Get, Path(new('n', 289), "0+"));
        await Registry.RefusedAsync("400001", HttpMethod.Get, Path(new('n', 290), "0+"));
    }

    [Fact]
    public async Task A_stored_contract_exists_with_its_digest()
    {
        var id = await Registry.RegisterAsync(Installation.NewName());
        await Registry.CallAsync(HttpMethod.Put, $"/microservices/{id}/schemas/a", new { schema = "openapi", summary = "abc1" });

        using var response = await Registry.GetAsync($"/existence?type=schema&serviceId={id}&schemaId=a");

        Assert.Equal("abc1", Assert.Single(response.Headers.GetValues("X-Schema-Summary")));
        Assert.Equal(
            $$"""{"serviceId":"{{id}}","schemaId":"a","summary":"abc1"}""", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    [Provokes("400016")]
    [Provokes("400012")]
    public async Task A_contract_without_content_does_not_exist()
    {
        var id = await Registry.RegisterAsync(Installation.NewName(), schemas: ["a"]);

        await Registry.RefusedAsync("400016", HttpMethod.Get, $"/existence?type=schema&serviceId={id}&schemaId=a");
        await Registry.RefusedAsync("400012", HttpMethod.Get, "/existence?type=schema&serviceId=none&schemaId=a");
    }

    private static string Path(string name, string version, string environment = "", string appId = "default") =>
        $"/existence?type=microservice&env={environment}&appId={appId}&serviceName={Uri.EscapeDataString(name)}&version={Uri.EscapeDataString(version)}";

    private async Task<string> AskAsync(string name, string version, string environment, string appId = "default") =>
        (await Registry.CallAsync(HttpMethod.Get, Path(name, version, environment, appId))).GetProperty("serviceId").GetString()!;
}
