using System.Net.Http.Json;
using System.Text.Json;
using Stagedoor.Images.Tests.Oci;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Hub;

public sealed class SearchTests(Installation images) : IClassFixture<Installation>
{
    private const string Path = "/v2/manage/search";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private HttpClient Admin => images.App.Admin;

    [Fact]
    public async Task Words_are_found_in_names_in_any_order_and_case()
    {
        await images.CreateOrganizationAsync("searched");
        await images.PushImageAsync("searched/web/front_end", "v1");
        await images.PushImageAsync("searched/web/frontxend", "v1");

        var one = await FindAsync(Admin, $"{Path}?q=FRONT_end%20searched");
        var item = Assert.Single(one);
        Assert.Equal(["type", "namespace", "name", "path", "description"], item.EnumerateObject().Select(static m => m.Name));
        Assert.Equal(
            ("image", "searched", "web/front_end", $"{new Uri(images.App.Url).Authority}/searched/web/front_end"),
            (Text(item, "type"), Text(item, "namespace"), Text(item, "name"), Text(item, "path")));
        Assert.Equal(2, (await FindAsync(Admin, $"{Path}?q=searched&type=image")).Count);
        Assert.Empty(await FindAsync(Admin, $"{Path}?q=searched%20nothing"));
        Assert.Empty(await FindAsync(Admin, $"{Path}?q=%25"));
        Assert.Empty(await FindAsync(Admin, $"{Path}?q={new string('a', 5000)}"));
    }

    [Fact]
    public async Task A_search_has_pages()
    {
        await images.CreateOrganizationAsync("search-pages");
        foreach (var name in new[] { "a", "b", "c" })
        {
            await images.PushImageAsync($"search-pages/{name}", "v1");
        }

        using var page = await Admin.GetAsync($"{Path}?q=search-pages&limit=2&offset=1", Cancellation);
        await Installation.ShouldBeAsync(page, 200);
        Assert.Equal("1-2/3", page.Content.Headers.GetValues("Content-Range").Single());
        Assert.Equal(["b", "c"], (await page.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).EnumerateArray().Select(static i => Text(i, "name")));
    }

    [Fact]
    public async Task Nobody_finds_what_they_may_not_read()
    {
        await images.CreateOrganizationAsync("search-rights");
        foreach (var name in new[] { "public", "granted", "own", "hidden" })
        {
            await images.PushImageAsync($"search-rights/rights-{name}", "v1");
        }

        images.Publish("rights-public");
        var user = await images.AddUserAsync("searcher");
        using var client = user.Signed;
        var (signed, registry) = await images.AddAccountAsync("searcher_account");
        using var foreign = signed;
        using var unused = registry;
        images.GrantOnRepository("rights-granted", user.Id, 1);
        images.App.Sabotage("images").Execute($"UPDATE repositories SET creator_id = '{user.Id}' WHERE name = 'rights-own'");

        Assert.Equal(["rights-public"], await NamesAsync(foreign));
        Assert.Equal(["rights-granted", "rights-own", "rights-public"], await NamesAsync(client));
        Assert.Equal(["rights-granted", "rights-hidden", "rights-own", "rights-public"], await NamesAsync(Admin));
        images.GrantOnOrganization("search-rights", user.Id, 1);
        Assert.Equal(4, (await NamesAsync(client)).Count);

        async Task<IReadOnlyList<string?>> NamesAsync(HttpClient who) => [.. (await FindAsync(who, $"{Path}?q=search-rights")).Select(static i => Text(i, "name"))];
    }

