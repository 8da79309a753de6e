using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Sharing;

public sealed class ShareTests(Installation images) : IClassFixture<Installation>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private HttpClient Admin => images.App.Admin;

    [Fact]
    public async Task Another_account_pulls_what_is_shared_with_it_and_no_more_when_that_ends()
    {
        await images.PushImageAsync("team/shared", "1");
        await images.PushImageAsync("team/unshared", "1");
        using var other = await OtherAsync("sh-puller");
        await other.ShouldPullAsync("team/shared", 403);

        await ShouldBeAsync(201, Admin, HttpMethod.Post, Path("shared"), Body("sh-puller"));
        await other.ShouldPullAsync("team/shared", 200);
        await other.ShouldPullAsync("team/unshared", 403);
        using (var pushed = await other.Registry.PostAsync("/v2/team/shared/blobs/uploads/", null, Cancellation))
        {
            await pushed.ShouldFailAsync(403, "SVCSTG.SWR.4011064");
        }

        Assert.Equal(["team/shared"], await CatalogAsync(other.Registry));
        await ShouldBeAsync(200, other.Signed, HttpMethod.Get, "/v2/manage/namespaces/team/repos/shared");
        await ShouldBeAsync(204, Admin, HttpMethod.Delete, Path("shared", "sh-puller"));
        await other.ShouldPullAsync("team/shared", 403);
        Assert.Empty(await CatalogAsync(other.Registry));
    }

    [Fact]
    public async Task A_token_of_the_registry_is_worth_nothing_when_the_share_is_over()
    {
        await images.PushImageAsync("team/token-share", "1");
        using var other = await OtherAsync("sh-token");
        await ShouldBeAsync(201, Admin, HttpMethod.Post, Path("token-share"), Body("sh-token", In(TimeSpan.FromMinutes(5))));
        using var bearer = images.WithBearer(await Installation.TokenAsync(other.Registry, "&scope=repository:team/token-share:pull"));
        await ShouldBeAsync(200, bearer, HttpMethod.Get, "/v2/team/token-share/manifests/1");

        images.App.Clock.Advance(TimeSpan.FromMinutes(5));

        await ShouldBeAsync(403, bearer, HttpMethod.Get, "/v2/team/token-share/manifests/1");
        await other.ShouldPullAsync("team/token-share", 403);
        Assert.Empty(await CatalogAsync(other.Registry));
        var share = await ShowAsync("token-share", "sh-token");
        Assert.True(share.GetProperty("exist").GetBoolean());
        Assert.False(share.GetProperty("status").GetBoolean());

        // What ran out is there still, and a new deadline is enough.
        await ShouldFailAsync(409, "SVCSTG.SWR.4090089", Admin, HttpMethod.Post, Path("token-share"), Body("sh-token"));
        await ShouldBeAsync(201, Admin, HttpMethod.Patch, Path("token-share", "sh-token"), """{"permit":"read","deadline":"forever"}""");
        await other.ShouldPullAsync("team/token-share", 200);
    }

    [Theory]
    [InlineData("repositories")]
    [InlineData("repos")]
    public async Task Shares_are_made_shown_changed_and_ended_under_both_paths(string kind)
    {
        var name = $"both/{kind}";
        await images.PushImageAsync($"team/{name}", "1");
        using var one = await OtherAsync($"sh-{kind}-one");
        using var two = await OtherAsync($"sh-{kind}-two");
        var path = $"/v2/manage/namespaces/team/{kind}/{name}/access-domains";
        var deadline = In(TimeSpan.FromDays(10));

        await ShouldBeAsync(201, Admin, HttpMethod.Post, path, Body($"sh-{kind}-one", deadline, "for them"));
        await ShouldBeAsync(201, Admin, HttpMethod.Post, path, Body($"sh-{kind}-two"));
        var list = await Admin.GetFromJsonAsync<JsonElement>(path, Cancellation);
        Assert.Equal(
            ["namespace", "repository", "access_domain", "permit", "deadline", "description", "creator_id", "creator_name", "created", "updated", "status"],
            list[0].EnumerateObject().Select(static m => m.Name));
        Assert.Equal(
            [("team", name, $"sh-{kind}-one", "read", deadline, "for them", true), ("team", name, $"sh-{kind}-two", "read", "forever", "", true)],
            list.EnumerateArray().Select(static s => (
                Text(s, "namespace"), Text(s, "repository"), Text(s, "access_domain"), Text(s, "permit"), Text(s, "deadline"), Text(s, "description"), s.GetProperty("status").GetBoolean())));
        Assert.Equal(images.App.FirstRun.User, Text(list[0], "creator_name"));

        await ShouldBeAsync(201, Admin, HttpMethod.Patch, $"{path}/sh-{kind}-one", """{"permit":"read","deadline":"forever"}""");
        var shown = await Admin.GetFromJsonAsync<JsonElement>($"{path}/sh-{kind}-one", Cancellation);
        Assert.Equal((true, "forever", "for them"), (shown.GetProperty("exist").GetBoolean(), Text(shown, "deadline"), Text(shown, "description")));

        await ShouldBeAsync(204, Admin, HttpMethod.Delete, $"{path}/sh-{kind}-one");
        var gone = await Admin.GetFromJsonAsync<JsonElement>($"{path}/sh-{kind}-one", Cancellation);
        Assert.Equal(
            $$"""{"exist":false,"namespace":"team","repository":"{{name}}","access_domain":"sh-{{kind}}-one","permit":"","deadline":"","description":"","creator_id":"","creator_name":"","created":"","updated":"","status":false}""",
            gone.GetRawText());
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4040091")]
    public async Task What_is_not_shared_cannot_be_changed_or_ended()
    {
        await images.PushImageAsync("team/never", "1");

        await ShouldFailAsync(404, "SVCSTG.SWR.4040091", Admin, HttpMethod.Delete, Path("never", "nobody"));
        await ShouldFailAsync(404, "SVCSTG.SWR.4040091", Admin, HttpMethod.Patch, Path("never", "nobody"), """{"permit":"read","deadline":"forever"}""");
    }

    [Theory]
    [InlineData("""{"permit":"read","deadline":"forever"}""", "4001014")]
    [InlineData("""{"access_domain":"x","deadline":"forever"}""", "4001014")]
    [InlineData("""{"access_domain":"x","permit":"read","deadline":""}""", "4001014")]
    [InlineData("""{"access_domain":"x","permit":"write","deadline":"forever"}""", "4001066")]
    [InlineData("""{"access_domain":"x","permit":"read","deadline":"Forever"}""", "4000014")]
    [InlineData("""{"access_domain":"x","permit":"read","deadline":"2020-01-01T00:00:00Z"}""", "4000014")]
    [InlineData("""{"access_domain":"x","permit":"read","deadline":"2099-01-01T00:00:00+08:00"}""", "4000014")]
    [InlineData("""{"access_domain":"x","permit":"read","deadline":"2099-13-01T00:00:00Z"}""", "4000014")]
    [InlineData("""{"access_domain":"x","permit":"read","deadline":"2099-01-01"}""", "4000014")]
    [InlineData("""{"access_domain":7,"permit":"read","deadline":"forever"}""", "4000014")]
    [InlineData("""{"access_domain":"no account","permit":"read","deadline":"forever"}""", "4001041")]
    [InlineData("""{"access_domain":"nobody-at-all","permit":"read","deadline":"forever"}""", "4001041")]
    public async Task Terms_that_are_none_are_refused(string body, string code)
    {
        await images.PushImageAsync("team/terms", "1");

        await ShouldFailAsync(400, $"SVCSTG.SWR.{code}", Admin, HttpMethod.Post, Path("terms"), body);
    }

    [Theory]
    [InlineData("2099-12-31T23:59:59Z")]
    [InlineData("2099-12-31T23:59:59.123456789z")]
    [InlineData("2099-12-31t23:59:59+00:00")]
    public async Task A_time_is_kept_as_it_was_written(string deadline)
    {
        var account = $"sh-time-{deadline.Length}";
        await images.PushImageAsync("team/times", "1");
        using var other = await OtherAsync(account);

        await ShouldBeAsync(201, Admin, HttpMethod.Post, Path("times"), Body(account, deadline));

        Assert.Equal(deadline, Text(await ShowAsync("times", account), "deadline"));
        await other.ShouldPullAsync("team/times", 200);
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4001041")]
    public async Task The_own_account_and_a_malformed_one_are_no_other_account()
    {
        await images.PushImageAsync("team/own-share", "1");

        await ShouldFailAsync(400, "SVCSTG.SWR.4001041", Admin, HttpMethod.Post, Path("own-share"), Body(images.App.FirstRun.Domain));
        foreach (var method in (HttpMethod[])[HttpMethod.Get, HttpMethod.Delete, HttpMethod.Patch])
        {
            await ShouldFailAsync(400, "SVCSTG.SWR.4001041", Admin, method, Path("own-share", "not.one"), method == HttpMethod.Patch ? "{}" : null);
            await ShouldFailAsync(400, "SVCSTG.SWR.4001041", Admin, method, Path("own-share", new string('a', 65)), method == HttpMethod.Patch ? "{}" : null);
        }
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4131012")]
    public async Task A_description_has_at_most_a_thousand_characters()
    {
        await images.PushImageAsync("team/described", "1");
        using var other = await OtherAsync("sh-described");

        await ShouldFailAsync(413, "SVCSTG.SWR.4131012", Admin, HttpMethod.Post, Path("described"), Body("sh-described", "forever", new('d', 1001)));
        await ShouldBeAsync(201, Admin, HttpMethod.Post, Path("described"), Body("sh-described", "forever", new('d', 1000)));
    }

    [Fact]
    public async Task A_public_repository_is_not_shared_and_a_shared_one_may_become_public_and_private_again()
    {
        await images.PushImageAsync("team/publicity", "1");
        using var one = await OtherAsync("sh-public-one");
        using var two = await OtherAsync("sh-public-two");
        await ShouldBeAsync(201, Admin, HttpMethod.Post, Path("publicity"), Body("sh-public-one"));

        await ShouldBeAsync(201, Admin, HttpMethod.Patch, "/v2/manage/namespaces/team/repos/publicity", """{"is_public":true}""");
        await two.ShouldPullAsync("team/publicity", 200);
        await ShouldFailAsync(400, "SVCSTG.SWR.4000014", Admin, HttpMethod.Post, Path("publicity"), Body("sh-public-two"));

        await ShouldBeAsync(201, Admin, HttpMethod.Patch, "/v2/manage/namespaces/team/repos/publicity", """{"is_public":false}""");
        await one.ShouldPullAsync("team/publicity", 200);
        await two.ShouldPullAsync("team/publicity", 403);
    }

    [Fact]
    public async Task Who_does_not_manage_the_repository_neither_shares_it_nor_sees_with_whom()
    {
        await images.PushImageAsync("team/managed", "1");
        var (editor, stranger) = (await images.AddUserAsync("sh-editor"), await images.AddUserAsync("sh-stranger"));
        using var edits = editor.Signed;
        using var reads = stranger.Signed;
        images.GrantOnRepository("managed", editor.Id, 3);
        using var other = await OtherAsync("sh-managed");
        await ShouldBeAsync(201, Admin, HttpMethod.Post, Path("managed"), Body("sh-managed"));

        foreach (var (method, path, body) in ((HttpMethod, string, string?)[])
        [
            (HttpMethod.Post, Path("managed"), Body("nobody-at-all")), (HttpMethod.Get, Path("managed"), null), (HttpMethod.Get, Path("managed", "sh-managed"), null),
            (HttpMethod.Delete, Path("managed", "sh-managed"), null), (HttpMethod.Patch, Path("managed", "sh-managed"), """{"permit":"read","deadline":"forever"}"""),
        ])
        {
            await ShouldFailAsync(403, "SVCSTG.SWR.4037020", edits, method, path, body);
            await ShouldFailAsync(403, "SVCSTG.SWR.4037018", reads, method, path, body);
            await ShouldFailAsync(401, "SVCSTG.SWR.4011064", other.Signed, method, path, body);
        }
    }

    [Fact]
    public async Task Of_many_who_share_at_the_edge_as_many_succeed_as_there_is_room()
    {
        await images.PushImageAsync("team/edge", "1");
        var accounts = Enumerable.Range(0, 5).Select(static i => $"sh-edge-{i}").ToList();
        foreach (var account in accounts)
        {
            (await OtherAsync(account)).Dispose();
        }

        images.App.Sabotage("images").Execute(
            """
            WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 498)
            INSERT INTO share_domains (repository_id, domain_id, access_domain, deadline, expires_at, description, creator_id, creator_name, created_at, updated_at)
            SELECT r.id, 'absent-' || n.i, 'absent-' || n.i, 'forever', NULL, '', '', '', 0, 0 FROM n, repositories r WHERE r.name = 'edge'
            """);

        var shared = await Task.WhenAll(accounts.Select(account => SendAsync(Admin, HttpMethod.Post, Path("edge"), Body(account))));

        Assert.Equal((2, 3), (shared.Count(static r => (int)r.StatusCode == 201), shared.Count(static r => (int)r.StatusCode == 400)));
        Array.ForEach(shared, static r => r.Dispose());
        Assert.Equal(500, (await Admin.GetFromJsonAsync<JsonElement>(Path("edge"), Cancellation)).GetArrayLength());
        await ShouldBeAsync(204, Admin, HttpMethod.Delete, Path("edge", "absent-7"));
        shared = await Task.WhenAll(accounts.Select(account => SendAsync(Admin, HttpMethod.Post, Path("edge"), Body(account))));
        Assert.Equal([201, 400, 400, 409, 409], shared.Select(static r => (int)r.StatusCode).Order());
        Array.ForEach(shared, static r => r.Dispose());
    }

    [Fact]
    public async Task Lists_show_what_one_shares_and_what_others_share_with_one()
    {
        await images.CreateOrganizationAsync("sharing-lists");
        foreach (var name in (string[])["list/one", "list/two", "list/kept"])
        {
            await images.PushImageAsync($"sharing-lists/{name}", "1");
        }

        using var other = await OtherAsync("sh-lists");
        await ShouldBeAsync(201, Admin, HttpMethod.Post, Path("list/one", organization: "sharing-lists"), Body("sh-lists"));
        await ShouldBeAsync(201, Admin, HttpMethod.Post, Path("list/two", organization: "sharing-lists"), Body("sh-lists", In(TimeSpan.FromMinutes(1))));
        await ShouldBeAsync(201, Admin, HttpMethod.Patch, "/v2/manage/namespaces/sharing-lists/repos/list$two", """{"is_public":false,"description":"secret"}""");
        images.App.Clock.Advance(TimeSpan.FromMinutes(2));

        var own = await Admin.GetFromJsonAsync<JsonElement>("/v2/manage/shared-repositories?filter=center::self|namespace::sharing-l|order_column::name|order_type::asc", Cancellation);
        Assert.Equal([("list/one", true), ("list/two", false)], own.EnumerateArray().Select(static r => (Text(r, "name"), r.GetProperty("status").GetBoolean())));
        Assert.Equal("secret", Text(own[1], "description"));
        Assert.Equal(2, (await Admin.GetFromJsonAsync<JsonElement>("/v2/manage/shared-repositories?center=self&domain_name=sh-lists", Cancellation)).GetArrayLength());
        Assert.Equal(0, (await Admin.GetFromJsonAsync<JsonElement>("/v2/manage/shared-repositories?center=self&domain_name=sh-absent", Cancellation)).GetArrayLength());
        Assert.Equal(0, (await Admin.GetFromJsonAsync<JsonElement>("/v2/manage/shared-repositories?center=thirdparty", Cancellation)).GetArrayLength());

        using (var page = await other.Signed.GetAsync("/v2/manage/shared-repositories?center=thirdparty&limit=10&offset=0&order_column=name&order_type=asc", Cancellation))
        {
            await Installation.ShouldBeAsync(page, 200);
            Assert.Equal("0-2/2", page.Content.Headers.TryGetValues("Content-Range", out var range) ? range.Single() : page.Headers.GetValues("Content-Range").Single());
            var theirs = await page.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
            Assert.Equal(
                [("list/one", true, 1), ("list/two", false, 0)],
                theirs.EnumerateArray().Select(static r => (Text(r, "name"), r.GetProperty("status").GetBoolean(), r.GetProperty("tags").GetArrayLength())));
            // What it may not read any more it does not read here either.
            Assert.Equal(("", 0L), (Text(theirs[1], "description"), theirs[1].GetProperty("size").GetInt64()));
            Assert.Equal(images.App.FirstRun.Domain, Text(theirs[0], "domain_name"));
        }

        var first = await other.Signed.GetFromJsonAsync<JsonElement>("/v3/manage/shared-repositories?shared_by=thirdparty&limit=1", Cancellation);
        var next = first.GetProperty("nextMarker").GetInt64();
        var second = await other.Signed.GetFromJsonAsync<JsonElement>($"/v3/manage/shared-repositories?shared_by=thirdparty&limit=1&marker={next}", Cancellation);
        Assert.Equal(("list/one", "list/two"), (Text(first.GetProperty("repos")[0], "name"), Text(second.GetProperty("repos")[0], "name")));
        Assert.False(second.TryGetProperty("nextMarker", out _));
        foreach (var (status, name) in ((string, string)[])[("true", "list/one"), ("false", "list/two")])
        {
            var theirs = await other.Signed.GetFromJsonAsync<JsonElement>($"/v3/manage/shared-repositories?shared_by=thirdparty&status={status}", Cancellation);
            Assert.Equal([name], theirs.GetProperty("repos").EnumerateArray().Select(static r => Text(r, "name")));
            var ours = await Admin.GetFromJsonAsync<JsonElement>($"/v3/manage/shared-repositories?shared_by=self&namespace=sharing-lists&status={status}", Cancellation);
            Assert.Equal([name], ours.GetProperty("repos").EnumerateArray().Select(static r => Text(r, "name")));
        }
    }

    [Fact]
    public async Task What_is_shared_is_found_by_the_other_account_wherever_it_may_read_and_in_no_list_of_its_own()
    {
        var readers = new[] { await OtherAsync("sh-found"), await OtherAsync("sh-not-found") };
        await images.CreateOrganizationAsync("sharing-found");
        await images.PushImageAsync("sharing-found/seen", "1");
        await ShouldBeAsync(201, Admin, HttpMethod.Post, Path("seen", organization: "sharing-found"), Body("sh-found", In(TimeSpan.FromMinutes(5))));
        // Where it is found, and whether what may be read is there or what one has.
        (string List, bool IsOfAll)[] lists =
        [
            ("/v2/manage/search?q=sharing-found", true),
            ("/v2/_catalog", true),
            ("/v2/manage/shared-repositories?center=thirdparty", true),
            ("/v3/manage/shared-repositories?shared_by=thirdparty&status=true", true),
            ("/v2/manage/repos", false),
            ("/v2/manage/repos?filter=namespace::sharing-found", false),
            ("/v3/manage/repos", false),
            ("/dockyard/v2/repositories?filter=center::self", false),
            ("/v2/manage/shared-repositories?center=self", false),
            ("/v2/manage/hub/images", false),
            ("/v2/manage/namespaces", false),
            ("/v2/manage/namespaces?filter=mode::visible", false),
        ];
        foreach (var (list, isOfAll) in lists)
        {
            Assert.Equal((list, isOfAll), (list, await readers[0].FindsAsync(list)));
            Assert.Equal((list, false), (list, await readers[1].FindsAsync(list)));
        }

        foreach (var path in (string[])["repos/seen", "repos/seen/tags", "repos/seen/tags/1"])
        {
            await ShouldBeAsync(200, readers[0].Signed, HttpMethod.Get, $"/v2/manage/namespaces/sharing-found/{path}");
            await ShouldFailAsync(401, "SVCSTG.SWR.4011064", readers[1].Signed, HttpMethod.Get, $"/v2/manage/namespaces/sharing-found/{path}");
        }

        images.App.Clock.Advance(TimeSpan.FromMinutes(6));

        foreach (var (list, _) in lists)
        {
            // What ran out is still named among what others share.
            Assert.Equal((list, list is "/v2/manage/shared-repositories?center=thirdparty"), (list, await readers[0].FindsAsync(list)));
        }

        foreach (var path in (string[])["repos/seen", "repos/seen/tags", "repos/seen/tags/1"])
        {
            await ShouldFailAsync(401, "SVCSTG.SWR.4011064", readers[0].Signed, HttpMethod.Get, $"/v2/manage/namespaces/sharing-found/{path}");
        }

        await ShouldBeAsync(204, Admin, HttpMethod.Delete, Path("seen", "sh-found", "sharing-found"));
        foreach (var (list, _) in lists)
        {
            Assert.Equal((list, false), (list, await readers[0].FindsAsync(list)));
        }

        Array.ForEach(readers, static r => r.Dispose());
    }

    [Theory]
    [InlineData("/v2/manage/shared-repositories", "4001036")]
    [InlineData("/v2/manage/shared-repositories?center=all", "4001025")]
    [InlineData("/v2/manage/shared-repositories?center=self&limit=0", "4000056")]
    [InlineData("/v2/manage/shared-repositories?filter=center::self|x::y", "4001035")]
    [InlineData("/v3/manage/shared-repositories", "4001036")]
    [InlineData("/v3/manage/shared-repositories?shared_by=all", "4001025")]
    [InlineData("/v3/manage/shared-repositories?shared_by=self&status=maybe", "4001025")]
    public async Task A_list_says_which_one_it_is(string path, string code) => await ShouldFailAsync(400, $"SVCSTG.SWR.{code}", Admin, HttpMethod.Get, path);

    internal static string Body(string account, string deadline = "forever", string? description = null) =>
        JsonSerializer.Serialize(new { access_domain = account, permit = "read", deadline, description });

    internal static string Path(string repository, string? account = null, string organization = "team") =>
        $"/v2/manage/namespaces/{organization}/repositories/{repository.Replace('/', '$')}/access-domains{(account is null ? "" : $"/{account}")}";

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    private static async Task<IReadOnlyList<string>> CatalogAsync(HttpClient registry) =>
        [.. (await registry.GetFromJsonAsync<JsonElement>("/v2/_catalog", Cancellation)).GetProperty("repositories").EnumerateArray().Select(static r => r.GetString()!).Where(static r => !r.EndsWith("/public", StringComparison.Ordinal))];

    private string In(TimeSpan time) =>
        images.App.Clock.GetUtcNow().Add(time).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private Task<JsonElement> ShowAsync(string repository, string account) => Admin.GetFromJsonAsync<JsonElement>(Path(repository, account), Cancellation);

    private async Task<Other> OtherAsync(string name)
    {
        var (signed, registry) = await images.AddAccountAsync(name);
        return new(signed, registry);
    }

    private static async Task ShouldBeAsync(int status, HttpClient client, HttpMethod method, string path, string? body = null)
    {
        using var response = await SendAsync(client, method, path, body);
        await Installation.ShouldBeAsync(response, status);
    }

    private static async Task ShouldFailAsync(int status, string code, HttpClient client, HttpMethod method, string path, string? body = null)
    {
        using var response = await SendAsync(client, method, path, body);
        await response.ShouldFailAsync(status, code);
    }

    private static async Task<HttpResponseMessage> SendAsync(HttpClient client, HttpMethod method, string path, string? body)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json") };
        return await client.SendAsync(request, Cancellation);
    }

    private sealed record Other(HttpClient Signed, HttpClient Registry) : IDisposable
    {
        /// <summary>Whether the list names the organization <c>sharing-found</c>.</summary>
        public async Task<bool> FindsAsync(string list)
        {
            using var response = await (list.StartsWith("/v2/manage", StringComparison.Ordinal) || list.StartsWith("/v3", StringComparison.Ordinal) ? Signed : Registry).GetAsync(list, Cancellation);
            await Installation.ShouldBeAsync(response, 200);
            return (await response.Content.ReadAsStringAsync(Cancellation)).Contains("sharing-found", StringComparison.Ordinal);
        }

        public async Task ShouldPullAsync(string repository, int status)
        {
            using var pulled = await Registry.GetAsync($"/v2/{repository}/manifests/1", Cancellation);
            await Installation.ShouldBeAsync(pulled, status);
        }

        public void Dispose()
        {
            Signed.Dispose();
            Registry.Dispose();
        }
    }
}
