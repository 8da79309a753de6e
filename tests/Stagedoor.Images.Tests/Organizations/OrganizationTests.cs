using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Organizations;

public sealed class OrganizationTests(Installation images) : IClassFixture<Installation>
{
    private const string Path = "/v2/manage/namespaces";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_created_organization_is_shown_and_listed_and_deleted()
    {
        using var created = await CreateAsync("shown");
        Assert.Equal("{}", await created.Content.ReadAsStringAsync(Cancellation));
        await Installation.ShouldBeAsync(created, 201);

        var shown = await images.App.Admin.GetFromJsonAsync<JsonElement>($"{Path}/shown", Cancellation);
        Assert.Equal(["id", "name", "creator_name", "auth"], shown.EnumerateObject().Select(m => m.Name));
        Assert.Equal("shown", shown.GetProperty("name").GetString());
        Assert.Equal(images.App.FirstRun.User, shown.GetProperty("creator_name").GetString());
        Assert.Equal(7, shown.GetProperty("auth").GetInt32());

        var listed = await images.App.Admin.GetFromJsonAsync<JsonElement>($"{Path}?namespace=shown", Cancellation);
        Assert.Equal("shown", Assert.Single(listed.GetProperty("namespaces").EnumerateArray()).GetProperty("name").GetString());

        using var deleted = await images.App.Admin.DeleteAsync($"{Path}/shown", Cancellation);
        await Installation.ShouldBeAsync(deleted, 204);
        var empty = await images.App.Admin.GetStringAsync($"{Path}?filter=namespace::shown%7Cmode::visible", Cancellation);
        Assert.Equal("""{"namespaces":[]}""", empty);
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4001028")]
    public async Task A_bad_or_reserved_name_is_refused()
    {
        using var bad = await CreateAsync("A");
        await bad.ShouldFailAsync(400, "SVCSTG.SWR.4001028");
        using var reserved = await CreateAsync("library");
        await reserved.ShouldFailAsync(400, "SVCSTG.SWR.4001028");
        using var shown = await images.App.Admin.GetAsync($"{Path}/A", Cancellation);
        await shown.ShouldFailAsync(400, "SVCSTG.SWR.4001028");
        using var listed = await images.App.Admin.GetAsync($"{Path}?namespace=A", Cancellation);
        await listed.ShouldFailAsync(400, "SVCSTG.SWR.4001028");
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4001014")]
    public async Task A_missing_name_is_refused()
    {
        using var response = await SendAsync("{}");

        await response.ShouldFailAsync(400, "SVCSTG.SWR.4001014");
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4000014")]
    public async Task A_body_of_another_kind_is_refused()
    {
        foreach (var body in (string[])["{", "[]", """{"namespace":5}""", "null"])
        {
            using var response = await SendAsync(body);
            await response.ShouldFailAsync(400, "SVCSTG.SWR.4000014");
        }
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4001018")]
    public async Task A_body_of_another_type_is_refused()
    {
        using var response = await SendAsync("""{"namespace":"typed"}""", "text/plain");

        await response.ShouldFailAsync(400, "SVCSTG.SWR.4001018");
    }

    [Fact]
    public async Task A_body_without_a_type_is_taken_for_JSON()
    {
        using var response = await SendAsync("""{"namespace":"untyped"}""", null);

        await Installation.ShouldBeAsync(response, 201);
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4131001")]
    public async Task A_body_of_more_than_a_mebibyte_is_refused()
    {
        using var fits = await SendAsync("""{"namespace":"bulky","x":""" + "\"" + new string('x', (1024 * 1024) - 28) + "\"}");
        await Installation.ShouldBeAsync(fits, 201);
        using var large = await SendAsync("""{"namespace":"bulky","x":""" + "\"" + new string('x', 1024 * 1024) + "\"}");

        await large.ShouldFailAsync(413, "SVCSTG.SWR.4131001");
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4001024")]
    public async Task A_query_that_is_no_text_is_refused()
    {
        var token = await images.App.NewTokenAsync();
        var response = await images.App.SendRawAsync(
            $"GET {Path}?filter=%00 HTTP/1.1\nHost: {new Uri(images.App.Url).Authority}\nX-Auth-Token: {token}\nConnection: close\n\n");

        Assert.Equal(("SVCSTG.SWR.4001024", 400), (response.Error?.Code, response.Status));
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4001035")]
    public async Task A_malformed_filter_is_refused()
    {
        foreach (var filter in (string[])["namespace", "colour::red", "namespace::a%7Cnamespace::b", "::x"])
        {
            using var response = await images.App.Admin.GetAsync($"{Path}?filter={filter}", Cancellation);
            await response.ShouldFailAsync(400, "SVCSTG.SWR.4001035");
        }
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4001025")]
    public async Task An_unknown_mode_is_refused()
    {
        using var response = await images.App.Admin.GetAsync($"{Path}?filter=mode::all", Cancellation);

        await response.ShouldFailAsync(400, "SVCSTG.SWR.4001025");
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4090060")]
    public async Task A_taken_name_is_refused()
    {
        using var first = await CreateAsync("taken");
        using var second = await CreateAsync("taken");

        await second.ShouldFailAsync(409, "SVCSTG.SWR.4090060");
    }

    [Fact]
    public async Task Of_many_who_create_the_same_one_succeeds()
    {
        var responses = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => CreateAsync("contended")));

        Assert.Equal(1, responses.Count(r => (int)r.StatusCode == 201));
        Assert.Equal(7, responses.Count(r => (int)r.StatusCode == 409));
        Array.ForEach(responses, r => r.Dispose());
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4039002")]
    public async Task Only_an_administrator_creates_organizations()
    {
        var user = await images.AddUserAsync("nobody-creates");
        using var client = user.Signed;
        using var response = await client.PostAsJsonAsync(Path, new { @namespace = "theirs" }, Cancellation);

        await response.ShouldFailAsync(403, "SVCSTG.SWR.4039002");
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4040058")]
    public async Task An_unknown_organization_is_not_shown()
    {
        using var response = await images.App.Admin.GetAsync($"{Path}/unknown", Cancellation);

        await response.ShouldFailWithAsync(
            404, """[{"errorCode":"SVCSTG.SWR.4040058","errorMessage":"The organization does not exist.","detail":"namespace=unknown"}]""");
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4011064")]
    public async Task Another_account_sees_nothing_of_it()
    {
        var other = await images.AddAccountAsync("other-account");
        using var signed = other.Signed;
        using var registry = other.Registry;
        using var shown = await signed.GetAsync($"{Path}/team", Cancellation);
        await shown.ShouldFailAsync(401, "SVCSTG.SWR.4011064");
        using var deleted = await signed.DeleteAsync($"{Path}/team", Cancellation);
        await deleted.ShouldFailAsync(401, "SVCSTG.SWR.4011064");

        Assert.Equal("""{"namespaces":[]}""", await signed.GetStringAsync(Path, Cancellation));
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4037020")]
    public async Task A_user_sees_what_is_granted()
    {
        var user = await images.AddUserAsync("granted");
        using var client = user.Signed;
        using var refused = await client.GetAsync($"{Path}/team", Cancellation);
        await refused.ShouldFailAsync(403, "SVCSTG.SWR.4037020");
        Assert.Equal("""{"namespaces":[]}""", await client.GetStringAsync(Path, Cancellation));

        images.GrantOnOrganization("team", user.Id, 3);
        var shown = await client.GetFromJsonAsync<JsonElement>($"{Path}/team", Cancellation);
        Assert.Equal(3, shown.GetProperty("auth").GetInt32());
        using var deleted = await client.DeleteAsync($"{Path}/team", Cancellation);
        await deleted.ShouldFailAsync(403, "SVCSTG.SWR.4037020");
    }

    [Fact]
    public async Task A_grant_on_a_repository_makes_its_organization_visible()
    {
        await images.CreateOrganizationAsync("glimpsed");
        await images.PushBlobAsync("glimpsed/part", [1]);
        var user = await images.AddUserAsync("glimpsing");
        using var client = user.Signed;
        images.GrantOnRepository("part", user.Id, 1);

        var shown = await client.GetFromJsonAsync<JsonElement>($"{Path}/glimpsed", Cancellation);
        Assert.Equal(0, shown.GetProperty("auth").GetInt32());
        Assert.Equal("""{"namespaces":[]}""", await client.GetStringAsync(Path, Cancellation));
        var visible = await client.GetFromJsonAsync<JsonElement>($"{Path}?filter=mode::visible", Cancellation);
        Assert.Equal("glimpsed", Assert.Single(visible.GetProperty("namespaces").EnumerateArray()).GetProperty("name").GetString());
    }

    [Theory]
    [InlineData(RoleNames.TenantGuest)]
    [InlineData(RoleNames.Developer)]
    public async Task Who_may_pull_everything_sees_every_organization(string role)
    {
        await images.CreateOrganizationAsync("seen-" + role.Replace('_', '-'));
        var user = await images.AddUserAsync("sees-" + role.Replace('_', '-'));
        var roles = await images.App.Admin.GetFromJsonAsync<JsonElement>($"/v3/roles?name={role}", Cancellation);
        using var granted = await images.App.Admin.PutAsync(
            $"/v3/domains/{images.App.FirstRun.DomainId}/users/{user.Id}/roles/{roles.GetProperty("roles")[0].GetProperty("id").GetString()}", null, Cancellation);
        await Installation.ShouldBeAsync(granted, 204);
        images.Forget();
        using var client = user.Signed;
        var path = $"{Path}/seen-{role.Replace('_', '-')}";

        var shown = await client.GetFromJsonAsync<JsonElement>(path, Cancellation);
        Assert.Equal(1, shown.GetProperty("auth").GetInt32());
        var listed = (await client.GetFromJsonAsync<JsonElement>(Path, Cancellation)).GetProperty("namespaces").EnumerateArray().ToList();
        Assert.Equal(1, listed.Single(o => o.GetProperty("name").GetString() == path[(Path.Length + 1)..]).GetProperty("auth").GetInt32());
        images.GrantOnOrganization(path[(Path.Length + 1)..], user.Id, 3);
        Assert.Equal(3, (await client.GetFromJsonAsync<JsonElement>(path, Cancellation)).GetProperty("auth").GetInt32());
        using var deleted = await client.DeleteAsync(path, Cancellation);
        await deleted.ShouldFailAsync(403, "SVCSTG.SWR.4037020");
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4060074")]
    public async Task An_organization_is_deleted_when_it_has_no_repository()
    {
        await images.CreateOrganizationAsync("full");
        await images.BeginUploadAsync("full/begun");
        await images.PushBlobAsync("full/blobs", [1]);

        using var full = await images.App.Admin.DeleteAsync($"{Path}/full", Cancellation);
        await full.ShouldFailAsync(406, "SVCSTG.SWR.4060074");
        Assert.Contains("one is blobs", await full.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
        using var repository = await images.App.Admin.DeleteAsync($"{Path}/full/repos/blobs", Cancellation);
        await Installation.ShouldBeAsync(repository, 204);
        using var empty = await images.App.Admin.DeleteAsync($"{Path}/full", Cancellation);
        await Installation.ShouldBeAsync(empty, 204);

        var db = images.App.Services.GetRequiredService<ImagesDb>();
        Assert.Equal(0, await db.FindAsync<long>("SELECT COUNT(*) FROM blob_uploads WHERE owner LIKE 'full/%'", null, Cancellation));

        // Its name is free, and nothing of before is in it.
        await images.CreateOrganizationAsync("full");
        using var blob = await images.Registry.GetAsync($"/v2/full/blobs/blobs/{Installation.DigestOf([1])}", Cancellation);
        await Installation.ShouldBeAsync(blob, 404);
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4040083")]
    public async Task An_unknown_route_is_not_found()
    {
        foreach (var path in (string[])["/v2/manage/nothing", "/v3/manage/nothing", "/v2/s2i/nothing", "/v2/manage"])
        {
            using var response = await images.App.Admin.GetAsync(path, Cancellation);
            await response.ShouldFailAsync(404, "SVCSTG.SWR.4040083");
            Assert.Equal("SVCSTG.SWR.4040083", response.Headers.GetValues("X-Swr-Error-Code").Single());
        }

        using var method = await images.App.Admin.PutAsJsonAsync(Path, new { }, Cancellation);
        await method.ShouldFailAsync(404, "SVCSTG.SWR.4040083");
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4000047")]
    public async Task The_versions_of_the_API_are_listed()
    {
        var all = await images.App.Anonymous.GetFromJsonAsync<JsonElement>("/", Cancellation);
        Assert.Equal(["v2", "v3"], all.GetProperty("versions").EnumerateArray().Select(v => v.GetProperty("id").GetString()));
        foreach (var version in (string[])["v2", "v3"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"/{version}");
            request.Headers.Add("Accept", "application/json");
            using var shown = await images.App.Anonymous.SendAsync(request, Cancellation);
            var one = await shown.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
            Assert.Equal(
                ["id", "links", "version", "status", "updated", "min_version"],
                one.GetProperty("version").EnumerateObject().Select(m => m.Name));
        }

        using var unknown = await images.App.Anonymous.GetAsync("/v1", Cancellation);
        await unknown.ShouldFailAsync(400, "SVCSTG.SWR.4000047");
    }

    private Task<HttpResponseMessage> CreateAsync(string name) =>
        images.App.Admin.PostAsJsonAsync(Path, new { @namespace = name }, Cancellation);

    private async Task<HttpResponseMessage> SendAsync(string body, string? type = "application/json")
    {
        using var content = new StringContent(body, Encoding.UTF8);
        content.Headers.Remove("Content-Type");
        if (type is not null)
        {
            content.Headers.Add("Content-Type", type);
        }

        return await images.App.Admin.PostAsync(Path, content, Cancellation);
    }
}
