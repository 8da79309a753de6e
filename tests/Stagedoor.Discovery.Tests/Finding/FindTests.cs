using System.Net;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Discovery.Tests.Finding;

public sealed class FindTests(FindTests.Fixture engine) : IClassFixture<FindTests.Fixture>
{
    [Theory]
    [InlineData("&version=1.0.0", "1.0.0")]
    [InlineData("&version=1.1.0%2B", "2.0,1.1.0")]
    [InlineData("&version=1.1.0%252B", "2.0,1.1.0")]
    [InlineData("&version=1.1.0+", "2.0,1.1.0")]
    [InlineData("&version=1.0-2.0", "1.1.0,1.0.0")]
    [InlineData("&version=2.0-1.0", "1.1.0,1.0.0")]
    [InlineData("&version=latest", "2.0")]
    [InlineData("&version=0%2B", "2.0,1.1.0,1.0.0")]
    [InlineData("&version=", "2.0,1.1.0,1.0.0")]
    [InlineData("", "2.0,1.1.0,1.0.0")]
    [InlineData("&version=3.0%2B", "")]
    public async Task A_rule_selects_versions_newest_first(string version, string expected)
    {
        var app = engine.NewName();
        foreach (var v in (string[])["1.0.0", "2.0", "1.1.0"])
        {
            await engine.AddInstanceAsync(await engine.RegisterAsync(app, "stock", v), new { instanceId = v });
        }

        Assert.Equal(expected, string.Join(',', await engine.FoundAsync(app, "stock", version)));
    }

    [Theory]
    [InlineData("1.0.0.0.1")]
    [InlineData("1.x")]
    [InlineData("32768")]
    [InlineData("1.0--2.0")]
    [InlineData("newest")]
    [Provokes("400001")]
    public async Task What_is_no_rule_is_refused(string version)
    {
        using var response = await engine.FindAsync("shop", "stock", $"&version={version}");

        await response.ShouldFailAsync(400, "400001");
    }

    [Theory]
    [InlineData("appId=&serviceName=stock")]
    [InlineData("serviceName=stock")]
    [InlineData("appId=shop")]
    [InlineData("appId=shop&serviceName=-x")]
    [InlineData("appId=shop&serviceName=stock&env=somewhere")]
    [InlineData("appId=shop&serviceName=stock&tags=1a")]
    [InlineData("appId=shop&serviceName=stock&noCache=maybe")]
    [Provokes("400001")]
    public async Task A_bad_question_is_refused(string query)
    {
        using var response = await engine.SendAsync(HttpMethod.Get, $"/instances?{query}");

        await response.ShouldFailAsync(400, "400001");
    }

    [Fact]
    [Provokes("400012")]
    public async Task The_body_of_an_unknown_provider_is_what_Go_clients_look_for()
    {
        using var response = await engine.FindAsync("shop", "ghost");

        var body = await response.Content.ReadAsStringAsync(Engine.Cancellation);
        Assert.Contains("\"errorCode\":\"400012\"", body, StringComparison.Ordinal);
        Assert.Contains("Micro-service does not exist", body, StringComparison.Ordinal);
        Assert.StartsWith("{\"errCode\":\"400012\",\"errMsg\":\"Micro-service does not exist\",\"detail\":\"", body, StringComparison.Ordinal);
        Assert.DoesNotContain("\n", body, StringComparison.Ordinal);
        await response.ShouldFailAsync(400, "400012");
    }

    [Fact]
    [Provokes("400012")]
    public async Task One_version_that_is_not_there_is_unknown()
    {
        var app = engine.NewName();
        await engine.RegisterAsync(app, "stock");

        using var response = await engine.FindAsync(app, "stock", "&version=9.0");

        await response.ShouldFailAsync(400, "400012");
    }

    [Fact]
    [Provokes("400012")]
    public async Task An_unknown_consumer_is_told_so()
    {
        var app = engine.NewName();
        await engine.RegisterAsync(app, "stock");

        using var response = await engine.FindAsync(app, "stock", consumer: "none");

        Assert.Contains("consumer[none]", await response.Content.ReadAsStringAsync(Engine.Cancellation), StringComparison.Ordinal);
        await response.ShouldFailAsync(400, "400012");
    }

