using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Repositories;

/// <summary>Repositories of the management API: R1 to R6.</summary>
public sealed class RepositoryTests(Installation images) : IClassFixture<Installation>
{
    private const string Path = "/v2/manage/namespaces/team/repos";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private HttpClient Admin => images.App.Admin;

    private string Host => new Uri(images.App.Url).Authority;

    [Fact]
    public async Task A_created_repository_is_shown_changed_and_deleted()
    {
        using (var created = await CreateAsync("""{"repository":"shown","is_public":false,"category":"linux","description":"one 组织"}"""))
        {
            Assert.Equal("{}", await created.Content.ReadAsStringAsync(Cancellation));
            await Installation.ShouldBeAsync(created, 201);
        }

        var shown = await Admin.GetFromJsonAsync<JsonElement>($"{Path}/shown", Cancellation);
        Assert.Equal(
            [
                "id", "ns_id", "name", "category", "description", "creator_id", "creator_name", "size", "is_public", "num_images", "num_download", "url", "path",
                "internal_path", "created", "updated", "domain_id", "priority",
            ],
            shown.EnumerateObject().Select(m => m.Name));
        Assert.Equal(("shown", "linux", "one 组织"), (Text(shown, "name"), Text(shown, "category"), Text(shown, "description")));
        Assert.Equal(($"{Host}/team/shown", $"{Host}/team/shown"), (Text(shown, "path"), Text(shown, "internal_path")));
        Assert.False(shown.GetProperty("is_public").GetBoolean());

        using (var changed = await SendAsync(HttpMethod.Patch, $"{Path}/shown", """{"is_public":true,"category":"arms"}"""))
        {
            await Installation.ShouldBeAsync(changed, 201);
        }

        shown = await Admin.GetFromJsonAsync<JsonElement>($"{Path}/shown", Cancellation);
        Assert.Equal(("arm", "one 组织", true), (Text(shown, "category"), Text(shown, "description"), shown.GetProperty("is_public").GetBoolean()));

        using var deleted = await Admin.DeleteAsync($"{Path}/shown", Cancellation);
        await Installation.ShouldBeAsync(deleted, 204);
        using var gone = await Admin.GetAsync($"{Path}/shown", Cancellation);
        await gone.ShouldFailAsync(404, "SVCSTG.SWR.4040010");
    }

