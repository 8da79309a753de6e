using System.Net.Http.Json;
using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Catalog;

/// <summary><c>GET /v2/_catalog</c>, as crane, oras and regctl ask for it.</summary>
public sealed class CatalogTests : Installation
{
    private const string Path = "/v2/_catalog";

    [Fact]
    public async Task Names_are_in_ascii_order_and_come_in_pages()
    {
        await CreateOrganizationAsync("team-b");
        await PushAsync("team/z", "team-b/a", "team/a-b", "team/a/b", "team/a.b", "team/a");
        // A hyphen and a dot stand before the slash, which stands before letters.
        string[] all = ["team-b/a", "team/a", "team/a-b", "team/a.b", "team/a/b", "team/z"];

        Assert.Equal(all, await ListAsync(Registry));

        var pages = new List<string>();
        for (var next = $"{Path}?n=4"; next is not null;)
        {
            using var page = await Registry.GetAsync(next, Cancellation);
            pages.AddRange(await NamesAsync(page));
            next = page.Headers.TryGetValues("Link", out var links) ? links.Single()[1..].Split('>')[0] : null;
        }

        Assert.Equal(all, pages);
        Assert.Equal(["team/a-b"], await ListAsync(Registry, "?n=1&last=team/a"));
        Assert.Equal(all, await ListAsync(Registry, "?last=team"));
        Assert.Equal(all[1..], await ListAsync(Registry, "?last=team-c"));
        Assert.Empty(await ListAsync(Registry, "?last=team/z"));
        Assert.Equal(all, await ListAsync(Registry, "?n=99999999999999999999"));
    }

