using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Triggers;

/// <summary>Triggers of the management API: G1 to G5.</summary>
public sealed class TriggerTests(TriggerInstallation images) : IClassFixture<TriggerInstallation>
{
    private static readonly string[] s_members =
    [
        "action", "app_type", "application", "cluster_id", "cluster_name", "cluster_ns", "condition", "container", "enable", "name", "trigger_mode", "trigger_type",
        "created_at", "creator_name", "trigger_history",
    ];

    private static int s_names;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_trigger_is_made_listed_shown_switched_and_deleted()
    {
        await images.CreateRepositoryAsync("kept/in-order");
        Assert.Equal("[]", (await images.GetAsync(TriggerInstallation.PathOf("kept/in-order"))).GetRawText());
        using (var made = await SendAsync(HttpMethod.Post, TriggerInstallation.PathOf("kept/in-order"), TriggerInstallation.Body("first")))
        {
            await Installation.ShouldBeAsync(made, 201);
            Assert.Equal("{}", await made.Content.ReadAsStringAsync(Cancellation));
        }

        await images.CreateAsync(
            "kept$in-order",
            TriggerInstallation.Body("Second_one-2", ("trigger_type", "regular"), ("condition", "^v2.*"), ("container", null), ("app_type", "statefulsets"), ("enable", "false")));
        await images.CreateAsync(
            "kept%2Fin-order", TriggerInstallation.Body("third", ("trigger_type", "tag"), ("condition", "v1"), ("trigger_mode", "cci"), ("cluster_id", null)));

        var list = await images.GetAsync(TriggerInstallation.PathOf("kept/in-order"));
        Assert.Equal(["first", "Second_one-2", "third"], list.EnumerateArray().Select(t => Text(t, "name")));
        Assert.All(list.EnumerateArray(), t => Assert.Equal(s_members, t.EnumerateObject().Select(m => m.Name)));
        Assert.Equal(("update", "deployments", "shop", "web", ".*", "true", "cce", "all"), (
            Text(list[0], "action"),
            Text(list[0], "app_type"),
            Text(list[0], "application"),
            Text(list[0], "container"),
            Text(list[0], "condition"),
            Text(list[0], "enable"),
            Text(list[0], "trigger_mode"),
            Text(list[0], "trigger_type")));
        Assert.Equal((images.App.FirstRun.User, "[]"), (Text(list[0], "creator_name"), list[0].GetProperty("trigger_history").GetRawText()));
        Assert.Equal(("", "false", "^v2.*"), (Text(list[1], "container"), Text(list[1], "enable"), Text(list[1], "condition")));
        Assert.Equal(("", "cci"), (Text(list[2], "cluster_id"), Text(list[2], "trigger_mode")));

        using (var switched = await SendAsync(HttpMethod.Patch, TriggerInstallation.PathOf("kept/in-order", "first"), """{"enable":"false"}"""))
        {
            await Installation.ShouldBeAsync(switched, 201);
            Assert.Equal("{}", await switched.Content.ReadAsStringAsync(Cancellation));
        }

        Assert.Equal("false", Text(await images.GetAsync(TriggerInstallation.PathOf("kept/in-order", "first")), "enable"));
        using (var deleted = await SendAsync(HttpMethod.Delete, TriggerInstallation.PathOf("kept/in-order", "first")))
        {
            await Installation.ShouldBeAsync(deleted, 204);
        }

        using var gone = await SendAsync(HttpMethod.Get, TriggerInstallation.PathOf("kept/in-order", "first"));
        await gone.ShouldFailAsync(404, "SVCSTG.SWR.4040091");
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4040091")]
    public async Task Without_a_trigger_there_is_none_to_show_switch_or_delete()
    {
        await images.CreateRepositoryAsync("without");
        foreach (var (method, body) in ((HttpMethod, string?)[])[(HttpMethod.Get, null), (HttpMethod.Patch, """{"enable":"true"}"""), (HttpMethod.Delete, null)])
        {
            using var response = await SendAsync(method, TriggerInstallation.PathOf("without", "absent"), body);
            await response.ShouldFailAsync(404, "SVCSTG.SWR.4040091");
        }
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4090006")]
    public async Task Of_many_who_create_the_same_trigger_one_does()
    {
        await images.CreateRepositoryAsync("twice");
        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => SendAsync(HttpMethod.Post, TriggerInstallation.PathOf("twice"), TriggerInstallation.Body("one"))));

        Assert.Single(answers, r => (int)r.StatusCode == 201);
        foreach (var refused in answers.Where(r => (int)r.StatusCode != 201))
        {
            await refused.ShouldFailAsync(409, "SVCSTG.SWR.4090006");
        }

        Array.ForEach(answers, r => r.Dispose());
    }

