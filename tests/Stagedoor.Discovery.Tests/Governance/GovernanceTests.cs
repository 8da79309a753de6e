using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Discovery.Tests.Governance;

public sealed class GovernanceTests(Landscape landscape) : IClassFixture<Landscape>
{
    private RegistryClient Govern => landscape.Govern;

    [Fact]
    public async Task Without_options_only_the_microservices_are_listed()
    {
        var answer = await Govern.CallAsync(HttpMethod.Get, "/microservices");

        var details = answer.GetProperty("allServicesDetail").EnumerateArray().ToList();
        Assert.Equal(["shop", "stock", "stock", "lonely"], details.Select(Name));
        Assert.All(details, d => Assert.Equal(["microService"], d.EnumerateObject().Select(m => m.Name)));
        Assert.False(answer.TryGetProperty("statistics", out _));
    }

    [Theory]
    [InlineData("tags", "tags")]
    [InlineData("rules", "rules")]
    [InlineData("instances", "instances")]
    [InlineData("schemas", "schemaInfos")]
    [InlineData("dependencies", "providers,consumers")]
    [InlineData("tags, instances", "instances,tags")]
    [InlineData("all", "instances,schemaInfos,rules,providers,consumers,tags,statics")]
    public async Task An_option_shows_what_it_says(string options, string members)
    {
        var answer = await Govern.CallAsync(HttpMethod.Get, $"/microservices?options={Uri.EscapeDataString(options)}&serviceName=stock");

        var details = answer.GetProperty("allServicesDetail").EnumerateArray().ToList();
        Assert.Equal(2, details.Count);
        Assert.All(details, d => Assert.Equal($"microService,{members}".Split(',').Order(), d.EnumerateObject().Select(m => m.Name).Order()));
        Assert.Equal(options is "all", answer.TryGetProperty("statistics", out _));
    }

    [Fact]
    public async Task A_detail_shows_all_that_belongs_to_a_microservice()
    {
        var answer = await Govern.CallAsync(HttpMethod.Get, $"/microservices/{landscape.Stock}");

        var detail = answer.GetProperty("service");
        Assert.Equal(landscape.Stock, detail.GetProperty("microService").GetProperty("serviceId").GetString());
        Assert.Equal(["i1"], detail.GetProperty("instances").EnumerateArray().Select(i => i.GetProperty("instanceId").GetString()));
        Assert.Equal(
            """[{"schemaId":"a","summary":"s1","schema":"openapi"}]""", detail.GetProperty("schemaInfos").GetRawText());
        Assert.Equal("""{"team":"blue"}""", detail.GetProperty("tags").GetRawText());
        Assert.Equal("AppId", Assert.Single(detail.GetProperty("rules").EnumerateArray()).GetProperty("attribute").GetString());
        Assert.Equal([landscape.Shop], detail.GetProperty("consumers").EnumerateArray().Select(s => s.GetProperty("serviceId").GetString()));
        Assert.Empty(detail.GetProperty("providers").EnumerateArray());
        Assert.Equal(["2.0.0", "1.0.0"], detail.GetProperty("microServiceVersions").EnumerateArray().Select(v => v.GetString()));
        Assert.Equal(1, detail.GetProperty("statics").GetProperty("instances").GetProperty("count").GetInt32());
    }

    [Theory]
    [InlineData("appId=other", "shop,stock,stock")]
    [InlineData("appId=default", "")]
    [InlineData("serviceName=shop", "shop")]
    [InlineData("env=production", "lonely")]
    [InlineData("env=", "shop,stock,stock,lonely")]
    [InlineData("property=color:blue", "shop")]
    [InlineData("property=color:blue&property=size:9:1", "shop")]
    [InlineData("property=color:red", "")]
    [InlineData("property=ghost:1", "")]
    public async Task Filters_leave_what_fits(string query, string names)
    {
        var answer = await Govern.CallAsync(HttpMethod.Get, $"/microservices?{query}");

        Assert.Equal(names, string.Join(',', answer.GetProperty("allServicesDetail").EnumerateArray().Select(Name)));
    }

