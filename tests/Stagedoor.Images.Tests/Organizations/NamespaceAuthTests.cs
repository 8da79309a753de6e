using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Organizations;

public sealed class NamespaceAuthTests(Installation images) : IClassFixture<Installation>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private HttpClient Admin => images.App.Admin;

    [Fact]
    public async Task Who_was_granted_edit_pushes_and_who_lost_it_does_not()
    {
        var path = await OrganizationAsync("granted-push");
        var user = await images.AddUserAsync("pusher");
        using var client = user.Signed;
        using var registry = images.App.Registry(user.User, user.Key);
        using (var refused = await StartUploadAsync(registry, "granted-push/app"))
        {
            await refused.ShouldFailAsync(403, "SVCSTG.SWR.4037017");
        }

        using (var granted = await SendAsync(Admin, HttpMethod.Post, path, Grants((user.Id, "pusher", 3))))
        {
            Assert.Equal("{}", await granted.Content.ReadAsStringAsync(Cancellation));
            await Installation.ShouldBeAsync(granted, 201);
        }

        using (var pushed = await StartUploadAsync(registry, "granted-push/app"))
        {
            await Installation.ShouldBeAsync(pushed, 202);
        }

        using (var revoked = await SendAsync(Admin, HttpMethod.Delete, path, $"[\"{user.Id}\"]"))
        {
            await Installation.ShouldBeAsync(revoked, 204);
        }

        using var again = await StartUploadAsync(registry, "granted-push/app");
        await again.ShouldFailAsync(403, "SVCSTG.SWR.4037017");
    }

    [Fact]
    public async Task Grants_are_shown_in_the_order_they_were_made_and_changed_in_place()
    {
        var path = await OrganizationAsync("granted-list");
        var (one, two, three) = (await images.AddUserAsync("list-one"), await images.AddUserAsync("list-two"), await images.AddUserAsync("list-three"));
        using var client = two.Signed;
        using (var added = await SendAsync(Admin, HttpMethod.Post, path, Grants((two.Id, "list-two", 1), (one.Id, "list-one", 3))))
        {
            await Installation.ShouldBeAsync(added, 201);
        }

        using (var added = await SendAsync(Admin, HttpMethod.Post, path, Grants((three.Id, "list-three", 1))))
        {
            await Installation.ShouldBeAsync(added, 201);
        }

        using (var changed = await SendAsync(Admin, HttpMethod.Patch, path, Grants((two.Id, "list-two", 7))))
        {
            await Installation.ShouldBeAsync(changed, 201);
        }

        var shown = await Admin.GetFromJsonAsync<JsonElement>(path, Cancellation);
        Assert.Equal(["id", "name", "creator_name", "self_auth", "others_auths"], shown.EnumerateObject().Select(m => m.Name));
        Assert.Equal(7, shown.GetProperty("self_auth").GetProperty("auth").GetInt32());
        Assert.Equal(
            [("list-two", 7), ("list-one", 3), ("list-three", 1)],
            shown.GetProperty("others_auths").EnumerateArray().Select(g => (g.GetProperty("user_name").GetString()!, g.GetProperty("auth").GetInt32())));

        // It manages the organization now, and is not among the others.
        var own = await client.GetFromJsonAsync<JsonElement>(path, Cancellation);
        Assert.Equal(two.Id, own.GetProperty("self_auth").GetProperty("user_id").GetString());
        Assert.Equal(3, own.GetProperty("others_auths").GetArrayLength());
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4090076")]
    public async Task A_second_grant_is_refused_with_the_whole_list()
    {
        var path = await OrganizationAsync("granted-twice");
        var (one, two) = (await images.AddUserAsync("twice-one"), await images.AddUserAsync("twice-two"));
        using (var added = await SendAsync(Admin, HttpMethod.Post, path, Grants((one.Id, "twice-one", 1))))
        {
            await Installation.ShouldBeAsync(added, 201);
        }

        using var refused = await SendAsync(Admin, HttpMethod.Post, path, Grants((two.Id, "twice-two", 1), (one.Id, "twice-one", 3)));

        await refused.ShouldFailAsync(409, "SVCSTG.SWR.4090076");
        Assert.Equal(["twice-one"], await OthersAsync(path));
    }

    [Fact]
    public async Task Of_many_who_grant_the_same_one_succeeds()
    {
        var path = await OrganizationAsync("granted-race");
        var user = await images.AddUserAsync("raced");

        var responses = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => SendAsync(Admin, HttpMethod.Post, path, Grants((user.Id, "raced", 3)))));

        Assert.Equal(1, responses.Count(r => (int)r.StatusCode == 201));
        Assert.Equal(7, responses.Count(r => (int)r.StatusCode == 409));
        Array.ForEach(responses, r => r.Dispose());
    }

    [Fact]
    public async Task A_grant_and_its_revocation_at_once_leave_one_or_none()
    {
        var path = await OrganizationAsync("granted-both");
        var user = await images.AddUserAsync("both");
        for (var round = 0; round < 5; round++)
        {
            var ended = await Task.WhenAll(
                SendAsync(Admin, HttpMethod.Post, path, Grants((user.Id, "both", 3))), SendAsync(Admin, HttpMethod.Delete, path, $"[\"{user.Id}\"]"));

            Assert.Contains((int)ended[0].StatusCode, (int[])[201, 409]);
            Assert.Contains((int)ended[1].StatusCode, (int[])[204, 404]);
            Assert.InRange((await OthersAsync(path)).Count, 0, 1);
            Array.ForEach(ended, r => r.Dispose());
        }
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4040078")]
    public async Task Without_a_grant_there_is_none_to_change_or_take()
    {
        var path = await OrganizationAsync("granted-none");
        var (one, two) = (await images.AddUserAsync("none-one"), await images.AddUserAsync("none-two"));
        using (var added = await SendAsync(Admin, HttpMethod.Post, path, Grants((one.Id, "none-one", 1))))
        {
            await Installation.ShouldBeAsync(added, 201);
        }

        using var changed = await SendAsync(Admin, HttpMethod.Patch, path, Grants((one.Id, "none-one", 7), (two.Id, "none-two", 7)));
        using var taken = await SendAsync(Admin, HttpMethod.Delete, path, $"[\"{one.Id}\",\"{two.Id}\"]");

        await changed.ShouldFailAsync(404, "SVCSTG.SWR.4040078");
        await taken.ShouldFailAsync(404, "SVCSTG.SWR.4040078");
        Assert.Equal(["none-one"], await OthersAsync(path));
    }

    [Fact]
    public async Task Who_made_the_organization_has_no_grant_to_take_or_lower()
    {
        var path = await OrganizationAsync("granted-maker");
        var (maker, other) = (await images.AddUserAsync("maker"), await images.AddUserAsync("beside-maker"));
        images.App.Sabotage("images").Execute($"UPDATE organizations SET creator_id = '{maker.Id}' WHERE name = 'granted-maker'");
        using (var added = await SendAsync(Admin, HttpMethod.Post, path, Grants((maker.Id, "maker", 7), (other.Id, "beside-maker", 1))))
        {
            await Installation.ShouldBeAsync(added, 201);
        }

        using var taken = await SendAsync(Admin, HttpMethod.Delete, path, $"[\"{other.Id}\",\"{maker.Id}\"]");
        using var lowered = await SendAsync(Admin, HttpMethod.Patch, path, Grants((maker.Id, "maker", 1)));

        await taken.ShouldFailAsync(404, "SVCSTG.SWR.4040078");
        await lowered.ShouldFailAsync(404, "SVCSTG.SWR.4040078");
        Assert.Equal(["maker", "beside-maker"], await OthersAsync(path));
    }

    [Fact]
    public async Task A_user_that_is_no_more_is_not_among_those_who_were_granted()
    {
        var path = await OrganizationAsync("granted-gone");
        var (gone, stays) = (await images.AddUserAsync("gone"), await images.AddUserAsync("stays"));
        using (var added = await SendAsync(Admin, HttpMethod.Post, path, Grants((gone.Id, "gone", 7), (stays.Id, "stays", 1))))
        {
            await Installation.ShouldBeAsync(added, 201);
        }

        using (var deleted = await Admin.DeleteAsync($"/v3/users/{gone.Id}", Cancellation))
        {
            await Installation.ShouldBeAsync(deleted, 204);
        }

        Assert.Equal(["stays"], await OthersAsync(path));
        using var taken = await SendAsync(Admin, HttpMethod.Delete, path, $"[\"{gone.Id}\"]");
        await Installation.ShouldBeAsync(taken, 204);
    }

    [Theory]
    [Provokes("SVCSTG.SWR.4001065")]
    [InlineData("5")]
    [InlineData("\"7\"")]
    [InlineData("1.5")]
    [InlineData("9223372036854775808")]
    public async Task Another_number_is_no_permission(string auth)
    {
        using var response = await SendAsync(Admin, HttpMethod.Post, "/v2/manage/namespaces/team/access", $$"""[{"user_id":"u","user_name":"n","auth":{{auth}}}]""");

        await response.ShouldFailAsync(400, "SVCSTG.SWR.4001065");
    }

    [Theory]
    [InlineData("""[{"user_name":"n","auth":1}]""")]
    [InlineData("""[{"user_id":"u","auth":1}]""")]
    [InlineData("""[{"user_id":"u","user_name":"n","auth":null}]""")]
    public async Task A_grant_needs_all_its_members(string body)
    {
        using var response = await SendAsync(Admin, HttpMethod.Post, "/v2/manage/namespaces/team/access", body);

        await response.ShouldFailAsync(400, "SVCSTG.SWR.4001014");
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4001067")]
    public async Task The_name_of_somebody_else_is_refused()
    {
        var user = await images.AddUserAsync("named");

        using var response = await SendAsync(Admin, HttpMethod.Post, "/v2/manage/namespaces/team/access", Grants((user.Id, "another", 1)));

        await response.ShouldFailAsync(400, "SVCSTG.SWR.4001067");
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("[null]")]
    [InlineData("""[{"user_id":"nobody","user_name":"nobody","auth":1}]""")]
    [InlineData("""[{"user_id":"u","user_name":"n","auth":1},{"user_id":"u","user_name":"n","auth":1}]""")]
    public async Task A_list_that_cannot_be_applied_is_refused(string body)
    {
        using var response = await SendAsync(Admin, HttpMethod.Post, "/v2/manage/namespaces/team/access", body);

        await response.ShouldFailAsync(400, "SVCSTG.SWR.4000014");
    }

    [Fact]
    public async Task A_hundred_grants_are_taken_at_a_time_and_no_more()
    {
        var path = await OrganizationAsync("granted-hundred");
        var absent = string.Join(',', Enumerable.Range(0, 100).Select(static i => $"\"absent-{i}\""));

        using var hundred = await SendAsync(Admin, HttpMethod.Delete, path, $"[{absent}]");
        using var more = await SendAsync(Admin, HttpMethod.Delete, path, $"[{absent},\"one more\"]");

        await hundred.ShouldFailAsync(404, "SVCSTG.SWR.4040078");
        await more.ShouldFailAsync(400, "SVCSTG.SWR.4000014");
    }

    [Fact]
    public async Task Who_does_not_manage_the_organization_grants_nothing_and_learns_of_nobody()
    {
        var path = await OrganizationAsync("granted-by-others");
        var (editor, stranger) = (await images.AddUserAsync("editor"), await images.AddUserAsync("stranger"));
        images.GrantOnOrganization("granted-by-others", editor.Id, 3);
        using var edits = editor.Signed;
        using var knows = stranger.Signed;
        var other = await images.AddAccountAsync("granted-account");
        using var foreign = other.Signed;
        using var unused = other.Registry;

        foreach (var (method, body) in ((HttpMethod, string)[])[(HttpMethod.Post, Grants(("nobody", "nobody", 1))), (HttpMethod.Patch, Grants((editor.Id, "editor", 7))), (HttpMethod.Delete, "[\"u\"]")])
        {
            using var refused = await SendAsync(edits, method, path, body);
            await refused.ShouldFailAsync(403, "SVCSTG.SWR.4037020");
            using var apart = await SendAsync(foreign, method, path, body);
            await apart.ShouldFailAsync(401, "SVCSTG.SWR.4011064");
        }

        using var read = await edits.GetAsync(path, Cancellation);
        await Installation.ShouldBeAsync(read, 200);
        using var hidden = await knows.GetAsync(path, Cancellation);
        await hidden.ShouldFailAsync(403, "SVCSTG.SWR.4037020");
    }

    private async Task<string> OrganizationAsync(string name)
    {
        await images.CreateOrganizationAsync(name);
        return $"/v2/manage/namespaces/{name}/access";
    }

    private static string Grants(params (string Id, string Name, int Auth)[] grants) =>
        $"[{string.Join(',', grants.Select(static g => $$"""{"user_id":"{{g.Id}}","user_name":"{{g.Name}}","auth":{{g.Auth}}}"""))}]";

    private async Task<IReadOnlyList<string>> OthersAsync(string path) =>
    [
        .. (await Admin.GetFromJsonAsync<JsonElement>(path, Cancellation)).GetProperty("others_auths").EnumerateArray().Select(static g => g.GetProperty("user_name").GetString()!),
    ];

    private static Task<HttpResponseMessage> StartUploadAsync(HttpClient registry, string repository) =>
        registry.PostAsync(new Uri($"/v2/{repository}/blobs/uploads/", UriKind.Relative), null, Cancellation);

    private static async Task<HttpResponseMessage> SendAsync(HttpClient client, HttpMethod method, string path, string body)
    {
        using var request = new HttpRequestMessage(method, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        return await client.SendAsync(request, Cancellation);
    }
}
