using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Discovery.Tests.Rules;

public sealed class RuleTests(RuledInstallation installation) : IClassFixture<RuledInstallation>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private RegistryClient Registry => installation.Registry;

    [Fact]
    public async Task Rules_are_added_listed_changed_and_deleted()
    {
        var id = await Registry.RegisterAsync(Installation.NewName());

        var ids = await AddAsync(id, ("BLACK", "ServiceName", "^evil$"), ("BLACK", "tag_team", "red"));
        var listed = await ListAsync(id);

        Assert.Equal(ids.Order(), listed.Select(r => r.GetProperty("ruleId").GetString()!).Order());
        Assert.Equal(["^evil$", "red"], listed.Select(r => r.GetProperty("pattern").GetString()!).Order(StringComparer.Ordinal));
        Assert.All(listed, r => Assert.NotEmpty(r.GetProperty("timestamp").GetString()!));

        await Registry.CallAsync(
            HttpMethod.Put, $"/microservices/{id}/rules/{ids[0]}", new { ruleType = "BLACK", attribute = "AppId", pattern = "x", description = "组织" });
        var changed = Assert.Single(await ListAsync(id), r => r.GetProperty("ruleId").GetString() == ids[0]);
        Assert.Equal(("AppId", "x", "组织"), (Text(changed, "attribute"), Text(changed, "pattern"), Text(changed, "description")));

        await Registry.CallAsync(HttpMethod.Delete, $"/microservices/{id}/rules/{ids[0]},{ids[1]}");
        Assert.Empty(await ListAsync(id));
    }

    [Fact]
    public async Task The_answer_spells_its_member_with_a_capital_letter_and_skips_duplicates()
    {
        var id = await Registry.RegisterAsync(Installation.NewName());

        Assert.Single(await AddAsync(id, ("WHITE", "AppId", "a"), ("WHITE", "AppId", "a")));
        Assert.Single(await AddAsync(id, ("WHITE", "AppId", "a"), ("WHITE", "AppId", "b")));
        var again = await Registry.CallAsync(
            HttpMethod.Post, $"/microservices/{id}/rules", new { rules = new[] { new { ruleType = "WHITE", attribute = "AppId", pattern = "a" } } });

        Assert.Equal("""{"RuleIds":[]}""", again.GetRawText());
        Assert.Equal(2, (await ListAsync(id)).Count);
    }

    [Fact]
    [Provokes("400020")]
    public async Task Black_and_white_do_not_mix()
    {
        var id = await Registry.RegisterAsync(Installation.NewName());

        await RefusedAsync("400020", id, ("WHITE", "AppId", "a"), ("BLACK", "AppId", "b"));
        await AddAsync(id, ("WHITE", "AppId", "a"));
        await RefusedAsync("400020", id, ("BLACK", "AppId", "b"));

        Assert.Single(await ListAsync(id));
    }

    [Fact]
    [Provokes("400021")]
    public async Task The_type_changes_only_while_there_is_one_rule()
    {
        var id = await Registry.RegisterAsync(Installation.NewName());
        var ids = await AddAsync(id, ("WHITE", "AppId", "a"), ("WHITE", "AppId", "b"));
        object black = new { ruleType = "BLACK", attribute = "AppId", pattern = "a" };

        await Registry.RefusedAsync("400021", HttpMethod.Put, $"/microservices/{id}/rules/{ids[0]}", black);
        await Registry.CallAsync(HttpMethod.Delete, $"/microservices/{id}/rules/{ids[1]}");
        await Registry.CallAsync(HttpMethod.Put, $"/microservices/{id}/rules/{ids[0]}", black);

        Assert.Equal("BLACK", Text(Assert.Single(await ListAsync(id)), "ruleType"));
    }

    [Fact]
    [Provokes("400022")]
    public async Task An_unknown_rule_is_refused_and_nothing_is_deleted()
    {
        var id = await Registry.RegisterAsync(Installation.NewName());
        var ids = await AddAsync(id, ("WHITE", "AppId", "a"));

        await Registry.RefusedAsync("400022", HttpMethod.Delete, $"/microservices/{id}/rules/{ids[0]},missing");
        await Registry.RefusedAsync(
            "400022", HttpMethod.Put, $"/microservices/{id}/rules/missing", new { ruleType = "WHITE", attribute = "AppId", pattern = "a" });

        Assert.Single(await ListAsync(id));
    }

    [Fact]
    [Provokes("400012")]
    public async Task Nobody_has_no_rules()
    {
        object rule = new { ruleType = "WHITE", attribute = "AppId", pattern = "a" };

        await Registry.RefusedAsync("400012", HttpMethod.Get, "/microservices/nobody/rules");
        await Registry.RefusedAsync("400012", HttpMethod.Post, "/microservices/nobody/rules", new { rules = new[] { rule } });
        await Registry.RefusedAsync("400012", HttpMethod.Put, "/microservices/nobody/rules/r", rule);
        await Registry.RefusedAsync("400012", HttpMethod.Delete, "/microservices/nobody/rules/r");
    }

    [Theory]
    [Provokes("400001")]
    [InlineData("GREY", "AppId", "a", null)]
    [InlineData(null, "AppId", "a", null)]
    [InlineData("WHITE", "Endpoint", "a", null)]
    [InlineData("WHITE", "tag_", "a", null)]
    [InlineData("WHITE", "tag_1", "a", null)]
    [InlineData("WHITE", null, "a", null)]
    [InlineData("WHITE", "AppId", "", null)]
    [InlineData("WHITE", "AppId", "(", null)]
    [InlineData("WHITE", "AppId", "(?=a)b", null)]
    [InlineData("WHITE", "AppId", "(a)\\1", null)]
    [InlineData("WHITE", "AppId", "((a{1000}){1000}){1000}", null)]
    [InlineData("WHITE", "AppId", "64+", null)]
    [InlineData("WHITE", "AppId", "a", "256+")]
    public async Task What_is_no_rule_is_refused(string? ruleType, string? attribute, string pattern, string? description)
    {
        var id = await Registry.RegisterAsync(Installation.NewName());
        object rule = new
        {
            ruleType,
            attribute,
            pattern = pattern is "64+" ? new string('p', 65) : pattern,
            description = description is null ? null : new string('组', 257),
        };

        await Registry.RefusedAsync("400001", HttpMethod.Post, $"/microservices/{id}/rules", new { rules = new[] { rule } });
    }

    [Fact]
    public async Task The_longest_rule_is_taken_and_no_more_than_a_hundred_at_once()
    {
        var id = await Registry.RegisterAsync(Installation.NewName());
        object longest = new { ruleType = "WHITE", attribute = "AppId", pattern = new string('p', 64), description = new string('组', 256) };

        await Registry.CallAsync(HttpMethod.Post, $"/microservices/{id}/rules", new { rules = new[] { longest } });
        await Registry.RefusedAsync("400001", HttpMethod.Post, $"/microservices/{id}/rules", new { rules = Enumerable.Repeat(longest, 101) });
        await Registry.RefusedAsync("400001", HttpMethod.Post, $"/microservices/{id}/rules", new { rules = Array.Empty<object>() });
        await Registry.RefusedAsync("400001", HttpMethod.Post, $"/microservices/{id}/rules", """{"rules":[null]}""");
    }

    [Fact]
    [Provokes("400100")]
    public async Task There_are_at_most_as_many_rules_as_the_quota_says()
    {
        var id = await Registry.RegisterAsync(Installation.NewName());
        await AddAsync(id, ("WHITE", "AppId", "a"), ("WHITE", "AppId", "b"), ("WHITE", "AppId", "c"));

        await RefusedAsync("400100", id, ("WHITE", "AppId", "d"));
        Assert.Empty(await AddAsync(id, ("WHITE", "AppId", "c")));
    }

    [Theory]
    [InlineData("BLACK", "ServiceName", "^evil", "friend", "evil")]
    [InlineData("WHITE", "ServiceName", "^friend", "friend", "evil")]
    [InlineData("WHITE", "Version", "^1\\.", "friend", "old")]
    [InlineData("BLACK", "tag_team", "^red$", "friend", "red")]
    [InlineData("WHITE", "tag_team", "^blue$", "friend", "red")]
    public async Task A_rule_decides_who_sees_the_provider(string ruleType, string attribute, string pattern, string admitted, string refused)
    {
        var (name, provider) = await ProviderAsync();
        var consumers = new Dictionary<string, string>
        {
            ["friend"] = await ConsumerAsync("friend", "1.0.0", "blue"),
            ["evil"] = await ConsumerAsync("evil", "1.0.0", "blue"),
            ["old"] = await ConsumerAsync("friend", "0.9.0", "blue"),
            ["red"] = await ConsumerAsync("friend", "1.0.1", "red"),
        };
        using var before = await Registry.FindAsync(name, consumerId: consumers[refused]);
        Assert.Equal(["i1"], await Registry.FindIdsAsync(name, consumers[refused]));

        await AddAsync(provider, (ruleType, attribute, pattern));

        Assert.Equal(["i1"], await Registry.FindIdsAsync(name, consumers[admitted]));
        Assert.Empty(await Registry.FindIdsAsync(name, consumers[refused]));
        using var after = await Registry.FindAsync(name, consumerId: consumers[refused], revision: Revision(before));
        Assert.Equal(200, (int)after.StatusCode);
        Assert.NotEqual(Revision(before), Revision(after));
        Assert.Equal(["i1"], await Registry.FindIdsAsync(name));
    }

    [Fact]
    [Provokes("400017")]
    public async Task One_who_may_not_see_the_provider_sees_no_instance_of_it_either()
    {
        var (_, provider) = await ProviderAsync();
        var consumer = await ConsumerAsync("evil", "1.0.0", "blue");
        await AddAsync(provider, ("BLACK", "ServiceName", "^evil"));

        await Registry.RefusedAsync("400017", HttpMethod.Get, $"/microservices/{provider}/instances/i1", null, ("X-ConsumerId", consumer));
    }

    [Fact]
    public async Task A_changed_type_turns_the_rule_round()
    {
        var (name, provider) = await ProviderAsync();
        var consumer = await ConsumerAsync("friend", "1.0.0", "blue");
        var ids = await AddAsync(provider, ("BLACK", "ServiceName", "^friend"));
        Assert.Empty(await Registry.FindIdsAsync(name, consumer));

        await Registry.CallAsync(
            HttpMethod.Put, $"/microservices/{provider}/rules/{ids[0]}", new { ruleType = "WHITE", attribute = "ServiceName", pattern = "^friend" });
        Assert.Equal(["i1"], await Registry.FindIdsAsync(name, consumer));

        await Registry.CallAsync(HttpMethod.Delete, $"/microservices/{provider}/rules/{ids[0]}");
        Assert.Equal(["i1"], await Registry.FindIdsAsync(name, consumer));
    }

    [Fact]
    public async Task Watchers_of_a_provider_hear_that_they_have_to_look_again()
    {
        var (name, provider) = await ProviderAsync();
        var consumer = await ConsumerAsync("friend", "1.0.0", "blue");
        await Registry.FindIdsAsync(name, consumer);
        using var socket = new ClientWebSocket();
        var address = new Uri(installation.App.Url.Replace("http:", "ws:", StringComparison.Ordinal) + $"/v4/default/registry/microservices/{consumer}/watcher");
        await socket.ConnectAsync(address, Cancellation);

        using var heard = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var changing = ChangeUntilAsync(provider, heard.Token);
        var frame = await ReceiveAsync(socket);
        await heard.CancelAsync();
        await changing;

        var expired = JsonSerializer.Deserialize<JsonElement>(frame);
        Assert.Equal("EXPIRE", Text(expired, "action"));
        Assert.Equal(name, Text(expired.GetProperty("key"), "serviceName"));
        Assert.Equal("UP", Text(expired.GetProperty("instance"), "status"));
    }

    [Fact]
    public async Task Rules_may_come_along_with_a_registration()
    {
        var name = Installation.NewName();
        object registration = new { service = new { serviceName = name }, rules = new[] { new { ruleType = "BLACK", attribute = "AppId", pattern = "a" } } };

        var answer = await Registry.CallAsync(HttpMethod.Post, "/microservices", registration);
        await Registry.CallAsync(HttpMethod.Post, "/microservices", registration);

        Assert.Single(await ListAsync(Text(answer, "serviceId")));
    }

    [Fact]
    [Provokes("400001")]
    public async Task A_refused_rule_leaves_the_microservice_registered()
    {
        var name = Installation.NewName();

        var detail = await Registry.RefusedAsync(
            "400001",
            HttpMethod.Post,
            "/microservices",
            new { service = new { serviceName = name, serviceId = name }, rules = new[] { new { ruleType = "BLACK", attribute = "AppId", pattern = "(" } } });

        Assert.Contains("rules: ", detail, StringComparison.Ordinal);
        await Registry.ShowAsync(name);
    }

    [Fact]
    public async Task Rules_that_come_at_once_are_of_one_type()
    {
        var id = await Registry.RegisterAsync(Installation.NewName());

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Registry.PostAsync(
            $"/microservices/{id}/rules",
            new { rules = new[] { new { ruleType = i % 2 == 0 ? "WHITE" : "BLACK", attribute = "AppId", pattern = "a" } } })));

        Array.ForEach(answers, a => a.Dispose());
        Assert.Single(await ListAsync(id));
    }

    [Fact]
    public async Task Without_the_setting_there_are_no_such_paths_and_stored_rules_do_not_count()
    {
        await using var app = await StagedoorApp.StartAsync(("Discovery:Rules", "true"));
        var registry = new RegistryClient(app.Anonymous);
        var provider = await registry.RegisterAsync("stock");
        await registry.RegisterInstanceAsync(provider, instanceId: "i1");
        var consumer = await registry.RegisterAsync("shop");
        object rules = new { rules = new[] { new { ruleType = "BLACK", attribute = "ServiceName", pattern = "shop" } } };
        await registry.CallAsync(HttpMethod.Post, $"/microservices/{provider}/rules", rules);
        Assert.Empty(await registry.FindIdsAsync("stock", consumer));

        await app.RestartAsync(("Discovery:Rules", "false"));

        registry = new(app.Anonymous);
        Assert.Equal(["i1"], await registry.FindIdsAsync("stock", consumer));
        foreach (var (method, path, body) in ((HttpMethod, string, object?)[])[
            (HttpMethod.Get, "", null), (HttpMethod.Post, "", rules), (HttpMethod.Put, "/r", rules), (HttpMethod.Delete, "/r", null)])
        {
            using var response = await registry.SendAsync(method, $"/microservices/{provider}/rules{path}", body);
            Assert.Equal(404, (int)response.StatusCode);
        }
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    private static string Revision(HttpResponseMessage response) => Assert.Single(response.Headers.GetValues("X-Resource-Revision"));

    private static async Task<string> ReceiveAsync(ClientWebSocket socket)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        patience.CancelAfter(TimeSpan.FromSeconds(20));
        var buffer = new byte[4096];
        var result = await socket.ReceiveAsync(buffer, patience.Token);
        return Encoding.UTF8.GetString(buffer, 0, result.Count);
    }

    private static object Body((string RuleType, string Attribute, string Pattern)[] rules) =>
        new { rules = rules.Select(r => new { ruleType = r.RuleType, attribute = r.Attribute, pattern = r.Pattern }) };

    private async Task ChangeUntilAsync(string provider, CancellationToken ended)
    {
        while (!ended.IsCancellationRequested)
        {
            await AddAsync(provider, ("BLACK", "AppId", "none"));
            await Registry.CallAsync(HttpMethod.Delete, $"/microservices/{provider}/rules/{Text((await ListAsync(provider))[0], "ruleId")}");
        }
    }

    private async Task<(string Name, string Id)> ProviderAsync()
    {
        var name = Installation.NewName("provider");
        var id = await Registry.RegisterAsync(name);
        await Registry.RegisterInstanceAsync(id, instanceId: "i1");
        return (name, id);
    }

    private async Task<string> ConsumerAsync(string prefix, string version, string team)
    {
        var id = await Registry.RegisterAsync(Installation.NewName(prefix), version);
        await Registry.CallAsync(HttpMethod.Post, $"/microservices/{id}/tags", new { tags = new { team } });
        return id;
    }

    private async Task<IReadOnlyList<string>> AddAsync(string id, params (string RuleType, string Attribute, string Pattern)[] rules)
    {
        var answer = await Registry.CallAsync(HttpMethod.Post, $"/microservices/{id}/rules", Body(rules));
        return [.. answer.GetProperty("RuleIds").EnumerateArray().Select(r => r.GetString()!)];
    }

    private Task<string> RefusedAsync(string code, string id, params (string RuleType, string Attribute, string Pattern)[] rules) =>
        Registry.RefusedAsync(code, HttpMethod.Post, $"/microservices/{id}/rules", Body(rules));

    private async Task<IReadOnlyList<JsonElement>> ListAsync(string id) =>
        [.. (await Registry.CallAsync(HttpMethod.Get, $"/microservices/{id}/rules")).GetProperty("rules").EnumerateArray()];
}

/// <summary>Its microservices may have rules, three each.</summary>
public sealed class RuledInstallation : Installation
{
    protected override IEnumerable<(string Key, string Value)> Settings => [("Discovery:Rules", "true"), ("Discovery:Quotas:Rules", "3")];
}