    [Fact]
    public async Task Counts_are_of_names_and_not_of_versions()
    {
        const string Counts = """{"statistics":{"services":{"count":3,"onlineCount":1},"instances":{"count":1,"countByDomain":1},"apps":{"count":2}}}""";

        Assert.Equal(Counts, (await Govern.CallAsync(HttpMethod.Get, "/statistics")).GetRawText());
        Assert.Equal(Counts, (await Govern.CallAsync(HttpMethod.Get, "/microservices/statistics")).GetRawText());
        Assert.Equal(Counts, (await Govern.CallAsync(HttpMethod.Get, "/microservices?options=statistics")).GetRawText());
    }

    [Theory]
    [InlineData("countOnly=1")]
    [InlineData("countOnly=1&options=instances")]
    [InlineData("countOnly=1&options=instances&serviceName=stock")]
    public async Task Instances_are_counted_instead_of_shown(string query)
    {
        var answer = await Govern.CallAsync(HttpMethod.Get, $"/microservices?{query}");

        var details = answer.GetProperty("allServicesDetail").EnumerateArray().ToList();
        Assert.Equal(query.Contains("stock", StringComparison.Ordinal) ? 2 : 4, details.Count);
        Assert.All(details, static d => Assert.False(d.TryGetProperty("instances", out _)));
        Assert.Equal(1, details.Sum(static d => d.GetProperty("statics").GetProperty("instances").GetProperty("count").GetInt32()));
        Assert.False(answer.TryGetProperty("statistics", out _));
    }

    [Theory]
    [InlineData("options=moon,tags")]
    [InlineData("options=tags,")]
    [InlineData("property=color")]
    public async Task What_is_not_known_is_passed_over(string query)
    {
        var answer = await Govern.CallAsync(HttpMethod.Get, $"/microservices?{query}");

        Assert.Equal(query.StartsWith("options", StringComparison.Ordinal) ? 4 : 0, answer.GetProperty("allServicesDetail").GetArrayLength());
    }

    [Fact]
    public async Task Shared_microservices_count_only_when_they_are_asked_for()
    {
        await Eventually.IsAsync(async () =>
        {
            var answer = await Govern.CallAsync(HttpMethod.Get, "/microservices?withShared=true");
            var names = answer.GetProperty("allServicesDetail").EnumerateArray().Select(Name).ToList();
            return names.Contains("SERVICECENTER") && names.Contains("CseMonitoring") ? "" : null;
        });
        var counts = (await Govern.CallAsync(HttpMethod.Get, "/statistics?withShared=1")).GetProperty("statistics");
        var apps = await Govern.CallAsync(HttpMethod.Get, "/apps?withShared=1");

        Assert.Equal(5, counts.GetProperty("services").GetProperty("count").GetInt32());
        Assert.Equal("""{"appIds":["default","lonely","other"]}""", apps.GetRawText());
    }

    [Theory]
    [InlineData("", """{"appIds":["lonely","other"]}""")]
    [InlineData("?env=production", """{"appIds":["lonely"]}""")]
    [InlineData("?env=testing", """{"appIds":[]}""")]
    public async Task Applications_are_listed(string query, string answer) =>
        Assert.Equal(answer, (await Govern.CallAsync(HttpMethod.Get, "/apps" + query)).GetRawText());

    [Fact]
    public async Task Relations_are_a_graph()
    {
        var graph = await Govern.CallAsync(HttpMethod.Get, "/relations");

        var shop = $$"""{"id":"{{landscape.Shop}}","name":"shop","appId":"other","version":"1.0.0"}""";
        var stock = $$"""{"id":"{{landscape.Stock}}","name":"stock","appId":"other","version":"1.0.0"}""";
        Assert.Equal(4, graph.GetProperty("nodes").GetArrayLength());
        Assert.Contains(shop, graph.GetProperty("nodes").GetRawText(), StringComparison.Ordinal);
        Assert.Contains($$"""{"from":{{shop}},"to":{{stock}}}""", graph.GetProperty("lines").GetRawText(), StringComparison.Ordinal);
        Assert.Equal(2, graph.GetProperty("lines").GetArrayLength());
        Assert.Equal($$"""[{"nodes":[{{shop}}]}]""", graph.GetProperty("circles").GetRawText());
    }

