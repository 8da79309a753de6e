using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Discovery.Tests.Accounts;

public sealed class AccountTests : GuardedEngine
{
    protected override IEnumerable<(string Key, string Value)> Settings => [("Discovery:Rbac:MaxAccounts", "12")];

    [Fact]
    public async Task An_account_is_shown_without_its_password()
    {
        using var made = await CreateAsync("alice", Password, "developer", "admin");
        await ShouldBeAsync(made, 200);

        var account = await GetAsync(Root, "/v4/accounts/alice");

        Assert.Equal(
            ["id", "name", "roles", "status", "createTime", "updateTime"], account.EnumerateObject().Select(static p => p.Name).ToArray());
        Assert.Equal("alice", account.GetProperty("name").GetString());
        Assert.Equal(["developer", "admin"], account.GetProperty("roles").EnumerateArray().Select(static r => r.GetString()!).ToArray());
        Assert.Equal("active", account.GetProperty("status").GetString());
    }

    [Fact]
    public async Task Accounts_are_listed_by_name()
    {
        using var bob = await CreateAsync("bob");
        using var alice = await CreateAsync("alice");

        var list = await GetAsync(Root, "/v4/accounts");

        Assert.Equal(3, list.GetProperty("total").GetInt32());
        Assert.Equal(
            ["alice", "bob", "root"], list.GetProperty("data").EnumerateArray().Select(static a => a.GetProperty("name").GetString()!).ToArray());
        Assert.DoesNotContain("assword", list.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    [Provokes("409200")]
    public async Task A_taken_name_is_refused()
    {
        using var first = await CreateAsync("alice");
        using var second = await CreateAsync("alice");

        await ShouldBeAsync(first, 200);
        await second.ShouldFailAsync(409, "409200");
    }

    [Fact]
    public async Task Two_at_once_make_one_account()
    {
        var tries = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => CreateAsync("alice", $"Correct-Horse-{i}")));

        var codes = tries.Select(static r => (int)r.StatusCode).Order().ToArray();
        Array.ForEach(tries, static r => r.Dispose());
        Assert.Equal([200, 409, 409, 409, 409, 409, 409, 409], codes);
    }

    [Fact]
    [Provokes("400100")]
    public async Task There_are_as_many_accounts_as_the_setting_says()
    {
        for (var i = 0; i < 11; i++)
        {
            using var made = await CreateAsync($"account{i}");
            await ShouldBeAsync(made, 200);
        }

        using var one = await CreateAsync("straw");

        var error = await one.ShouldFailAsync(400, "400100");
        Assert.Contains("at most 12", error.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Many_at_once_make_no_more_accounts_than_the_setting_says()
    {
        var tries = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => CreateAsync($"account{i}")));

        Array.ForEach(tries, static r => r.Dispose());
        Assert.Equal(12, (await GetAsync(Root, "/v4/accounts")).GetProperty("total").GetInt32());
    }