    [Fact]
    public async Task A_page_has_a_link_only_when_there_is_more()
    {
        await PushAsync("team/a", "team/b");
        using var whole = await Registry.GetAsync($"{Path}?n=2", Cancellation);
        using var none = await Registry.GetAsync($"{Path}?n=0", Cancellation);
        using var first = await Registry.GetAsync($"{Path}?n=1", Cancellation);
        using var head = await Registry.SendAsync(new(HttpMethod.Head, Path), Cancellation);

        Assert.False(whole.Headers.Contains("Link"));
        Assert.False(none.Headers.Contains("Link"));
        Assert.Equal("""{"repositories":[]}""", await none.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal("</v2/_catalog?n=1&last=team%2Fa>; rel=\"next\"", Assert.Single(first.Headers.GetValues("Link")));
        Assert.Equal("registry/2.0", first.Headers.GetValues("Docker-Distribution-Api-Version").Single());
        Assert.Equal(200, (int)head.StatusCode);
        Assert.Equal("""{"repositories":["team/a","team/b"]}""".Length, head.Content.Headers.ContentLength);
    }

    [Theory]
    [InlineData("?n=-1")]
    [InlineData("?n=x")]
    public async Task A_page_that_cannot_be_asked_for_is_refused(string query)
    {
        using var response = await Registry.GetAsync(Path + query, Cancellation);

        await response.ShouldFailAsync(400, "SVCSTG.SWR.4000014");
    }

    [Fact]
    public async Task Everybody_sees_what_he_may_read()
    {
        for (var i = 0; i < 6; i++)
        {
            await CreateOrganizationAsync($"org-{i}");
            await PushAsync($"org-{i}/a", $"org-{i}/b");
        }

        var (signed, stranger) = await AddAccountAsync("elsewhere");
        using var made = await signed.PostAsJsonAsync("/v2/manage/namespaces", new { @namespace = "foreign" }, Cancellation);
        await ShouldBeAsync(made, 201);
        foreach (var name in (string[])["foreign/open", "foreign/closed"])
        {
            using var body = Octets(Random(10));
            using var pushed = await stranger.PostAsync($"/v2/{name}/blobs/uploads/?digest={DigestOf(await body.ReadAsByteArrayAsync(Cancellation))}", body, Cancellation);
            await ShouldBeAsync(pushed, 201);
        }

        App.Sabotage("images").Execute("UPDATE repositories SET is_public = 1 WHERE path IN ('foreign/open', 'org-0/a')");
        var user = await AddUserAsync("someone");
        using var login = App.Registry(user.User, user.Key);
        Assert.Equal(["foreign/open", "org-0/a"], await ListAsync(login));

        GrantOnOrganization("org-1", user.Id, 1);
        GrantOnOrganization("org-3", user.Id, 7);
        App.Sabotage("images").Execute(
            $"INSERT INTO repo_acl (repository_id, user_id, user_name, auth, created_at) SELECT id, '{user.Id}', 'someone', 1, 0 FROM repositories WHERE path = 'org-2/b'");
        App.Sabotage("images").Execute($"UPDATE repositories SET creator_id = '{user.Id}' WHERE path = 'org-4/a'");
        App.Sabotage("images").Execute($"UPDATE organizations SET creator_id = '{user.Id}' WHERE name = 'org-5'");
        string[] his = ["foreign/open", "org-0/a", "org-1/a", "org-1/b", "org-2/b", "org-3/a", "org-3/b", "org-4/a", "org-5/a", "org-5/b"];
        Assert.Equal(his, await ListAsync(login));
        for (var i = 0; i < his.Length; i++)
        {
            Assert.Equal(his[(i + 1)..].Take(3), await ListAsync(login, $"?n=3&last={his[i]}"));
        }

        foreach (var name in his)
        {
            using var tags = await login.GetAsync($"/v2/{name}/tags/list", Cancellation);
            await ShouldBeAsync(tags, 200);
        }

        Assert.Equal(["foreign/closed", "foreign/open", "org-0/a"], await ListAsync(stranger));
        Assert.Equal(13, (await ListAsync(Registry)).Count());
        user.Signed.Dispose();
        signed.Dispose();
        stranger.Dispose();
    }

    [Fact]
    public async Task A_challenge_leads_to_the_catalog()
    {
        await PushAsync("team/private", "team/public");
        Publish("public");
        using var refused = await App.Anonymous.GetAsync(Path, Cancellation);
        await refused.ShouldFailAsync(401, "SVCSTG.SWR.4010000");
        Assert.EndsWith(",scope=\"registry:catalog:*\"", refused.Headers.GetValues("WWW-Authenticate").Single(), StringComparison.Ordinal);

        using var login = WithBearer(await TokenAsync(Registry, "&scope=registry:catalog:*"));
        using var anonymous = WithBearer(await TokenAsync(App.Anonymous, "&scope=registry:catalog:*"));
        Assert.Equal(["team/private", "team/public"], await ListAsync(login));
        Assert.Equal(["team/public"], await ListAsync(anonymous));
    }

    [Theory]
    [InlineData("&scope=repository:team/app:pull")]
    [InlineData("&scope=repository:catalog:*")]
    [InlineData("&scope=registry:catalog:pull")]
    [InlineData("&scope=registry:other:*")]
    [InlineData("")]
    public async Task A_token_for_something_else_does_not_list(string scope)
    {
        using var client = WithBearer(await TokenAsync(Registry, scope));
        using var response = await client.GetAsync(Path, Cancellation);

        await response.ShouldFailAsync(401, "SVCSTG.SWR.4010000");
        Assert.EndsWith("error=\"insufficient_scope\"", response.Headers.GetValues("WWW-Authenticate").Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_for_the_catalog_opens_no_repository_of_that_name()
    {
        App.Sabotage("images").Execute("UPDATE organizations SET name = 'library' WHERE name = 'team'");
        using var pushed = await Registry.PostAsync("/v2/library/catalog/blobs/uploads/", null, Cancellation);
        await ShouldBeAsync(pushed, 202);
        var blob = await PushBlobAsync("library/catalog", [1]);
        using var client = WithBearer(await TokenAsync(Registry, "&scope=registry:catalog:*"));
        using var own = WithBearer(await TokenAsync(Registry, "&scope=repository:catalog:pull"));

        using var refused = await client.GetAsync($"/v2/catalog/blobs/{blob}", Cancellation);
        await refused.ShouldFailAsync(401, "SVCSTG.SWR.4010000");
        using var pulled = await own.GetAsync($"/v2/catalog/blobs/{blob}", Cancellation);
        await ShouldBeAsync(pulled, 200);
    }

    private static async Task<IEnumerable<string>> NamesAsync(HttpResponseMessage response)
    {
        await ShouldBeAsync(response, 200);
        var body = await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
        return body.GetProperty("repositories").EnumerateArray().Select(static r => r.GetString()!);
    }

    private static async Task<IEnumerable<string>> ListAsync(HttpClient client, string query = "")
    {
        using var response = await client.GetAsync(Path + query, Cancellation);
        return await NamesAsync(response);
    }

    private async Task PushAsync(params string[] names)
    {
        foreach (var name in names)
        {
            await PushBlobAsync(name, [1, 2, 3]);
        }
    }
}

/// <summary>A registry whose catalog is switched off, as the original service has none.</summary>
public sealed class NoCatalogTests : Installation
{
    protected override IEnumerable<(string Key, string Value)> Settings => [("Images:Catalog", "false")];

    [Fact]
    [Provokes("SVCSTG.SWR.4040083")]
    public async Task A_catalog_that_is_off_is_unsupported()
    {
        using var response = await Registry.GetAsync("/v2/_catalog", Cancellation);
        await response.ShouldFailAsync(404, "SVCSTG.SWR.4040083");

        using var client = WithBearer(await TokenAsync(Registry, "&scope=registry:catalog:*"));
        using var token = await client.GetAsync("/v2/_catalog", Cancellation);
        await token.ShouldFailAsync(404, "SVCSTG.SWR.4040083");
    }
}

/// <summary>The order of names on a database whose own order of text is another.</summary>
public sealed class SharedCatalogTests(SharedDatabase images) : IClassFixture<SharedDatabase>
{
    [Fact]
    public async Task Names_are_in_ascii_order()
    {
        images.Require();
        await images.CreateOrganizationAsync("team-b");
        foreach (var name in (string[])["team/z", "team-b/a", "team/a-b", "team/a/b", "team/a"])
        {
            await images.PushBlobAsync(name, [1]);
        }

        var user = await images.AddUserAsync("lister");
        using var unused = user.Signed;
        using var login = images.App.Registry(user.User, user.Key);
        using var granted = await images.App.Admin.PostAsJsonAsync(
            "/v2/manage/namespaces/team/access", (object[])[new { user_id = user.Id, user_name = "lister", auth = 1 }], Installation.Cancellation);
        await Installation.ShouldBeAsync(granted, 201);

        Assert.Equal(
            """{"repositories":["team-b/a","team/a","team/a-b","team/a/b","team/z"]}""",
            await images.Registry.GetStringAsync("/v2/_catalog", Installation.Cancellation));
        Assert.Equal(
            """{"repositories":["team/a-b","team/a/b"]}""",
            await login.GetStringAsync("/v2/_catalog?n=2&last=team/a", Installation.Cancellation));
    }
}