    [Fact]
    public async Task What_leads_back_to_itself_is_a_circle()
    {
        (string, string)[] domain = [("X-Domain-Name", "circles")];
        var registry = landscape.Registry;
        foreach (var name in (string[])["a", "b", "c", "d", "e"])
        {
            await registry.CallAsync(HttpMethod.Post, "/microservices", new { service = new { serviceName = name, version = "1.0.0" } }, domain);
        }

        var dependencies = ((string From, string To)[])[("a", "b"), ("b", "c"), ("c", "a"), ("c", "d"), ("d", "e")];
        await registry.CallAsync(
            HttpMethod.Post,
            "/dependencies",
            new
            {
                dependencies = dependencies.GroupBy(d => d.From).Select(g => new
                {
                    consumer = new { appId = "default", serviceName = g.Key, version = "1.0.0" },
                    providers = g.Select(d => new { appId = "default", serviceName = d.To, version = "0+" }),
                }),
            },
            domain);

        var graph = await Govern.CallAsync(HttpMethod.Get, "/relations", null, domain);

        var circle = Assert.Single(graph.GetProperty("circles").EnumerateArray());
        Assert.Equal(["a", "b", "c"], circle.GetProperty("nodes").EnumerateArray().Select(n => n.GetProperty("name").GetString()).Order());
        Assert.Equal(5, graph.GetProperty("lines").GetArrayLength());
    }

    [Fact]
    [Provokes("400012")]
    public async Task Nobody_has_no_detail() => await Govern.RefusedAsync("400012", HttpMethod.Get, "/microservices/nobody");

    [Theory]
    [Provokes("400001")]
    [InlineData("/microservices?countOnly=yes")]
    [InlineData("/apps?withShared=yes")]
    [InlineData("/relations?withShared=yes")]
    [InlineData("/statistics?withShared=yes")]
    public async Task A_question_that_is_none_is_refused(string path) => await Govern.RefusedAsync("400001", HttpMethod.Get, path);

    [Fact]
    public async Task Another_tenant_sees_nothing_of_it()
    {
        (string, string)[] other = [("X-Domain-Name", "nobody-here")];

        Assert.Equal("""{"allServicesDetail":[]}""", (await Govern.CallAsync(HttpMethod.Get, "/microservices", null, other)).GetRawText());
        Assert.Equal("""{"appIds":[]}""", (await Govern.CallAsync(HttpMethod.Get, "/apps", null, other)).GetRawText());
        Assert.Equal("""{"nodes":[],"lines":[],"circles":[]}""", (await Govern.CallAsync(HttpMethod.Get, "/relations", null, other)).GetRawText());
        await Govern.RefusedAsync("400012", HttpMethod.Get, $"/microservices/{landscape.Stock}", null, other);
    }

    private static string Name(JsonElement detail) => detail.GetProperty("microService").GetProperty("serviceName").GetString()!;
}

/// <summary>A shop that depends on itself and on both versions of stock, and something else in production.</summary>
public sealed class Landscape : Installation
{
    public RegistryClient Govern => Registry.At("/v4/default/govern");

    public string Shop { get; private set; } = "";

    public string Stock { get; private set; } = "";

    protected override IEnumerable<(string Key, string Value)> Settings => [("Discovery:Rules", "true")];

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        Shop = await Registry.RegisterAsync(
            "shop", appId: "other", properties: new Dictionary<string, string> { ["color"] = "blue", ["size"] = "9:1" });
        Stock = await Registry.RegisterAsync("stock", appId: "other", schemas: ["a"]);
        await Registry.RegisterAsync("stock", "2.0.0", appId: "other");
        await Registry.RegisterAsync("lonely", appId: "lonely", environment: "production");
        await Registry.RegisterInstanceAsync(Stock, instanceId: "i1");
        await Registry.CallAsync(HttpMethod.Put, $"/microservices/{Stock}/schemas/a", new { schema = "openapi", summary = "s1" });
        await Registry.CallAsync(HttpMethod.Post, $"/microservices/{Stock}/tags", new { tags = new { team = "blue" } });
        await Registry.CallAsync(
            HttpMethod.Post, $"/microservices/{Stock}/rules", new { rules = new[] { new { ruleType = "BLACK", attribute = "AppId", pattern = "evil" } } });
        foreach (var name in (string[])["shop", "stock"])
        {
            using var found = await Registry.FindAsync(name, appId: "other", consumerId: Shop);
            Assert.Equal(200, (int)found.StatusCode);
        }
    }
}