    [Fact]
    public async Task Everybody_pulls_from_a_repository_that_was_made_public()
    {
        await images.PushImageAsync("team/open", "1");
        using (var changed = await SendAsync(HttpMethod.Patch, $"{Path}/open", """{"is_public":true}"""))
        {
            await Installation.ShouldBeAsync(changed, 201);
        }

        using var pulled = await images.App.Anonymous.GetAsync("/v2/team/open/manifests/1", Cancellation);
        // Without a token anonymous callers are sent to get one.
        Assert.Equal(401, (int)pulled.StatusCode);
        using var bearer = images.WithBearer(await Installation.TokenAsync(images.App.Anonymous, "&scope=repository:team/open:pull"));
        using var again = await bearer.GetAsync("/v2/team/open/manifests/1", Cancellation);
        await Installation.ShouldBeAsync(again, 200);
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4090006")]
    public async Task Of_two_who_create_the_same_repository_one_does()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => CreateAsync("""{"repository":"twice","is_public":false}""")));

        Assert.Single(answers, r => (int)r.StatusCode == 201);
        await answers.First(r => (int)r.StatusCode != 201).ShouldFailAsync(409, "SVCSTG.SWR.4090006");
        Array.ForEach(answers, r => r.Dispose());
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4001009")]
    public async Task A_bad_body_is_refused()
    {
        foreach (var (body, code) in ((string, string)[])
        [
            ("""{"is_public":true}""", "SVCSTG.SWR.4001014"),
            ("""{"repository":"x"}""", "SVCSTG.SWR.4001014"),
            ("""{"repository":"x","is_public":null}""", "SVCSTG.SWR.4001014"),
            ("""{"repository":"x","is_public":"yes"}""", "SVCSTG.SWR.4001009"),
            ("""{"repository":"a___b","is_public":true}""", "SVCSTG.SWR.4001029"),
            ("""{"repository":"x","is_public":true,"category":"food"}""", "SVCSTG.SWR.4001025"),
            ("""{"repository":"x","is_public":true,"description":"\u0000"}""", "SVCSTG.SWR.4000014"),
            ("""{"repository":5,"is_public":true}""", "SVCSTG.SWR.4000014"),
        ])
        {
            using var response = await CreateAsync(body);
            await response.ShouldFailAsync(400, code);
        }
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4131012")]
    public async Task A_description_has_at_most_30000_characters()
    {
        using var fits = await CreateAsync($$"""{"repository":"wordy","is_public":false,"description":"{{new string('x', 30_000)}}"}""");
        await Installation.ShouldBeAsync(fits, 201);
        using var large = await SendAsync(HttpMethod.Patch, $"{Path}/wordy", $$"""{"is_public":false,"description":"{{new string('x', 30_001)}}"}""");
        await large.ShouldFailAsync(413, "SVCSTG.SWR.4131012");
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4060012")]
    public async Task A_repository_with_a_tag_stays_and_one_without_goes_with_its_manifests()
    {
        var (digest, _) = await images.PushImageAsync("team/full", "v1");
        using (var refused = await Admin.DeleteAsync($"{Path}/full", Cancellation))
        {
            await refused.ShouldFailAsync(406, "SVCSTG.SWR.4060012");
        }

        using (var untagged = await images.Registry.DeleteAsync("/v2/team/full/manifests/v1", Cancellation))
        {
            await Installation.ShouldBeAsync(untagged, 202);
        }

        using (var deleted = await Admin.DeleteAsync($"{Path}/full", Cancellation))
        {
            await Installation.ShouldBeAsync(deleted, 204);
        }

        // A repository of the same name begins with nothing.
        using (var made = await CreateAsync("""{"repository":"full","is_public":false}"""))
        {
            await Installation.ShouldBeAsync(made, 201);
        }

        using var gone = await images.Registry.GetAsync($"/v2/team/full/manifests/{digest}", Cancellation);
        await gone.ShouldFailAsync(404, "SVCSTG.SWR.4041060");
        await images.PushImageAsync("team/full", "v1");
    }

    [Theory]
    [InlineData("deep/er/name")]
    [InlineData("deep%2Fer%2Fname")]
    [InlineData("deep%2fer/name")]
    [InlineData("deep$er$name")]
    public async Task A_name_with_slashes_is_found_in_every_spelling(string spelled)
    {
        using (var created = await CreateAsync("""{"repository":"deep/er/name","is_public":false}"""))
        {
            Assert.True((int)created.StatusCode is 201 or 409);
        }

        var shown = await Admin.GetFromJsonAsync<JsonElement>($"{Path}/{spelled}", Cancellation);

        Assert.Equal("deep/er/name", Text(shown, "name"));
    }

    [Fact]
    public async Task A_path_that_can_be_read_in_two_ways_means_the_repository_that_is_there()
    {
        foreach (var name in (string[])["app", "app/access"])
        {
            using var created = await CreateAsync($$"""{"repository":"{{name}}","is_public":false}""");
            await Installation.ShouldBeAsync(created, 201);
        }

        // By hand: to the description it is the path of the grants.
        var token = await images.App.NewTokenAsync();
        var shown = await images.App.SendRawAsync($"GET {Path}/app/access HTTP/1.1\nHost: {Host}\nX-Auth-Token: {token}\nConnection: close\n\n");

        Assert.Contains("\"name\":\"app/access\"", shown.Body, StringComparison.Ordinal);
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4037018")]
    public async Task Who_may_edit_nothing_is_told_so()
    {
        using (var created = await CreateAsync("""{"repository":"guarded","is_public":false}"""))
        {
            await Installation.ShouldBeAsync(created, 201);
        }

        var user = await images.AddUserAsync("repository-reader");
        using var client = user.Signed;
        using (var hidden = await client.GetAsync($"{Path}/guarded", Cancellation))
        {
            await hidden.ShouldFailAsync(403, "SVCSTG.SWR.4037020");
        }

        images.GrantOnRepository("guarded", user.Id, 1);
        images.Forget();
        using (var shown = await client.GetAsync($"{Path}/guarded", Cancellation))
        {
            await Installation.ShouldBeAsync(shown, 200);
        }

        using (var changed = await SendAsync(HttpMethod.Patch, $"{Path}/guarded", """{"is_public":true}""", client))
        {
            await changed.ShouldFailAsync(403, "SVCSTG.SWR.4037018");
        }

        using (var listed = await client.GetAsync("/v2/manage/repos?filter=mode::editable", Cancellation))
        {
            await listed.ShouldFailAsync(403, "SVCSTG.SWR.4037018");
        }

        await images.CreateOrganizationAsync("elsewhere");
        images.GrantOnOrganization("elsewhere", user.Id, 3);
        images.Forget();
        using var still = await SendAsync(HttpMethod.Patch, $"{Path}/guarded", """{"is_public":true}""", client);
        await still.ShouldFailAsync(403, "SVCSTG.SWR.4037020");
    }

    [Fact]
    public async Task Another_account_reads_what_is_public_and_nothing_else()
    {
        await CreateTwoAsync("abroad-closed", "abroad-open");
        var (other, _) = await images.AddAccountAsync("abroad");
        using var client = other;

        using var closed = await client.GetAsync($"{Path}/abroad-closed", Cancellation);
        await closed.ShouldFailAsync(401, "SVCSTG.SWR.4011064");
        using var open = await client.GetAsync($"{Path}/abroad-open", Cancellation);
        await Installation.ShouldBeAsync(open, 200);
        using var changed = await SendAsync(HttpMethod.Patch, $"{Path}/abroad-open", """{"is_public":false}""", client);
        await changed.ShouldFailAsync(401, "SVCSTG.SWR.4011064");
        Assert.Equal("[]", await client.GetStringAsync("/v2/manage/repos", Cancellation));
    }

    [Fact]
    public async Task A_list_is_filtered_ordered_and_paged()
    {
        await images.CreateOrganizationAsync("listing");
        foreach (var (name, isPublic) in ((string, string)[])[("b-one", "true"), ("a-two", "false"), ("c-three", "false")])
        {
            using var created = await SendAsync(
                HttpMethod.Post, "/v2/manage/namespaces/listing/repos", $$"""{"repository":"{{name}}","is_public":{{isPublic}},"category":"lang"}""");
            await Installation.ShouldBeAsync(created, 201);
        }

        await images.PushImageAsync("listing/a-two", "v1");
        await images.PushImageAsync("listing/a-two", "v2");

        var all = await ListAsync("namespace=listing&order_column=name&order_type=asc");
        Assert.Equal(["a-two", "b-one", "c-three"], all.Select(r => Text(r, "name")));
        Assert.Equal(
            [
                "name", "category", "description", "size", "is_public", "num_images", "num_download", "created_at", "updated_at", "logo", "url", "path",
                "internal_path", "domain_name", "namespace", "tags", "status", "total_range",
            ],
            all[0].EnumerateObject().Select(m => m.Name));
        Assert.Equal(["v1", "v2"], all[0].GetProperty("tags").EnumerateArray().Select(t => t.GetString()));
        Assert.All(all, r => Assert.Equal(3, r.GetProperty("total_range").GetInt64()));
        Assert.Equal("a-two", Text((await ListAsync("namespace=listing"))[0], "name"));
        Assert.Equal(["b-one"], (await ListAsync("namespace=listing&is_public=true&center=self")).Select(r => Text(r, "name")));
        Assert.Equal(["c-three"], (await ListAsync("filter=namespace%3A%3Alistin%7Cname%3A%3Athree%7Ccategory::lang")).Select(r => Text(r, "name")));
        Assert.Empty(await ListAsync("filter=name::%25"));

        using var page = await Admin.GetAsync("/v2/manage/repos?filter=namespace::listing%7Climit::2%7Coffset::2", Cancellation);
        Assert.Equal("2-1/3", page.Content.Headers.GetValues("Content-Range").Single());
        using var past = await Admin.GetAsync("/v2/manage/repos?namespace=listing&limit=2&offset=9", Cancellation);
        Assert.Equal("[]", await past.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal("9-0/3", past.Content.Headers.GetValues("Content-Range").Single());
        Assert.Equal(3, (await ListAsync("namespace=listing&limit=65535")).Count);
    }

    [Fact]
    public async Task The_third_version_goes_on_by_a_marker()
    {
        await images.CreateOrganizationAsync("marked");
        for (var i = 0; i < 5; i++)
        {
            using var created = await SendAsync(
                HttpMethod.Post, "/v2/manage/namespaces/marked/repos", $$"""{"repository":"r{{i}}","is_public":false}""");
            await Installation.ShouldBeAsync(created, 201);
        }

        var names = new List<string>();
        for (string? marker = ""; marker is not null;)
        {
            var page = await Admin.GetFromJsonAsync<JsonElement>($"/v3/manage/repos?namespace=marked&limit=2{marker}", Cancellation);
            names.AddRange(page.GetProperty("repos").EnumerateArray().Select(r => Text(r, "name")));
            marker = page.TryGetProperty("nextMarker", out var next) ? $"&marker={next.GetInt64()}" : null;
        }

        Assert.Equal(["r0", "r1", "r2", "r3", "r4"], names);
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4000056")]
    [Provokes("SVCSTG.SWR.4001036")]
    public async Task A_bad_query_is_refused()
    {
        foreach (var (query, code) in ((string, string)[])
        [
            ("limit=0", "SVCSTG.SWR.4000056"),
            ("limit=-1", "SVCSTG.SWR.4000056"),
            ("limit=x", "SVCSTG.SWR.4000056"),
            ("limit=1&offset=-1", "SVCSTG.SWR.4000056"),
            ("offset=1", "SVCSTG.SWR.4001036"),
            ("order_column=name", "SVCSTG.SWR.4001036"),
            ("order_column=foo&order_type=asc", "SVCSTG.SWR.4001025"),
            ("order_column=name&order_type=up", "SVCSTG.SWR.4001025"),
            ("filter=colour::red", "SVCSTG.SWR.4001035"),
            ("center=thirdparty", "SVCSTG.SWR.4001025"),
            ("namespace=UPPER", "SVCSTG.SWR.4001028"),
            ("is_public=yes", "SVCSTG.SWR.4001009"),
        ])
        {
            using var response = await Admin.GetAsync($"/v2/manage/repos?{query}", Cancellation);
            await response.ShouldFailAsync(400, code);
        }
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4000098")]
    public async Task An_account_has_at_most_as_many_repositories_as_it_may()
    {
        await using var app = await StagedoorApp.StartAsync(("Gateway:PasswordIterations", "10000"), ("Images:MaxRepositoriesPerAccount", "2"));
        using var organization = await app.Admin.PostAsJsonAsync("/v2/manage/namespaces", new { @namespace = "team" }, Cancellation);

        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => SendAsync(
            HttpMethod.Post, Path, $$"""{"repository":"r{{i}}","is_public":false}""", app.Admin)));

        Assert.Equal(2, answers.Count(r => (int)r.StatusCode == 201));
        await answers.First(r => (int)r.StatusCode != 201).ShouldFailAsync(400, "SVCSTG.SWR.4000098");
        Array.ForEach(answers, r => r.Dispose());
    }

    private async Task CreateTwoAsync(string closed, string open)
    {
        foreach (var (name, isPublic) in ((string, string)[])[(closed, "false"), (open, "true")])
        {
            using var created = await CreateAsync($$"""{"repository":"{{name}}","is_public":{{isPublic}}}""");
            await Installation.ShouldBeAsync(created, 201);
        }
    }

    private async Task<List<JsonElement>> ListAsync(string query) =>
        [.. (await Admin.GetFromJsonAsync<JsonElement>($"/v2/manage/repos?{query}", Cancellation)).EnumerateArray()];

    private Task<HttpResponseMessage> CreateAsync(string body) => SendAsync(HttpMethod.Post, Path, body);

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string body, HttpClient? client = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        return await (client ?? Admin).SendAsync(request, Cancellation);
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;
}
