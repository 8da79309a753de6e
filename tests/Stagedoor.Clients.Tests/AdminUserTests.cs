using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>Users, keys, roles and organizations of a running server, by the verbs that people type.</summary>
public sealed class AdminUserTests(StagedoorProcess stagedoor) : IClassFixture<StagedoorProcess>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_first_line_for_a_colleague_logs_in_and_pushes_to_its_organization_alone()
    {
        Tool.Require("skopeo", "bash");
        var made = (await stagedoor.AdminAsync("user", "create", "ana", "--push", "team-ana", "--description", "Ana of team a")).ShouldSucceed();
        await stagedoor.AdminAsync("org", "create", "team-other");
        var line = made.Output.Split('\n')[0].Replace("docker login", "skopeo login --tls-verify=false", StringComparison.Ordinal);
        var image = Path.Combine(stagedoor.DataDirectory, "hello-image");

        (await ShellAsync(line)).ShouldSucceed();
        (await ShellAsync($"skopeo copy --dest-tls-verify=false 'oci:{image}:1.0' docker://{stagedoor.Host}/team-ana/app:1")).ShouldSucceed();
        var refused = await ShellAsync($"skopeo copy --dest-tls-verify=false 'oci:{image}:1.0' docker://{stagedoor.Host}/team-other/app:1");

        refused.ShouldFail("403 (Forbidden)");
        Assert.Contains("is this machine alone", made.Error, StringComparison.Ordinal);
        Assert.Matches("(?m)^export HUAWEICLOUD_SDK_AK=[A-Z0-9]{20}$", made.Output);
        Assert.Matches("(?m)^export HUAWEICLOUD_SDK_PROJECT_ID=[0-9a-f]{32}$", made.Output);
    }

    [Fact]
    public async Task The_same_line_again_says_what_exists_and_completes_the_rest()
    {
        var first = await stagedoor.AdminJsonAsync("user", "create", "bob", "--pull", await OrganizationAsync("team-bob"));
        var second = (await stagedoor.AdminAsync("user", "create", "bob", "--push", "team-bob", "--push", "team-bob-two", "--role", "te_guest")).ShouldSucceed();
        var shown = await stagedoor.AdminJsonAsync("user", "show", "bob");

        Assert.True(first.GetProperty("made").GetBoolean());
        Assert.Contains("# user bob exists", second.Output, StringComparison.Ordinal);
        Assert.Contains("cannot be shown again", second.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("docker login", second.Output, StringComparison.Ordinal);
        Assert.Equal(["team-bob push", "team-bob-two push"], Grants(shown));
        Assert.Equal("te_guest", Assert.Single(shown.GetProperty("roles").EnumerateArray()).GetString());
        Assert.Equal(first.GetProperty("accessKey").GetString(), Assert.Single(shown.GetProperty("keys").EnumerateArray()).GetProperty("accessKey").GetString());
    }

    [Fact]
    public async Task Pulling_beside_a_greater_grant_takes_nothing_away()
    {
        await OrganizationAsync("team-carl");
        await stagedoor.NewUserAsync("carl");
        (await stagedoor.AdminAsync("org", "grant", "team-carl", "carl", "manage")).ShouldSucceed();

        (await stagedoor.AdminAsync("user", "create", "carl", "--pull", "team-carl")).ShouldSucceed();

        Assert.Equal(["team-carl manage"], Grants(await stagedoor.AdminJsonAsync("user", "show", "carl")));
    }

    [Fact]
    public async Task Of_two_administrators_at_once_one_makes_the_user_and_the_other_finds_it()
    {
        var ended = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => stagedoor.AdminAsync("user", "create", "dora", "--push", "team-dora")));

        Assert.All(ended, static e => e.ShouldSucceed());
        Assert.Single(ended, static e => e.Output.Contains("# user dora made", StringComparison.Ordinal));
        Assert.Single(ended, static e => e.Output.Contains("# user dora exists", StringComparison.Ordinal));
        Assert.Equal(["team-dora push"], Grants(await stagedoor.AdminJsonAsync("user", "show", "dora")));
    }

    [Fact]
    public async Task What_breaks_off_says_how_far_it_came_and_is_completed_by_the_same_line()
    {
        var secure = await stagedoor.NewUserAsync("security", "--role", "secu_admin");

        var broken = await stagedoor.AdminAsAsync(secure, "user", "create", "emil", "--push", "team-emil");
        var completed = (await stagedoor.AdminAsync("user", "create", "emil", "--push", "team-emil")).ShouldSucceed();

        broken.ShouldEndWith(5, "Until then: user emil made. The same line again goes on from there.");
        Assert.Contains("SVCSTG.SWR.4039002", broken.Error, StringComparison.Ordinal);
        Assert.Contains("docker login", completed.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_is_refused_before_anything_is_made()
    {
        (await stagedoor.AdminAsync("user", "create", "fred", "--role", "te_gust")).ShouldEndWith(6, "Did you mean te_guest?");
        (await stagedoor.AdminAsync("user", "create", "fred", "--pull", "no-such-team")).ShouldEndWith(6, "Nothing was made.");
        (await stagedoor.AdminAsync("user", "create", "fred", "--push", "Team")).ShouldEndWith(1, "SVCSTG.SWR.4001028");
        (await stagedoor.AdminAsync("user", "create", "7 dwarfs")).ShouldEndWith(1, "IAM.0011");

        (await stagedoor.AdminAsync("user", "show", "fred")).ShouldEndWith(6, "There is no user 'fred'");
    }

    [Fact]
    public async Task A_rotated_key_ends_the_old_one_after_the_new_one_was_shown()
    {
        var user = await stagedoor.NewUserAsync("gwen", "--push", "team-gwen");
        var old = user.GetProperty("accessKey").GetString()!;

        var rotated = (await stagedoor.AdminAsync("key", "rotate", old, "--json")).ShouldSucceed();
        using var document = JsonDocument.Parse(rotated.Output);
        using var before = stagedoor.Registry(user);
        using var after = stagedoor.Registry(document.RootElement);

        await Assert.ThrowsAsync<RegistryException>(() => before.StartUploadAsync("team-gwen/app"));
        await after.StartUploadAsync("team-gwen/app");
        Assert.Contains("is switched off", rotated.Error, StringComparison.Ordinal);
        (await stagedoor.AdminAsync("key", "rotate", document.RootElement.GetProperty("accessKey").GetString()!)).ShouldEndWith(7, $"stagedoor admin key delete {old}");
        (await stagedoor.AdminAsync("key", "delete", old)).ShouldSucceed();
        (await stagedoor.AdminAsync("key", "enable", old)).ShouldEndWith(6, "IAM.0004");
    }

    [Fact]
    public async Task A_third_key_is_refused_and_keys_are_listed_without_secrets()
    {
        var user = await stagedoor.NewUserAsync("hana");
        (await stagedoor.AdminAsync("key", "create", "hana", "--description", "build")).ShouldSucceed();

        (await stagedoor.AdminAsync("key", "create", "hana")).ShouldEndWith(1, "akSkNumExceed");
        var listed = (await stagedoor.AdminAsync("key", "list", "--user", "hana")).ShouldSucceed().Output;

        Assert.Equal(2, listed.TrimEnd('\n').Split('\n').Length);
        Assert.All(listed.TrimEnd('\n').Split('\n'), static line => Assert.Equal(6, line.Split('\t').Length));
        Assert.DoesNotContain(user.GetProperty("secretKey").GetString()!, listed, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_that_was_never_used_says_so()
    {
        await stagedoor.NewUserAsync("nell");

        Assert.Equal("never", (await stagedoor.AdminAsync("key", "list", "--user", "nell")).ShouldSucceed().Output.TrimEnd('\n').Split('\t')[4]);
        var listed = await stagedoor.AdminJsonAsync("key", "list", "--user", "nell");
        Assert.Equal(JsonValueKind.Null, Assert.Single(listed.GetProperty("keys").EnumerateArray()).GetProperty("lastUsedAt").ValueKind);
    }

    [Theory]
    [InlineData("foo")]
    [InlineData("7")]
    [InlineData("push,manage")]
    [InlineData("Pull")]
    public async Task A_level_is_one_of_three_words(string word)
    {
        var refused = await stagedoor.AdminAsync("org", "grant", "team", "somebody", word);

        Assert.Equal(2, refused.ExitCode);
        Assert.StartsWith($"stagedoor: LEVEL is pull, push or manage, and not '{word}'.\n", refused.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Stagedoor.", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_made_an_organization_has_no_grant_to_lose()
    {
        var user = await stagedoor.NewUserAsync("olaf", "--role", "swr_admin");
        (await stagedoor.AdminAsAsync(user, "org", "create", "team-olaf")).ShouldSucceed();
        (await stagedoor.AdminAsync("role", "revoke", "olaf", "swr_admin")).ShouldSucceed();

        (await stagedoor.AdminAsync("org", "revoke", "team-olaf", "olaf")).ShouldEndWith(6, "stagedoor admin user disable olaf");

        (await stagedoor.AdminAsAsync(user, "org", "show", "team-olaf")).ShouldSucceed();
        (await stagedoor.AdminAsync("user", "delete", "olaf", "--yes")).ShouldSucceed();
        Assert.DoesNotContain("olaf\t", (await stagedoor.AdminAsync("org", "show", "team-olaf")).ShouldSucceed().Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_disabled_user_is_kept_out_until_it_is_enabled()
    {
        var user = await stagedoor.NewUserAsync("iris", "--push", "team-iris");
        using var registry = stagedoor.Registry(user);

        (await stagedoor.AdminAsync("user", "disable", "iris")).ShouldSucceed();
        await Assert.ThrowsAsync<RegistryException>(() => registry.StartUploadAsync("team-iris/app"));
        (await stagedoor.AdminAsync("user", "enable", "iris")).ShouldSucceed();
        await registry.StartUploadAsync("team-iris/app");
    }

    [Fact]
    public async Task A_deleted_user_takes_its_grants_along_and_only_when_it_is_meant()
    {
        await stagedoor.NewUserAsync("jack", "--push", "team-jack");

        (await stagedoor.AdminAsync("user", "delete", "jack")).ShouldEndWith(2, "Nothing was changed.");
        (await stagedoor.AdminAsync("user", "delete", "jack", "--yes")).ShouldSucceed();

        var grants = (await stagedoor.AdminJsonAsync("org", "show", "team-jack")).GetProperty("grants").EnumerateArray();
        Assert.DoesNotContain(grants, static g => g.GetProperty("user").GetString() is "jack");
    }

    [Fact]
    public async Task A_password_is_given_and_opens_the_server_to_its_user()
    {
        var file = Path.Combine(_folder.Path, "password");
        await stagedoor.NewUserAsync("kim", "--role", "secu_admin");
        var made = (await stagedoor.AdminAsync("user", "password", "kim")).ShouldSucceed().Output;
        await File.WriteAllTextAsync(file, made, TestContext.Current.CancellationToken);

        var asked = await Tool.RunAsync(StagedoorProcess.Call("admin", "user", "list", "--server", stagedoor.Url, "--as", "kim", "--as-password-file", file));
        var wrong = await Tool.RunAsync(StagedoorProcess.Call("admin", "user", "list", "--server", stagedoor.Url, "--as", "ghost", "--as-password-file", file));

        Assert.Contains("kim\t", asked.ShouldSucceed().Output, StringComparison.Ordinal);
        wrong.ShouldEndWith(4, "IAM.0001");
    }

    [Fact]
    public async Task A_password_that_cannot_be_shown_leaves_the_old_one()
    {
        var file = Path.Combine(_folder.Path, "kept");
        await stagedoor.NewUserAsync("runa", "--role", "secu_admin");
        await File.WriteAllTextAsync(file, (await stagedoor.AdminAsync("user", "password", "runa")).ShouldSucceed().Output, TestContext.Current.CancellationToken);
        var call = StagedoorProcess.Call("admin", "user", "password", "runa", "--data", stagedoor.DataDirectory);

        var full = await Tool.RunAsync("sh", ["-c", "exec \"$@\" >/dev/full", "sh", call.Program, .. call.Arguments]);

        Assert.NotEqual(0, full.ExitCode);
        Assert.Single(full.Error.TrimEnd('\n').Split('\n'));
        (await Tool.RunAsync(StagedoorProcess.Call("admin", "user", "list", "--server", stagedoor.Url, "--as", "runa", "--as-password-file", file))).ShouldSucceed();
    }

    [Fact]
    public async Task Roles_are_listed_granted_and_taken()
    {
        var user = await stagedoor.NewUserAsync("lena");

        (await stagedoor.AdminAsync("role", "grant", "lena", "secu_admin", "--project", stagedoor.FirstRun.Project)).ShouldEndWith(1, "IAM.0011");
        (await stagedoor.AdminAsync("role", "grant", "lena", "secu_admin")).ShouldSucceed();
        (await stagedoor.AdminAsAsync(user, "user", "list")).ShouldSucceed();
        Assert.Contains("secu_admin\t", (await stagedoor.AdminAsync("role", "list", "--user", "lena")).ShouldSucceed().Output, StringComparison.Ordinal);
        (await stagedoor.AdminAsync("role", "revoke", "lena", "secu_admin")).ShouldSucceed();
        (await stagedoor.AdminAsAsync(user, "user", "list")).ShouldEndWith(5, "IAM.0003");
    }

    [Fact]
    public async Task An_organization_is_made_once_granted_and_taken_away_again()
    {
        var user = await stagedoor.NewUserAsync("mona");
        using var registry = stagedoor.Registry(user);

        (await stagedoor.AdminAsync("org", "create", "team-mona")).ShouldSucceed();
        (await stagedoor.AdminAsync("org", "create", "team-mona")).ShouldEndWith(7, "exists already");
        (await stagedoor.AdminAsync("org", "grant", "team-mona", "mona", "push")).ShouldSucceed();
        await registry.StartUploadAsync("team-mona/app");
        (await stagedoor.AdminAsync("org", "grant", "team-mona", "mona", "pull")).ShouldSucceed();
        await Assert.ThrowsAsync<RegistryException>(() => registry.StartUploadAsync("team-mona/app"));
        (await stagedoor.AdminAsync("org", "revoke", "team-mona", "mona")).ShouldSucceed();
        (await stagedoor.AdminAsync("org", "revoke", "team-mona", "mona")).ShouldEndWith(6, "SVCSTG.SWR.4040078");
        Assert.Contains("team-mona\t", (await stagedoor.AdminAsync("org", "list")).ShouldSucceed().Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_login_command_of_who_asks_logs_in()
    {
        Tool.Require("skopeo", "bash");
        var lines = (await stagedoor.AdminAsync("login-command")).ShouldSucceed().Output.Split('\n');

        (await ShellAsync(lines.Single(static l => l.Contains("skopeo", StringComparison.Ordinal)))).ShouldSucceed();
        Assert.Contains(lines, static l => l.Contains("helm registry login --plain-http", StringComparison.Ordinal));
    }

    [Fact]
    public async Task At_a_terminal_lists_are_tables_and_a_password_is_asked_for()
    {
        Tool.Require("script");
        await stagedoor.NewUserAsync("olga", "--role", "secu_admin");
        var password = (await stagedoor.AdminAsync("user", "password", "olga")).ShouldSucceed().Output;
        var call = StagedoorProcess.Call("admin", "user", "list", "--as", "olga", "--server", stagedoor.Url);
        var line = string.Join(' ', [call.Program, .. call.Arguments]);

        var shown = await Tool.RunAsync(new ToolCall("script", ["--quiet", "--flush", "--return", "--command", line, "/dev/null"]) { Input = password });

        Assert.Contains("Password of olga:", shown.ShouldSucceed().Output, StringComparison.Ordinal);
        Assert.Contains("Enabled", shown.Output, StringComparison.Ordinal);
        // The terminal itself has echoed what was typed before the question came.
        var question = shown.Output.IndexOf("Password of", StringComparison.Ordinal);
        Assert.DoesNotContain(password.Trim(), shown.Output[question..], StringComparison.Ordinal);
    }

    [Fact]
    public async Task New_records_of_the_audit_log_are_followed_over_a_restart()
    {
        await using var own = await StagedoorProcess.StartNewAsync();
        var call = StagedoorProcess.Call("admin", "audit", "tail", "--follow", "--data", own.DataDirectory);
        using var follower = new System.Diagnostics.Process { StartInfo = Tool.StartInfo(call.Program, call.Arguments, null) };
        follower.Start();
        try
        {
            await own.NewUserAsync("paul");
            await ReadUntilAsync(follower.StandardOutput, "createCredential");
            await own.RestartAsync();
            await own.NewUserAsync("quin");
            await ReadUntilAsync(follower.StandardOutput, "createUser");
        }
        finally
        {
            follower.Kill();
        }
    }

    private static async Task ReadUntilAsync(StreamReader output, string text)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromMinutes(1));
        string? line;
        do
        {
            line = await output.ReadLineAsync(limit.Token);
        }
        while (line?.Contains(text, StringComparison.Ordinal) is false);

        Assert.NotNull(line);
    }

    [Fact]
    public async Task The_audit_log_is_read_the_newest_last()
    {
        await stagedoor.NewUserAsync("nina");

        var lines = (await stagedoor.AdminAsync("audit", "tail", "--lines", "50")).ShouldSucceed().Output.TrimEnd('\n').Split('\n');

        Assert.Contains(lines, static l => l.Contains(" IAM createUser ", StringComparison.Ordinal) && l.Contains("by admin from 127.0.0.1: 201", StringComparison.Ordinal));
        Assert.Equal(lines.Order(StringComparer.Ordinal), lines);
    }

    private async Task<string> OrganizationAsync(string name)
    {
        (await stagedoor.AdminAsync("org", "create", name)).ShouldSucceed();
        return name;
    }

    private static IEnumerable<string> Grants(JsonElement user) =>
        user.GetProperty("grants").EnumerateArray().Select(static g => $"{g.GetProperty("organization").GetString()} {g.GetProperty("may").GetString()}");

    private Task<ToolResult> ShellAsync(string line) => Tool.RunAsync(new ToolCall("bash", ["-c", line])
    {
        Environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["REGISTRY_AUTH_FILE"] = Path.Combine(_folder.Path, "auth.json") },
    });
}