    [Fact]
    public async Task A_provider_is_found_by_its_alias()
    {
        var app = engine.NewName();
        var service = await engine.RegisterAsync(app, "stock", more: new { alias = $"{app}:stock" });
        var id = await engine.AddInstanceAsync(service);

        Assert.Equal([id], await engine.FoundAsync(app, $"{app}:stock"));
    }

    [Fact]
    public async Task Another_application_sees_only_who_allows_it()
    {
        var (app, other) = (engine.NewName(), engine.NewName());
        var consumer = await engine.RegisterAsync(other, "order");
        await engine.AddInstanceAsync(await engine.RegisterAsync(app, "shut"));
        var open = await engine.AddInstanceAsync(await engine.RegisterAsync(app, "open", more: new { properties = new { allowCrossApp = "true" } }));

        Assert.Empty(await engine.FoundAsync(app, "shut", consumer: consumer));
        Assert.Equal([open], await engine.FoundAsync(app, "open", consumer: consumer));
    }

    [Fact]
    [Provokes("400012")]
    public async Task The_environment_of_the_consumer_counts()
    {
        var app = engine.NewName();
        var consumer = await engine.RegisterAsync(app, "order", more: new { environment = "testing" });
        var live = await engine.AddInstanceAsync(await engine.RegisterAsync(app, "stock", more: new { environment = "production" }));

        using var hidden = await engine.FindAsync(app, "stock", "&env=production", consumer);

        await hidden.ShouldFailAsync(400, "400012");
        Assert.Equal([live], await engine.FoundAsync(app, "stock", "&env=production"));
    }

    [Fact]
    public async Task Shared_services_are_found_from_every_tenant_environment_and_application()
    {
        var shared = await engine.AddInstanceAsync(await engine.RegisterAsync("default", "Postbox"));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v4/p1/registry/instances?appId=default&serviceName=Postbox&version=latest&env=production");
        request.Headers.Add("X-Domain-Name", "elsewhere");

        using var response = await engine.Client.SendAsync(request, Engine.Cancellation);

        Assert.Equal(shared, (await Engine.OkAsync(response)).GetProperty("instances")[0].GetProperty("instanceId").GetString());
        Assert.Single(await engine.FoundAsync("default", "CseMonitoring", "&version=latest"));
    }

    [Fact]
    public async Task Tags_leave_those_that_have_them_all()
    {
        var app = engine.NewName();
        var (red, blue) = (await engine.RegisterAsync(app, "stock"), await engine.RegisterAsync(app, "stock", "2.0.0"));
        using var one = await engine.SendAsync(HttpMethod.Post, "/microservices", $$$"""{"service":{"appId":"{{{app}}}","serviceName":"stock","version":"1.0.0"},"tags":{"a":"x","b":"y"}}""");
        using var two = await engine.SendAsync(HttpMethod.Post, "/microservices", $$$"""{"service":{"appId":"{{{app}}}","serviceName":"stock","version":"2.0.0"},"tags":{"a":"x"}}""");
        var id = await engine.AddInstanceAsync(red);
        await engine.AddInstanceAsync(blue);

        Assert.Equal([id], await engine.FoundAsync(app, "stock", "&tags=b,a"));
        Assert.Equal(2, (await engine.FoundAsync(app, "stock", "&tags=a")).Count);
        Assert.Empty(await engine.FoundAsync(app, "stock", "&tags=c"));
    }

    [Fact]
    public async Task Tenants_know_nothing_of_each_other()
    {
        var app = engine.NewName();
        await engine.AddInstanceAsync(await engine.RegisterAsync(app, "stock"), new { instanceId = "mine" });
        using var other = new OutgoingClient(new ObservingHandler(engine.App.Services) { InnerHandler = new SocketsHttpHandler() }) { BaseAddress = new(engine.App.Url) };
        other.DefaultRequestHeaders.Add("X-Domain-Name", "other");
        await engine.AddInstanceAsync(await engine.RegisterAsync(app, "stock", client: other), new { instanceId = "theirs" }, other);

        using var project = await engine.Client.GetAsync($"/v4/p2/registry/instances?appId={app}&serviceName=stock", Engine.Cancellation);

        Assert.Equal(["mine"], await engine.FoundAsync(app, "stock"));
        Assert.Equal(["theirs"], await engine.FoundAsync(app, "stock", client: other));
        Assert.Equal(HttpStatusCode.BadRequest, project.StatusCode);
    }

