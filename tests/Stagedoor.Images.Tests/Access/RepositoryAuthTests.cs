using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Images.Tests.Access;

public sealed class RepositoryAuthTests(Installation images) : IClassFixture<Installation>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private HttpClient Admin => images.App.Admin;

    [Fact]
    public async Task A_grant_opens_one_repository_and_its_end_closes_it_at_once()
    {
        var path = await RepositoryAsync("opened");
        await images.PushImageAsync("team/beside", "1");
        var user = await images.AddUserAsync("opener");
        using var unused = user.Signed;
        using var registry = images.App.Registry(user.User, user.Key);
        await ShouldPullAsync(registry, "team/opened", 403);

        await ShouldBeAsync(201, Admin, HttpMethod.Post, path, Grants((user.Id, "opener", 1)));
        await ShouldPullAsync(registry, "team/opened", 200);
        await ShouldPullAsync(registry, "team/beside", 403);
        await ShouldUploadAsync(registry, "team/opened", 403);

        await ShouldBeAsync(201, Admin, HttpMethod.Patch, path, Grants((user.Id, "opener", 3)));
        await ShouldUploadAsync(registry, "team/opened", 202);
        await ShouldUploadAsync(registry, "team/beside", 403);

        await ShouldBeAsync(204, Admin, HttpMethod.Delete, path, $"[\"{user.Id}\"]");
        await ShouldUploadAsync(registry, "team/opened", 403);
        await ShouldPullAsync(registry, "team/opened", 403);
    }

    [Fact]
    public async Task Grants_are_shown_in_the_order_they_were_made_beside_what_the_caller_may_do()
    {
        var path = await RepositoryAsync("shown/with/slashes");
        var (one, two) = (await images.AddUserAsync("shown-one"), await images.AddUserAsync("shown-two"));
        using var first = one.Signed;
        await ShouldBeAsync(201, Admin, HttpMethod.Post, path, Grants((two.Id, "shown-two", 1), (one.Id, "shown-one", 3)));

        var shown = await Admin.GetFromJsonAsync<JsonElement>(path, Cancellation);
        var own = await first.GetFromJsonAsync<JsonElement>(path.Replace('$', '/'), Cancellation);

        Assert.Equal(["id", "name", "self_auth", "others_auths"], shown.EnumerateObject().Select(m => m.Name));
        Assert.Equal("shown/with/slashes", shown.GetProperty("name").GetString());
        Assert.Equal(7, shown.GetProperty("self_auth").GetProperty("auth").GetInt32());
        Assert.Equal(
            [("shown-two", 1), ("shown-one", 3)],
            shown.GetProperty("others_auths").EnumerateArray().Select(g => (g.GetProperty("user_name").GetString()!, g.GetProperty("auth").GetInt32())));
        Assert.Equal((one.Id, 3), (own.GetProperty("self_auth").GetProperty("user_id").GetString(), own.GetProperty("self_auth").GetProperty("auth").GetInt32()));
        Assert.Equal(["shown-two"], own.GetProperty("others_auths").EnumerateArray().Select(static g => g.GetProperty("user_name").GetString()));
    }

    [Fact]
    public async Task Who_may_push_to_the_organization_or_manages_the_repository_grants()
    {
        var path = await RepositoryAsync("granting");
        var (editor, manager, pusher, reader, other) = (
            await images.AddUserAsync("gr-editor"), await images.AddUserAsync("gr-manager"), await images.AddUserAsync("gr-pusher"), await images.AddUserAsync("gr-reader"), await images.AddUserAsync("gr-other"));
        using var edits = editor.Signed;
        using var manages = manager.Signed;
        using var pushes = pusher.Signed;
        using var reads = reader.Signed;
        using var unused = other.Signed;
        images.GrantOnOrganization("team", editor.Id, 3);
        images.GrantOnRepository("granting", manager.Id, 7);
        images.GrantOnRepository("granting", pusher.Id, 3);

        await ShouldFailAsync(403, "SVCSTG.SWR.4037020", edits, HttpMethod.Post, path, Grants((other.Id, "gr-other", 7)));
        await ShouldBeAsync(201, edits, HttpMethod.Post, path, Grants((other.Id, "gr-other", 3)));
        await ShouldBeAsync(201, manages, HttpMethod.Patch, path, Grants((other.Id, "gr-other", 1)));
        await ShouldBeAsync(204, manages, HttpMethod.Delete, path, $"[\"{other.Id}\"]");
        await ShouldFailAsync(403, "SVCSTG.SWR.4037020", pushes, HttpMethod.Post, path, Grants((other.Id, "gr-other", 1)));
        await ShouldFailAsync(403, "SVCSTG.SWR.4037018", reads, HttpMethod.Post, path, Grants((other.Id, "gr-other", 1)));
        await ShouldFailAsync(403, "SVCSTG.SWR.4037018", reads, HttpMethod.Delete, path, $"[\"{other.Id}\"]");
        await ShouldFailAsync(403, "SVCSTG.SWR.4037020", reads, HttpMethod.Get, path);
    }

    [Fact]
    public async Task Nobody_gives_takes_or_changes_more_than_they_have()
    {
        var path = await RepositoryAsync("rising");
        var (editor, manager, friend) = (await images.AddUserAsync("ri-editor"), await images.AddUserAsync("ri-manager"), await images.AddUserAsync("ri-friend"));
        using var edits = editor.Signed;
        using var manages = manager.Signed;
        using var befriended = friend.Signed;
        images.GrantOnOrganization("team", editor.Id, 3);
        images.GrantOnRepository("rising", manager.Id, 7);
        images.GrantOnRepository("rising", friend.Id, 1);

        // A friend who manages would give it back.
        await ShouldFailAsync(403, "SVCSTG.SWR.4037020", edits, HttpMethod.Patch, path, Grants((friend.Id, "ri-friend", 7)));
        await ShouldFailAsync(403, "SVCSTG.SWR.4037020", edits, HttpMethod.Patch, path, Grants((friend.Id, "ri-friend", 3), (manager.Id, "ri-manager", 1)));
        await ShouldFailAsync(403, "SVCSTG.SWR.4037020", edits, HttpMethod.Delete, path, $"[\"{manager.Id}\"]");

        // Nothing of a list that was refused.
        var shown = await Admin.GetFromJsonAsync<JsonElement>(path, Cancellation);
        Assert.Equal([1, 7], shown.GetProperty("others_auths").EnumerateArray().Select(static g => g.GetProperty("auth").GetInt32()).Order());
        await ShouldBeAsync(201, edits, HttpMethod.Patch, path, Grants((friend.Id, "ri-friend", 3)));
        await ShouldBeAsync(201, manages, HttpMethod.Patch, path, Grants((friend.Id, "ri-friend", 7)));
    }

    [Fact]
    public async Task Another_account_learns_nothing_of_the_users_even_of_a_public_repository()
    {
        var path = await RepositoryAsync("everybodys");
        images.Publish("everybodys");
        images.Forget();
        var (foreign, registry) = await images.AddAccountAsync("auth-account");
        using var signed = foreign;
        using var pulls = registry;

        await ShouldPullAsync(pulls, "team/everybodys", 200);
        await ShouldFailAsync(401, "SVCSTG.SWR.4011064", signed, HttpMethod.Get, path);
        await ShouldFailAsync(401, "SVCSTG.SWR.4011064", signed, HttpMethod.Post, path, Grants(("u", "n", 1)));
        await ShouldFailAsync(404, "SVCSTG.SWR.4040010", Admin, HttpMethod.Get, "/v2/manage/namespaces/team/repos/absent/access");
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4001066")]
    public async Task Nobody_grants_to_itself_and_no_other_number_is_a_permission()
    {
        var path = await RepositoryAsync("own-grant");
        var manager = await images.AddUserAsync("own-manager");
        using var manages = manager.Signed;
        images.GrantOnRepository("own-grant", manager.Id, 7);

        foreach (var method in (HttpMethod[])[HttpMethod.Post, HttpMethod.Patch])
        {
            await ShouldFailAsync(400, "SVCSTG.SWR.4001066", manages, method, path, Grants((manager.Id, "own-manager", 1)));
            await ShouldFailAsync(400, "SVCSTG.SWR.4001066", Admin, method, path, Grants((manager.Id, "own-manager", 5)));
            await ShouldFailAsync(400, "SVCSTG.SWR.4001066", Admin, method, path, $$"""[{"user_id":"u","user_name":"n","auth":"7"}]""");
        }

        // What one has one may give back.
        await ShouldBeAsync(204, manages, HttpMethod.Delete, path, $"[\"{manager.Id}\"]");
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4090089")]
    public async Task A_second_grant_is_refused_with_the_whole_list_and_so_is_one_to_the_maker()
    {
        var path = await RepositoryAsync("twice");
        var (one, two, maker) = (await images.AddUserAsync("tw-one"), await images.AddUserAsync("tw-two"), await images.AddUserAsync("tw-maker"));
        await ShouldBeAsync(201, Admin, HttpMethod.Post, path, Grants((one.Id, "tw-one", 1)));
        images.App.Sabotage("images").Execute($"UPDATE repositories SET creator_id = '{maker.Id}' WHERE name = 'twice'");

        await ShouldFailAsync(409, "SVCSTG.SWR.4090089", Admin, HttpMethod.Post, path, Grants((two.Id, "tw-two", 1), (one.Id, "tw-one", 3)));
        await ShouldFailAsync(409, "SVCSTG.SWR.4090089", Admin, HttpMethod.Post, path, Grants((two.Id, "tw-two", 1), (maker.Id, "tw-maker", 3)));

        Assert.Equal(["tw-one"], await OthersAsync(path));
    }

    [Fact]
    [Provokes("SVCSTG.SWR.4040091")]
    public async Task Without_a_grant_there_is_none_to_change_or_take()
    {
        var path = await RepositoryAsync("without");
        var (one, two) = (await images.AddUserAsync("wo-one"), await images.AddUserAsync("wo-two"));
        await ShouldBeAsync(201, Admin, HttpMethod.Post, path, Grants((one.Id, "wo-one", 1)));

        await ShouldFailAsync(404, "SVCSTG.SWR.4040091", Admin, HttpMethod.Patch, path, Grants((one.Id, "wo-one", 7), (two.Id, "wo-two", 7)));
        await ShouldFailAsync(404, "SVCSTG.SWR.4040091", Admin, HttpMethod.Delete, path, $"[\"{one.Id}\",\"{two.Id}\"]");

        Assert.Equal(["wo-one"], await OthersAsync(path));
    }

    [Theory]
    [InlineData("[]", "4000014")]
    [InlineData("{}", "4000014")]
    [InlineData("""[{"user_id":"nobody","user_name":"nobody","auth":1}]""", "4000014")]
    [InlineData("""[{"user_id":"u","user_name":"n","auth":1},{"user_id":"u","user_name":"n","auth":1}]""", "4000014")]
    [InlineData("""[{"user_name":"n","auth":1}]""", "4001014")]
    [InlineData("""[{"user_id":"u","user_name":"n"}]""", "4001014")]
    public async Task A_list_that_cannot_be_applied_is_refused(string body, string code)
    {
        await RepositoryAsync("lists");
        await ShouldFailAsync(400, $"SVCSTG.SWR.{code}", Admin, HttpMethod.Post, Path("lists"), body);
    }

    [Fact]
    public async Task The_name_of_somebody_else_is_refused_after_the_right_to_grant()
    {
        var path = await RepositoryAsync("names");
        var user = await images.AddUserAsync("names-user");
        using var signed = user.Signed;

        await ShouldFailAsync(400, "SVCSTG.SWR.4001067", Admin, HttpMethod.Post, path, Grants((user.Id, "another", 1)));
        await ShouldFailAsync(403, "SVCSTG.SWR.4037018", signed, HttpMethod.Post, path, Grants(("nobody", "nobody", 1)));
    }

    [Fact]
    public async Task A_user_that_is_no_more_is_not_among_those_who_were_granted()
    {
        var path = await RepositoryAsync("gone-user");
        var (gone, stays) = (await images.AddUserAsync("gu-gone"), await images.AddUserAsync("gu-stays"));
        await ShouldBeAsync(201, Admin, HttpMethod.Post, path, Grants((gone.Id, "gu-gone", 7), (stays.Id, "gu-stays", 1)));
        using (var deleted = await Admin.DeleteAsync($"/v3/users/{gone.Id}", Cancellation))
        {
            await Installation.ShouldBeAsync(deleted, 204);
        }

        Assert.Equal(["gu-stays"], await OthersAsync(path));
        await ShouldBeAsync(204, Admin, HttpMethod.Delete, path, $"[\"{gone.Id}\"]");
    }

    [Fact]
    public async Task Of_many_who_grant_the_same_one_succeeds_and_a_revocation_beside_leaves_one_or_none()
    {
        var path = await RepositoryAsync("at-once");
        var user = await images.AddUserAsync("at-once");
        var responses = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => SendAsync(Admin, HttpMethod.Post, path, Grants((user.Id, "at-once", 3)))));
        Assert.Equal((1, 7), (responses.Count(static r => (int)r.StatusCode == 201), responses.Count(static r => (int)r.StatusCode == 409)));
        Array.ForEach(responses, static r => r.Dispose());

        for (var round = 0; round < 5; round++)
        {
            var ended = await Task.WhenAll(
                SendAsync(Admin, HttpMethod.Post, path, Grants((user.Id, "at-once", 3))), SendAsync(Admin, HttpMethod.Delete, path, $"[\"{user.Id}\"]"));
            Assert.Contains((int)ended[0].StatusCode, (int[])[201, 409]);
            Assert.Contains((int)ended[1].StatusCode, (int[])[204, 404]);
            Assert.InRange((await OthersAsync(path)).Count, 0, 1);
            Array.ForEach(ended, static r => r.Dispose());
        }
    }

    private static string Path(string repository) => $"/v2/manage/namespaces/team/repos/{repository.Replace('/', '$')}/access";

    private static string Grants(params (string Id, string Name, int Auth)[] grants) =>
        $"[{string.Join(',', grants.Select(static g => $$"""{"user_id":"{{g.Id}}","user_name":"{{g.Name}}","auth":{{g.Auth}}}"""))}]";

    private async Task<string> RepositoryAsync(string name)
    {
        await images.PushImageAsync($"team/{name}", "1");
        return Path(name);
    }

    private async Task<IReadOnlyList<string>> OthersAsync(string path) =>
    [
        .. (await Admin.GetFromJsonAsync<JsonElement>(path, Cancellation)).GetProperty("others_auths").EnumerateArray().Select(static g => g.GetProperty("user_name").GetString()!),
    ];

    private static async Task ShouldPullAsync(HttpClient registry, string repository, int status)
    {
        using var pulled = await registry.GetAsync($"/v2/{repository}/manifests/1", Cancellation);
        await Installation.ShouldBeAsync(pulled, status);
    }

    private static async Task ShouldUploadAsync(HttpClient registry, string repository, int status)
    {
        using var begun = await registry.PostAsync($"/v2/{repository}/blobs/uploads/", null, Cancellation);
        await Installation.ShouldBeAsync(begun, status);
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
}