    [Fact]
    [Provokes("400201")]
    public async Task An_account_cannot_have_a_role_that_does_not_exist()
    {
        using var response = await CreateAsync("alice", Password, "developer", "ghost");

        var error = await response.ShouldFailAsync(400, "400201");
        Assert.Contains("role[ghost]", error.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Abcdef-1", true)]
    [InlineData("Abcde-1", false)]
    [InlineData("Abcdefghijklmnopqrstuvwxyz-12345", true)]
    [InlineData("Abcdefghijklmnopqrstuvwxyz-123456", false)]
    [InlineData("abcdefg-1", false)]
    [InlineData("ABCDEFG-1", false)]
    [InlineData("Abcdefg-x", false)]
    [InlineData("Abcdefg11", false)]
    [InlineData("Tricky-Name.1a", false)]
    [InlineData("a1.emaN-ykcirT", false)]
    [Provokes("400206")]
    public async Task A_password_is_strong_or_refused(string password, bool fine)
    {
        // Provoked in each case, so that the attribute holds for the strong ones too.
        using var weak = await CreateAsync("weakling", "secret");
        await weak.ShouldFailAsync(400, "400206");

        using var response = await CreateAsync("Tricky-Name.1a", password);

        if (fine)
        {
            await ShouldBeAsync(response, 200);
        }
        else
        {
            await response.ShouldFailAsync(400, "400206");
        }
    }

    [Fact]
    public async Task A_name_has_at_most_64_characters()
    {
        using var longest = await CreateAsync(new string('a', 64));
        using var longer = await CreateAsync(new string('a', 65));
        using var strange = await CreateAsync("a b");

        await ShouldBeAsync(longest, 200);
        await longer.ShouldFailAsync(400, "400001");
        await strange.ShouldFailAsync(400, "400001");
    }

    [Fact]
    public async Task An_account_has_one_to_five_roles()
    {
        foreach (var name in (string[])["r1", "r2", "r3", "r4"])
        {
            await AddRoleAsync(name, Perm("service", "get"));
        }

        using var five = await CreateAsync("five", Password, "r1", "r2", "r3", "r4", "developer");
        using var six = await CreateAsync("six", Password, "r1", "r2", "r3", "r4", "developer", "admin");
        using var none = await Root.PostAsJsonAsync("/v4/accounts", new { name = "none", password = Password }, Cancellation);

        await ShouldBeAsync(five, 200);
        await six.ShouldFailAsync(400, "400001");
        await none.ShouldFailAsync(400, "400001");
    }

    [Fact]
    [Provokes("400200")]
    public async Task What_does_not_exist_is_said_to_be_missing()
    {
        using var shown = await Root.GetAsync("/v4/accounts/ghost", Cancellation);
        using var updated = await Root.PutAsJsonAsync("/v4/accounts/ghost", new { status = "inactive" }, Cancellation);
        using var deleted = await Root.DeleteAsync("/v4/accounts/ghost", Cancellation);
        using var password = await Root.PostAsJsonAsync("/v4/accounts/ghost/password", new { password = Password }, Cancellation);

        foreach (var response in (HttpResponseMessage[])[shown, updated, deleted, password])
        {
            await response.ShouldFailAsync(400, "400200");
        }
    }

    [Fact]
    public async Task New_roles_end_the_tokens_that_are_out_and_count_for_the_next()
    {
        using var alice = await AddAsync("alice", "developer");

        using var updated = await Root.PutAsJsonAsync("/v4/accounts/alice", new { roles = (string[])["admin"] }, Cancellation);

        await ShouldBeAsync(updated, 200);
        using var old = await alice.GetAsync(Services, Cancellation);
        await old.ShouldFailAsync(401, "401002");
        using var again = await LoggedInAsync("alice");
        using var admin = await again.GetAsync("/v4/accounts", Cancellation);
        await ShouldBeAsync(admin, 200);
    }

    [Fact]
    public async Task An_inactive_account_is_shut_out_until_it_is_active_again()
    {
        using var alice = await AddAsync("alice");

        using var off = await Root.PutAsJsonAsync("/v4/accounts/alice", new { status = "inactive" }, Cancellation);
        using var used = await alice.GetAsync(Services, Cancellation);
        using var refused = await AskForTokenAsync("alice", Password);
        using var on = await Root.PutAsJsonAsync("/v4/accounts/alice", new { status = "active" }, Cancellation);
        using var again = await LoggedInAsync("alice");

        await ShouldBeAsync(off, 200);
        Assert.Contains("inactive", (await used.ShouldFailAsync(401, "401002")).Body, StringComparison.Ordinal);
        await refused.ShouldFailAsync(401, "401202");
        await ShouldBeAsync(on, 200);
        using var answer = await again.GetAsync(Services, Cancellation);
        await ShouldBeAsync(answer, 200);
    }

    [Theory]
    [InlineData("""{"status":"asleep"}""")]
    [InlineData("""{}""")]
    [InlineData("""{"roles":[]}""")]
    [InlineData("""{"roles":[null]}""")]
    public async Task A_change_of_nothing_is_refused(string body)
    {
        using var made = await CreateAsync("alice");
        using var content = new StringContent(body);

        using var response = await Root.PutAsync("/v4/accounts/alice", content, Cancellation);

        await response.ShouldFailAsync(400, "400001");
    }

    [Fact]
    public async Task The_tokens_of_a_deleted_account_count_no_more_nor_for_its_namesake()
    {
        using var alice = await AddAsync("alice");

        using var deleted = await Root.DeleteAsync("/v4/accounts/alice", Cancellation);
        using var orphaned = await alice.GetAsync(Services, Cancellation);
        using var namesake = await AddAsync("alice");
        using var still = await alice.GetAsync(Services, Cancellation);

        await ShouldBeAsync(deleted, 200);
        Assert.Contains("deleted", (await orphaned.ShouldFailAsync(401, "401002")).Body, StringComparison.Ordinal);
        await still.ShouldFailAsync(401, "401002");
    }

    [Fact]
    [Provokes("403202")]
    public async Task Root_is_neither_deleted_nor_changed()
    {
        using var admin = await AddAsync("second", "admin");

        using var deleted = await admin.DeleteAsync("/v4/accounts/root", Cancellation);
        using var changed = await admin.PutAsJsonAsync("/v4/accounts/root", new { status = "inactive" }, Cancellation);

        await deleted.ShouldFailAsync(403, "403202");
        await changed.ShouldFailAsync(403, "403202");
    }

    [Fact]
    [Provokes("403204")]
    public async Task Nobody_deletes_or_changes_the_account_that_asks()
    {
        using var admin = await AddAsync("second", "admin");

        using var deleted = await admin.DeleteAsync("/v4/accounts/second", Cancellation);
        using var changed = await admin.PutAsJsonAsync("/v4/accounts/second", new { roles = (string[])["developer"] }, Cancellation);

        await deleted.ShouldFailAsync(403, "403204");
        await changed.ShouldFailAsync(403, "403204");
    }

    [Fact]
    public async Task A_batch_makes_those_that_can_be_made_and_says_what_is_wrong_with_the_rest()
    {
        using var response = await Root.PostAsJsonAsync(
            "/v4/accounts/batch-create",
            new
            {
                accounts = new object?[]
                {
                    new { name = "a1", password = Password, roles = (string[])["developer"] },
                    new { name = "a1", password = Password, roles = (string[])["developer"] },
                    new { name = "a2", password = "weak", roles = (string[])["developer"] },
                    null,
                },
            },
            Cancellation);

        var rows = JsonSerializer.Deserialize<JsonElement>(await ShouldBeAsync(response, 200)).GetProperty("accounts").EnumerateArray().ToArray();
        Assert.Equal("""{"name":"a1"}""", rows[0].GetRawText());
        Assert.Equal(
            """{"name":"a1","errorCode":"409200","errorMessage":"Account name is duplicated","detail":"account[a1] exists"}""", rows[1].GetRawText());
        Assert.Equal("400206", rows[2].GetProperty("errorCode").GetString());
        Assert.Equal("400001", rows[3].GetProperty("errorCode").GetString());
        (await LoggedInAsync("a1")).Dispose();
    }

    [Theory]
    [InlineData(20, 200)]
    [InlineData(21, 400)]
    [InlineData(0, 400)]
    public async Task A_batch_has_one_to_twenty_accounts(int count, int status)
    {
        var accounts = Enumerable.Range(0, count).Select(static i => new { name = $"b{i}" });

        using var response = await Root.PostAsJsonAsync("/v4/accounts/batch-create", new { accounts }, Cancellation);

        await ShouldBeAsync(response, status);
    }

    [Fact]
    public async Task Accounts_and_tokens_outlive_a_restart()
    {
        (await AddAsync("alice", "developer")).Dispose();
        await AddRoleAsync("reader", Perm("service", "get"));
        var token = await TokenAsync("alice", Password);

        await App.RestartAsync();

        using var client = WithBearer(token);
        using var answer = await client.GetAsync(Services, Cancellation);
        await ShouldBeAsync(answer, 200);
        using var root = await LoggedInAsync("root", RootPassword);
        Assert.Equal(2, (await GetAsync(root, "/v4/accounts")).GetProperty("total").GetInt32());
        Assert.Equal(3, (await GetAsync(root, "/v4/roles")).GetProperty("total").GetInt32());
    }

    [Fact]
    public async Task No_password_is_in_the_database()
    {
        (await AddAsync("alice")).Dispose();

        foreach (var file in Directory.EnumerateFiles(App.DataDirectory, "discovery.db*"))
        {
            await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var reader = new StreamReader(stream, Encoding.Latin1);
            var text = await reader.ReadToEndAsync(Cancellation);
            Assert.DoesNotContain(Password, text, StringComparison.Ordinal);
            Assert.DoesNotContain(RootPassword, text, StringComparison.Ordinal);
        }
    }

    [Fact]
    [Provokes("500011")]
    public async Task A_database_that_refuses_writes_keeps_what_is_known()
    {
        using var alice = await AddAsync("alice");
        using var fault = App.Sabotage("discovery").RefuseInsert("entry");

        using var created = await CreateAsync("bob");
        using var token = await AskForTokenAsync("alice", Password);

        await created.ShouldFailAsync(500, "500011");
        await ShouldBeAsync(token, 200);
        using var missing = await Root.GetAsync("/v4/accounts/bob", Cancellation);
        await missing.ShouldFailAsync(400, "400200");
    }
}