    [Fact]
    public async Task A_repository_never_has_more_than_twenty()
    {
        await images.CreateRepositoryAsync("twenty");
        for (var i = 0; i < 18; i++)
        {
            await images.CreateAsync("twenty", TriggerInstallation.Body($"t{i}"));
        }

        var answers = await Task.WhenAll(
            Enumerable.Range(18, 6).Select(i => SendAsync(HttpMethod.Post, TriggerInstallation.PathOf("twenty"), TriggerInstallation.Body($"t{i}"))));

        Assert.Equal(2, answers.Count(r => (int)r.StatusCode == 201));
        foreach (var refused in answers.Where(r => (int)r.StatusCode != 201))
        {
            var error = await refused.ShouldFailAsync(400, "SVCSTG.SWR.4000014");
            Assert.Contains("Images:Triggers:MaxPerRepository", error.Body, StringComparison.Ordinal);
        }

        Array.ForEach(answers, r => r.Dispose());
        using (var exists = await SendAsync(HttpMethod.Post, TriggerInstallation.PathOf("twenty"), TriggerInstallation.Body("t0")))
        {
            await exists.ShouldFailAsync(409, "SVCSTG.SWR.4090006");
        }

        using var deleted = await SendAsync(HttpMethod.Delete, TriggerInstallation.PathOf("twenty", "t0"));
        await Installation.ShouldBeAsync(deleted, 204);
        await images.CreateAsync("twenty", TriggerInstallation.Body("again"));
    }

    [Theory]
    [InlineData("action")]
    [InlineData("app_type")]
    [InlineData("application")]
    [InlineData("cluster_ns")]
    [InlineData("condition")]
    [InlineData("enable")]
    [InlineData("name")]
    [InlineData("trigger_type")]
    public async Task What_is_required_may_not_be_missing_or_empty(string member)
    {
        foreach (var body in (string[])[TriggerInstallation.Body("x", (member, null)), TriggerInstallation.Body("x", (member, "")), """{}"""])
        {
            using var response = await SendAsync(HttpMethod.Post, TriggerInstallation.PathOf("nowhere"), body);
            await response.ShouldFailAsync(400, "SVCSTG.SWR.4001014");
        }
    }

