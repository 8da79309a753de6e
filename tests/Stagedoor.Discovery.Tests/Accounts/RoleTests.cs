using System.Net.Http.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Discovery.Tests.Accounts;

public sealed class RoleTests : GuardedEngine
{
    protected override IEnumerable<(string Key, string Value)> Settings => [("Discovery:Rbac:MaxRoles", "6")];

    [Theory]
    [InlineData("admin", 200, 200, 200, 200)]
    [InlineData("developer", 200, 200, 403, 403)]
    [InlineData("reader", 200, 403, 403, 403)]
    [InlineData("anything", 200, 200, 200, 200)]
    [InlineData("auditor", 403, 403, 200, 200)]
    [Provokes("403001")]
    public async Task Roles_decide(string role, int read, int write, int accounts, int roles)
    {
        await AddRoleAsync("reader", Perm("service", "get"));
        await AddRoleAsync("anything", Perm("*", "*"));
        await AddRoleAsync("auditor", Perm("account", "get"), Perm("role", "get"));
        using var client = await AddAsync("alice", role);

        using var listed = await client.GetAsync(Services, Cancellation);
        using var registered = await RegisterAsync(client, "orders");
        using var accountList = await client.GetAsync("/v4/accounts", Cancellation);
        using var roleList = await client.GetAsync("/v4/roles", Cancellation);
        using var forbidden = await (await AddAsync("nobody", "auditor")).GetAsync(Services, Cancellation);

        Assert.Equal(
            (read, write, accounts, roles),
            ((int)listed.StatusCode, (int)registered.StatusCode, (int)accountList.StatusCode, (int)roleList.StatusCode));
        var error = await forbidden.ShouldFailAsync(403, "403001");
        Assert.Contains("account[nobody] do not allow get on service", error.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("admin", 200, 200)]
    [InlineData("developer", 200, 200)]
    [InlineData("anything", 200, 200)]
    [InlineData("operator", 200, 403)]
    [InlineData("registrar", 403, 403)]
    public async Task Roles_decide_about_the_engine_itself(string role, int read, int clear)
    {
        await AddRoleAsync("anything", Perm("*", "*"));
        await AddRoleAsync("operator", Perm("ops", "get"));
        await AddRoleAsync("registrar", Perm("service", "*"));
        using var client = await AddAsync("alice", role);

        foreach (var path in (string[])["alarms", "dump", "clusters"])
        {
            using var seen = await client.GetAsync($"/v4/default/admin/{path}", Cancellation);
            Assert.Equal((path, read), (path, (int)seen.StatusCode));
        }

        using var cleared = await client.DeleteAsync("/v4/default/admin/alarms", Cancellation);
        Assert.Equal(clear, (int)cleared.StatusCode);
    }

    [Fact]
    public async Task Root_reaches_every_path_of_the_engine()
    {
        var perms = await GetAsync(Root, "/v4/self-perms");
        using var dump = await Root.GetAsync("/v4/default/admin/dump", Cancellation);

        Assert.Equal(
            """{"perms":[{"resources":[{"type":"account"},{"type":"role"},{"type":"service"},{"type":"service/schema"},{"type":"governance"},{"type":"ops"}],"verbs":["*"]}]}""",
            perms.GetRawText());
        await ShouldBeAsync(dump, 200);
    }

    [Theory]
    [InlineData("get", "GET", Services)]
    [InlineData("create", "POST", Services)]
    [InlineData("delete", "DELETE", Services)]
    [InlineData("update", "PUT", "/v4/default/registry/heartbeats")]
    [InlineData("get", "POST", "/v4/default/registry/instances/action?type=query")]
    public async Task A_verb_allows_what_it_says_and_nothing_else(string verb, string method, string path)
    {
        var others = ((string[])["get", "create", "update", "delete"]).Where(v => v != verb).ToArray();
        await AddRoleAsync("only", Perm("service", verb));
        await AddRoleAsync("without", Perm("service", others));
        using var may = await AddAsync("may", "only");
        using var mayNot = await AddAsync("maynot", "without");

        using var allowed = await SendAsync(may, method, path);
        using var refused = await SendAsync(mayNot, method, path);

        // The bodies are empty, so that whoever comes through is told so.
        Assert.NotEqual(403, (int)allowed.StatusCode);
        Assert.NotEqual(401, (int)allowed.StatusCode);
        await refused.ShouldFailAsync(403, "403001");
    }

    [Fact]
    public async Task The_roles_of_an_account_add_up()
    {
        await AddRoleAsync("reader", Perm("service", "get"));
        await AddRoleAsync("writer", Perm("service", "create"));
        using var client = await AddAsync("alice", "reader", "writer");

        using var listed = await client.GetAsync(Services, Cancellation);
        using var registered = await RegisterAsync(client, "orders");

        await ShouldBeAsync(listed, 200);
        await ShouldBeAsync(registered, 200);
    }

    [Fact]
    public async Task A_changed_role_counts_at_once()
    {
        await AddRoleAsync("team", Perm("service", "get"));
        using var client = await AddAsync("alice", "team");

        using var changed = await Root.PutAsJsonAsync("/v4/roles/team", new { perms = new[] { Perm("service", "create") } }, Cancellation);

        await ShouldBeAsync(changed, 200);
        using var listed = await client.GetAsync(Services, Cancellation);
        using var registered = await RegisterAsync(client, "orders");
        await listed.ShouldFailAsync(403, "403001");
        await ShouldBeAsync(registered, 200);
    }

    [Fact]
    public async Task Who_logs_in_sees_the_own_permissions()
    {
        await AddRoleAsync("reader", Perm("service", "get"), Perm("service/schema", "get"));
        using var client = await AddAsync("alice", "reader");

        var perms = await GetAsync(client, "/v4/self-perms");

        Assert.Equal(
            """{"perms":[{"resources":[{"type":"service"}],"verbs":["get"]},{"resources":[{"type":"service/schema"}],"verbs":["get"]}]}""",
            perms.GetRawText());
    }

    [Fact]
    public async Task Roles_are_listed_and_shown_the_built_in_ones_first()
    {
        await AddRoleAsync("reader", Perm("service", "get"));

        var list = await GetAsync(Root, "/v4/roles");
        var role = await GetAsync(Root, "/v4/roles/reader");

        Assert.Equal(3, list.GetProperty("total").GetInt32());
        Assert.Equal(
            ["admin", "developer", "reader"], list.GetProperty("data").EnumerateArray().Select(static r => r.GetProperty("name").GetString()!).ToArray());
        Assert.Equal("""[{"resources":[{"type":"service"}],"verbs":["get"]}]""", role.GetProperty("perms").GetRawText());
    }

    [Fact]
    [Provokes("409201")]
    public async Task A_taken_name_is_refused_also_that_of_a_built_in_role()
    {
        await AddRoleAsync("reader", Perm("service", "get"));

        using var own = await CreateRoleAsync("reader");
        using var builtIn = await CreateRoleAsync("admin");

        await own.ShouldFailAsync(409, "409201");
        await builtIn.ShouldFailAsync(409, "409201");
    }

    [Fact]
    [Provokes("400100")]
    public async Task There_are_as_many_roles_as_the_setting_says()
    {
        for (var i = 0; i < 4; i++)
        {
            using var made = await CreateRoleAsync($"role{i}");
            await ShouldBeAsync(made, 200);
        }

        using var one = await CreateRoleAsync("straw");

        await one.ShouldFailAsync(400, "400100");
    }

    [Fact]
    [Provokes("400201")]
    public async Task What_does_not_exist_is_said_to_be_missing()
    {
        using var shown = await Root.GetAsync("/v4/roles/ghost", Cancellation);
        using var changed = await Root.PutAsJsonAsync("/v4/roles/ghost", new { perms = new[] { Perm("service", "get") } }, Cancellation);
        using var deleted = await Root.DeleteAsync("/v4/roles/ghost", Cancellation);

        foreach (var response in (HttpResponseMessage[])[shown, changed, deleted])
        {
            await response.ShouldFailAsync(400, "400201");
        }
    }

    [Fact]
    [Provokes("403203")]
    public async Task Built_in_roles_are_neither_changed_nor_deleted()
    {
        foreach (var name in (string[])["admin", "developer"])
        {
            using var changed = await Root.PutAsJsonAsync($"/v4/roles/{name}", new { perms = new[] { Perm("service", "get") } }, Cancellation);
            using var deleted = await Root.DeleteAsync($"/v4/roles/{name}", Cancellation);

            await changed.ShouldFailAsync(403, "403203");
            await deleted.ShouldFailAsync(403, "403203");
        }
    }

    [Fact]
    [Provokes("400205")]
    public async Task A_role_that_an_account_holds_stays()
    {
        await AddRoleAsync("team", Perm("service", "get"));
        using var made = await CreateAsync("alice", Password, "team");

        using var held = await Root.DeleteAsync("/v4/roles/team", Cancellation);
        using var freed = await Root.DeleteAsync("/v4/accounts/alice", Cancellation);
        using var deleted = await Root.DeleteAsync("/v4/roles/team", Cancellation);

        Assert.Contains("account[alice]", (await held.ShouldFailAsync(400, "400205")).Body, StringComparison.Ordinal);
        await ShouldBeAsync(freed, 200);
        await ShouldBeAsync(deleted, 200);
    }

    [Fact]
    public async Task No_account_gets_a_role_that_is_deleted_at_that_moment()
    {
        await AddRoleAsync("team", Perm("service", "get"));

        var both = await Task.WhenAll(CreateAsync("alice", Password, "team"), Root.DeleteAsync("/v4/roles/team", Cancellation));

        var codes = both.Select(static r => (int)r.StatusCode).Order().ToArray();
        Array.ForEach(both, static r => r.Dispose());
        Assert.Equal([200, 400], codes);
    }

    [Theory]
    [InlineData("""{"name":"r"}""")]
    [InlineData("""{"name":"r","perms":[]}""")]
    [InlineData("""{"name":"r","perms":[null]}""")]
    [InlineData("""{"name":"r","perms":[{"verbs":["get"]}]}""")]
    [InlineData("""{"name":"r","perms":[{"resources":[null],"verbs":["get"]}]}""")]
    [InlineData("""{"name":"r","perms":[{"resources":[{"type":"servise"}],"verbs":["get"]}]}""")]
    [InlineData("""{"name":"r","perms":[{"resources":[{"type":"service"}],"verbs":["read"]}]}""")]
    [InlineData("""{"name":"r","perms":[{"resources":[{"type":"service"}]}]}""")]
    [InlineData("""{"name":"r","perms":[{"resources":[{"type":"service","labels":{"appId":"shop"}}],"verbs":["get"]}]}""")]
    [InlineData("""{"name":"-r","perms":[{"resources":[{"type":"service"}],"verbs":["get"]}]}""")]
    [InlineData("""[]""")]
    public async Task A_role_that_nobody_would_understand_is_refused(string body)
    {
        using var content = new StringContent(body);
        using var response = await Root.PostAsync("/v4/roles", content, Cancellation);

        await response.ShouldFailAsync(400, "400001");
    }

    [Theory]
    [InlineData(100, 200)]
    [InlineData(101, 400)]
    public async Task A_role_has_at_most_a_hundred_permissions(int count, int status)
    {
        var perms = Enumerable.Repeat(Perm("service", "get"), count);

        using var response = await Root.PostAsJsonAsync("/v4/roles", new { name = "many", perms }, Cancellation);

        await ShouldBeAsync(response, status);
    }

    private Task<HttpResponseMessage> CreateRoleAsync(string name) =>
        Root.PostAsJsonAsync("/v4/roles", new { name, perms = new[] { Perm("service", "get") } }, Cancellation);

    private static async Task<HttpResponseMessage> SendAsync(HttpClient client, string method, string path)
    {
        using var request = new HttpRequestMessage(new(method), path);
        return await client.SendAsync(request, Cancellation);
    }
}