    [Fact]
    public async Task Whatever_changes_changes_the_revision()
    {
        var app = engine.NewName();
        var service = await engine.RegisterAsync(app, "stock");
        var seen = new HashSet<string>(StringComparer.Ordinal);
        async Task ChangedAsync()
        {
            using var response = await engine.FindAsync(app, "stock", "&rev=");
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            var revision = response.Headers.GetValues("X-Resource-Revision").Single();
            Assert.True(seen.Add(revision));
            using var same = await engine.FindAsync(app, "stock", $"&rev={revision}");
            Assert.Equal((HttpStatusCode.NotModified, ""), (same.StatusCode, await same.Content.ReadAsStringAsync(Engine.Cancellation)));
            Assert.Equal(revision, same.Headers.GetValues("X-Resource-Revision").Single());
        }

        await ChangedAsync();
        await engine.AddInstanceAsync(service, new { instanceId = "a" });
        await ChangedAsync();
        using var status = await engine.SendAsync(HttpMethod.Put, $"/microservices/{service}/instances/a/status?value=DOWN");
        await ChangedAsync();
        using var properties = await engine.SendAsync(HttpMethod.Put, $"/microservices/{service}/instances/a/properties", """{"properties":{"x":"y"}}""");
        await ChangedAsync();
        using var tags = await engine.SendAsync(HttpMethod.Post, "/microservices", $$$"""{"service":{"appId":"{{{app}}}","serviceName":"stock","version":"1.0.0"},"tags":{"t":"u"}}""");
        await ChangedAsync();

        // Gone and back between two looks.
        using var gone = await engine.SendAsync(HttpMethod.Delete, $"/microservices/{service}/instances/a");
        await engine.AddInstanceAsync(service, new { instanceId = "a" });
        await ChangedAsync();
    }

    [Fact]
    public async Task A_call_that_waits_is_answered_by_the_change()
    {
        var app = engine.NewName();
        var service = await engine.RegisterAsync(app, "stock");
        using var first = await engine.FindAsync(app, "stock");
        var revision = first.Headers.GetValues("X-Resource-Revision").Single();

        var waiting = engine.FindAsync(app, "stock", $"&rev={revision}&wait=30s");
        await Eventually.TrueAsync("the call waits beside the question for it", TimeSpan.FromSeconds(10), async () =>
            (await engine.Client.GetStringAsync("/metrics", Engine.Cancellation)).Contains("\nstagedoor_requests_in_flight 2\n", StringComparison.Ordinal));
        Assert.False(waiting.IsCompleted);
        var id = await engine.AddInstanceAsync(service);

        using var answer = await waiting.WaitAsync(TimeSpan.FromSeconds(10), Engine.Cancellation);
        Assert.Equal(id, (await Engine.OkAsync(answer)).GetProperty("instances")[0].GetProperty("instanceId").GetString());
    }

    [Fact]
    [Provokes("400001")]
    public async Task A_wait_ends_unchanged_and_has_its_limit()
    {
        var app = engine.NewName();
        await engine.RegisterAsync(app, "stock");
        using var first = await engine.FindAsync(app, "stock");
        var revision = first.Headers.GetValues("X-Resource-Revision").Single();

        using var unchanged = await engine.FindAsync(app, "stock", $"&rev={revision}&wait=1s");
        using var tooLong = await engine.FindAsync(app, "stock", $"&rev={revision}&wait=61s");

        Assert.Equal(HttpStatusCode.NotModified, unchanged.StatusCode);
        await tooLong.ShouldFailAsync(400, "400001");
    }

    public sealed class Fixture : Engine
    {
        protected override IEnumerable<(string Key, string Value)> Settings => [("Discovery:SharedServices:0", "Postbox")];
    }
}