    [Theory]
    [InlineData("action", "delete")]
    [InlineData("app_type", "daemonsets")]
    [InlineData("application", "Shop")]
    [InlineData("application", "-shop")]
    [InlineData("cluster_ns", "a.b")]
    [InlineData("container", "web_1")]
    [InlineData("enable", "yes")]
    [InlineData("enable", "True")]
    [InlineData("enable", true)]
    [InlineData("name", "1st")]
    [InlineData("name", "a__b")]
    [InlineData("name", "a-")]
    [InlineData("name", "a.b")]
    [InlineData("name", "a23456789b123456789c123456789d123456789e123456789f123456789g12345")]
    [InlineData("trigger_type", "some")]
    [InlineData("trigger_mode", "vm")]
    [InlineData("cluster_id", "unknown")]
    [InlineData("cluster_id", null)]
    [InlineData("cluster_id", "")]
    [InlineData("condition", "v1")]
    [InlineData("condition", 7)]
    public async Task What_is_wrong_is_named(string member, object? value)
    {
        var repository = $"wrong-{Interlocked.Increment(ref s_names)}";
        await images.CreateRepositoryAsync(repository);
        using var response = await SendAsync(HttpMethod.Post, TriggerInstallation.PathOf(repository), TriggerInstallation.Body("x", (member, value)));
        var error = await response.ShouldFailAsync(400, "SVCSTG.SWR.4000014");
        Assert.Contains(member is "name" ? "trigger" : member, error.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("regular", "(")]
    [InlineData("regular", "(?=a)b")]
    [InlineData("regular", @"(a)\1")]
    [InlineData("regular", "(a{1000}){1000}")]
    [InlineData("tag", ".*")]
    [InlineData("tag", "-x")]
    public async Task A_condition_is_what_its_type_says(string type, string condition)
    {
        using var response = await SendAsync(
            HttpMethod.Post, TriggerInstallation.PathOf("nowhere"), TriggerInstallation.Body("x", ("trigger_type", type), ("condition", condition)));

        await response.ShouldFailAsync(400, "SVCSTG.SWR.4000014");
    }

    [Fact]
    public async Task The_longest_name_and_expression_are_taken()
    {
        await images.CreateRepositoryAsync("longest");
        await images.CreateAsync(
            "longest", TriggerInstallation.Body(new string('n', 64), ("trigger_type", "regular"), ("condition", new string('v', 255))));
        using var longer = await SendAsync(
            HttpMethod.Post, TriggerInstallation.PathOf("longest"), TriggerInstallation.Body("x", ("trigger_type", "regular"), ("condition", new string('v', 256))));
        await longer.ShouldFailAsync(400, "SVCSTG.SWR.4000014");
    }

    [Fact]
    public async Task The_name_in_the_path_is_looked_at_before_the_body()
    {
        foreach (var method in (HttpMethod[])[HttpMethod.Get, HttpMethod.Patch, HttpMethod.Delete])
        {
            using var response = await SendAsync(method, TriggerInstallation.PathOf("nowhere", "1st"), method == HttpMethod.Patch ? "{" : null);
            var error = await response.ShouldFailAsync(400, "SVCSTG.SWR.4000014");
            Assert.Contains("trigger=1st", error.Body, StringComparison.Ordinal);
        }

        using var missing = await SendAsync(HttpMethod.Patch, TriggerInstallation.PathOf("nowhere", "a"), "{}");
        await missing.ShouldFailAsync(400, "SVCSTG.SWR.4001014");
        using var wrong = await SendAsync(HttpMethod.Patch, TriggerInstallation.PathOf("nowhere", "a"), """{"enable":true}""");
        await wrong.ShouldFailAsync(400, "SVCSTG.SWR.4000014");
    }

    [Fact]
    public async Task Who_reads_sees_triggers_and_who_pushes_changes_them()
    {
        await images.CreateRepositoryAsync("rights");
        await images.CreateAsync("rights", TriggerInstallation.Body("one"));
        var (reader, pusher, stranger) = (await images.AddUserAsync("trigger-reader"), await images.AddUserAsync("trigger-pusher"), await images.AddUserAsync("trigger-stranger"));
        using var reading = reader.Signed;
        using var pushing = pusher.Signed;
        using var strange = stranger.Signed;
        images.GrantOnRepository("rights", reader.Id, 1);
        images.GrantOnRepository("rights", pusher.Id, 3);
        images.Forget();
        var one = TriggerInstallation.PathOf("rights", "one");
        var all = TriggerInstallation.PathOf("rights");
        foreach (var (client, method, path, body, status, code) in ((HttpClient, HttpMethod, string, string?, int, string)[])
        [
            (strange, HttpMethod.Get, all, null, 403, "4037020"),
            (strange, HttpMethod.Get, one, null, 403, "4037020"),
            (strange, HttpMethod.Delete, one, null, 403, "4037018"),
            (reading, HttpMethod.Post, all, TriggerInstallation.Body("two"), 403, "4037018"),
            (reading, HttpMethod.Patch, one, """{"enable":"false"}""", 403, "4037018"),
            (reading, HttpMethod.Delete, one, null, 403, "4037018"),
        ])
        {
            using var refused = await images.SendAsync(method, path, body, client);
            await refused.ShouldFailAsync(status, $"SVCSTG.SWR.{code}");
        }

        foreach (var (client, method, path, body, status) in ((HttpClient, HttpMethod, string, string?, int)[])
        [
            (reading, HttpMethod.Get, all, null, 200),
            (reading, HttpMethod.Get, one, null, 200),
            (pushing, HttpMethod.Post, all, TriggerInstallation.Body("two"), 201),
            (pushing, HttpMethod.Patch, one, """{"enable":"false"}""", 201),
            (pushing, HttpMethod.Delete, one, null, 204),
        ])
        {
            using var response = await images.SendAsync(method, path, body, client);
            await Installation.ShouldBeAsync(response, status);
        }
    }

    [Fact]
    public async Task Other_accounts_and_missing_repositories_are_refused_before_clusters_are_looked_up()
    {
        await images.CreateRepositoryAsync("foreign");
        var (signed, registry) = await images.AddAccountAsync("trigger-account");
        using var login = registry;
        using var foreign = signed;
        using (var refused = await images.SendAsync(HttpMethod.Post, TriggerInstallation.PathOf("foreign"), TriggerInstallation.Body("x", ("cluster_id", "unknown")), foreign))
        {
            await refused.ShouldFailAsync(401, "SVCSTG.SWR.4011064");
        }

        using var missing = await SendAsync(HttpMethod.Post, TriggerInstallation.PathOf("not-there"), TriggerInstallation.Body("x", ("cluster_id", "unknown")));
        await missing.ShouldFailAsync(404, "SVCSTG.SWR.4040010");
    }

    private static string Text(JsonElement element, string member) => element.GetProperty(member).GetString()!;

    private Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? body = null) => images.SendAsync(method, path, body);
}