    [Fact]
    public async Task Packages_are_found_beside_images()
    {
        await images.CreateOrganizationAsync("search-apps");
        await images.PushImageAsync("search-apps/shop", "v1");
        await AddPackagesAsync(Admin, images.App.FirstRun.Domain, "search-apps");
        var (signed, registry) = await images.AddAccountAsync("app_searcher");
        using var foreign = signed;
        using var unused = registry;

        Assert.Equal(
            [("app", "hidden"), ("app", "shop"), ("image", "shop")],
            (await FindAsync(Admin, $"{Path}?q=search-apps")).Select(static i => (Text(i, "type"), Text(i, "name"))));
        Assert.Equal(["shop"], (await FindAsync(foreign, $"{Path}?q=search-apps")).Select(static i => Text(i, "name")));
        var app = Assert.Single(await FindAsync(Admin, $"{Path}?q=shop%20search-apps&type=app"));
        Assert.Equal(
            $"{new Uri(images.App.Url).Authority}/swr/v2/domains/{images.App.FirstRun.Domain}/namespaces/search-apps/repositories/default/packages/shop", Text(app, "path"));
        Assert.Equal(["image"], (await FindAsync(Admin, $"{Path}?q=search-apps&type=image")).Select(static i => Text(i, "type")));
    }

    [Fact]
    public async Task Names_are_in_one_order_on_every_engine()
    {
        Assert.SkipUnless(OwnDatabase.IsAvailable, OwnDatabase.Missing);
        await using var hosts = await TwoHosts.StartAsync(two: true, s3: false);
        var admin = hosts.FirstApp.Admin;
        foreach (var name in new[] { "shop-z", "shop.a", "shop_b" })
        {
            using var made = await admin.PostAsJsonAsync("/v2/manage/namespaces/team/repos", new { repository = name, is_public = false }, Cancellation);
            await Installation.ShouldBeAsync(made, 201);
        }

        await AddPackagesAsync(admin, hosts.FirstApp.FirstRun.Domain, "team");
        Assert.Equal(["shop", "shop-z", "shop.a", "shop_b"], (await FindAsync(hosts.SecondApp.Admin, $"{Path}?q=shop")).Select(static i => Text(i, "name")));
        Assert.Equal(["shop-z", "shop.a"], (await FindAsync(admin, $"{Path}?q=shop&limit=2&offset=1")).Select(static i => Text(i, "name")));
        Assert.Equal(["shop", "shop-z", "shop.a", "shop_b"], (await FindAsync(admin, $"{Path}?q=SHOP")).Select(static i => Text(i, "name")));
        Assert.Equal(3, (await admin.GetFromJsonAsync<JsonElement>("/v2/manage/repos?name=SHOP&namespace=team", Cancellation)).GetArrayLength());
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4000055")]
    public async Task Something_has_to_be_looked_for()
    {
        foreach (var query in new[] { "", "?q=", "?q=%20%20", "?type=image" })
        {
            using var response = await Admin.GetAsync(Path + query, Cancellation);
            await response.ShouldFailAsync(400, "SVCSTG.SWR.4000055");
        }
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4001011")]
    public async Task There_is_no_third_type()
    {
        using var response = await Admin.GetAsync($"{Path}?q=x&type=chart", Cancellation);
        await response.ShouldFailAsync(400, "SVCSTG.SWR.4001011");
    }

    [Fact]
    public async Task A_page_has_a_size()
    {
        using var response = await Admin.GetAsync($"{Path}?q=x&limit=0", Cancellation);
        await response.ShouldFailAsync(400, "SVCSTG.SWR.4000056");
    }

    private static async Task AddPackagesAsync(HttpClient client, string domain, string organization)
    {
        var prefix = $"/swr/v2/domains/{domain}/namespaces/{organization}/repositories";
        using var repository = await client.PostAsJsonAsync(prefix, new { name = "default", type = "app", is_public = false }, Cancellation);
        await Installation.ShouldBeAsync(repository, 201);
        foreach (var (name, isPublic) in new[] { ("shop", true), ("hidden", false) })
        {
            using var made = await client.PostAsJsonAsync($"{prefix}/default/packages", new { name, type = "app", is_public = isPublic }, Cancellation);
            await Installation.ShouldBeAsync(made, 201);
        }
    }

    private static string? Text(JsonElement item, string name) => item.GetProperty(name).GetString();

    private static async Task<IReadOnlyList<JsonElement>> FindAsync(HttpClient client, string path)
    {
        using var response = await client.GetAsync(path, Cancellation);
        await Installation.ShouldBeAsync(response, 200);
        return [.. (await response.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).EnumerateArray()];
    }
}
