using System.Net.Http.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Iam.Tests;

public sealed class UserTests(Directory directory) : IClassFixture<Directory>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private StagedoorApp App => directory.App;

    [Fact]
    [Provokes("IAM.0005")]
    public async Task A_user_is_made_once_read_listed_changed_and_deleted()
    {
        var id = await directory.AddUserAsync("life");

        using var again = await directory.Admin.PostAsJsonAsync("/v3/users", new { user = new { name = "life" } }, Cancellation);
        using var listed = await directory.Admin.GetAsync("/v3/users?name=life&enabled=true", Cancellation);
        using var changed = await directory.Admin.PatchAsJsonAsync(
            $"/v3/users/{id}", new { user = new { name = "afterlife", description = "d", access_mode = "programmatic" } }, Cancellation);
        using var read = await directory.Admin.GetAsync($"/v3/users/{id}", Cancellation);
        using var conflict = await directory.Admin.PatchAsJsonAsync($"/v3/users/{id}", new { user = new { name = App.FirstRun.User } }, Cancellation);
        using var deleted = await directory.Admin.DeleteAsync($"/v3/users/{id}", Cancellation);
        using var gone = await directory.Admin.GetAsync($"/v3/users/{id}", Cancellation);

        var error = await again.ShouldFailAsync(409, "IAM.0005");
        Assert.Contains("Conflict occurred when attempting to store user - ", error.Body, StringComparison.Ordinal);
        Assert.Equal(1, (await Directory.ReadAsync(listed, 200)).GetProperty("users").GetArrayLength());
        await Directory.ReadAsync(changed, 200);
        var user = (await Directory.ReadAsync(read, 200)).GetProperty("user");
        Assert.Equal(("afterlife", "programmatic"), (user.GetProperty("name").GetString(), user.GetProperty("access_mode").GetString()));
        Assert.DoesNotContain("pbkdf2", user.GetRawText(), StringComparison.Ordinal);
        await conflict.ShouldFailAsync(409, "IAM.0005");
        Assert.Equal(204, (int)deleted.StatusCode);
        await gone.ShouldFailAsync(404, "IAM.0004");
    }

    [Fact]
    public async Task A_user_with_contacts_is_answered_with_a_time_without_zone()
    {
        var wanted = new { name = "contact", email = "a@b.example", areacode = "0086", phone = "13900000000", access_mode = "console", pwd_status = true };

        using var response = await directory.Admin.PostAsJsonAsync("/v3.0/OS-USER/users", new { user = wanted }, Cancellation);

        var user = (await Directory.ReadAsync(response, 201)).GetProperty("user");
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$", user.GetProperty("create_time").GetString());
        Assert.Equal(("console", "0086"), (user.GetProperty("access_mode").GetString(), user.GetProperty("areacode").GetString()));
    }

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{"user":{}}""")]
    [InlineData("""{"user":{"name":""}}""")]
    [InlineData("""{"user":{"name":"1st"}}""")]
    [InlineData("""{"user":{"name":" leading"}}""")]
    [InlineData("""{"user":{"name":"a@b"}}""")]
    [InlineData("""{"user":{"name":"x12345678901234567890123456789012"}}""")]
    [InlineData("""{"user":{"name":"weak","password":"short1!"}}""")]
    [InlineData("""{"user":{"name":"weak","password":"onlyletters"}}""")]
    [InlineData("""{"user":{"name":"palindrome1","password":"1emordnilap"}}""")]
    [InlineData("""{"user":{"name":"mode","access_mode":"telepathy"}}""")]
    [InlineData("""{"user":{"name":"mail","email":"nowhere"}}""")]
    [InlineData("""{"user":{"name":"phone","phone":"123"}}""")]
    [InlineData("""{"user":{"name":"phone","areacode":"86"}}""")]
    [InlineData("""{"user":{"name":"phone","areacode":"86","phone":"call me"}}""")]
    [InlineData("""{"user":{"name":"phone","areacode":"east","phone":"1"}}""")]
    [InlineData("""{"user":{"name":"flag","enabled":"yes"}}""")]
    [InlineData("""{"user":{"name":"nul\u0000"}}""")]
    [InlineData("""{"user":{"name":"nul","description":"\u0000"}}""")]
    [InlineData("""{"user":{"name":"nul","email":"a\u0000@b"}}""")]
    [InlineData("""{"user":{"name":"surrogate","description":"\ud800"}}""")]
    [Provokes("IAM.0011")]
    public async Task A_malformed_user_is_refused(string body)
    {
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");

        using var response = await directory.Admin.PostAsync("/v3.0/OS-USER/users", content, Cancellation);

        await response.ShouldFailAsync(400, "IAM.0011");
    }

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{"user":{"name":"1st"}}""")]
    [InlineData("""{"user":{"password":"weak"}}""")]
    [InlineData("""{"user":{"access_mode":"telepathy"}}""")]
    [Provokes("IAM.0011")]
    public async Task A_malformed_change_is_refused(string body)
    {
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");

        using var response = await directory.Admin.PatchAsync($"/v3/users/{App.FirstRun.UserId}", content, Cancellation);

        await response.ShouldFailAsync(400, "IAM.0011");
    }

    [Theory]
    [InlineData("""{"user":{"password":"another-Horse-8"}}""")]
    [InlineData("""{"user":{"password":"weak","original_password":"x"}}""")]
    [InlineData("""{"user":{"password":"same-Horse-8","original_password":"same-Horse-8"}}""")]
    [Provokes("IAM.0011")]
    public async Task A_malformed_change_of_password_is_refused(string body)
    {
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");

        using var response = await directory.Admin.PostAsync($"/v3/users/{App.FirstRun.UserId}/password", content, Cancellation);

        await response.ShouldFailAsync(400, "IAM.0011");
    }

    [Fact]
    [Provokes("IAM.0002")]
    [Provokes("IAM.0003")]
    public async Task An_ordinary_user_sees_itself_only()
    {
        var victim = await directory.AddUserAsync("victim");
        var (userId, client) = await directory.AddSignerAsync("ordinary");
        using var user = client;

        using var self = await user.GetAsync($"/v3/users/{userId}", Cancellation);
        using var other = await user.GetAsync($"/v3/users/{victim}", Cancellation);
        using var absent = await user.GetAsync("/v3/users/0123456789abcdef0123456789abcdef", Cancellation);
        using var list = await user.GetAsync("/v3/users", Cancellation);
        using var create = await user.PostAsJsonAsync("/v3/users", new { user = new { name = "x" } }, Cancellation);
        using var change = await user.PatchAsJsonAsync($"/v3/users/{userId}", new { user = new { description = "x" } }, Cancellation);
        using var delete = await user.DeleteAsync($"/v3/users/{victim}", Cancellation);
        using var password = await user.PostAsJsonAsync(
            $"/v3/users/{victim}/password", new { user = new { original_password = Directory.Password, password = "another-Horse-8" } }, Cancellation);

        Assert.Equal(200, (int)self.StatusCode);
        var (first, second) = (await other.ShouldFailAsync(403, "IAM.0002"), await absent.ShouldFailAsync(403, "IAM.0002"));
        Assert.Equal(first.Body, second.Body);
        await list.ShouldFailAsync(403, "IAM.0003");
        await create.ShouldFailAsync(403, "IAM.0003");
        await change.ShouldFailAsync(403, "IAM.0002");
        await delete.ShouldFailAsync(403, "IAM.0002");
        await password.ShouldFailAsync(403, "IAM.0002");
    }

    [Fact]
    [Provokes("IAM.0004")]
    public async Task Another_accounts_users_are_as_good_as_absent()
    {
        var (other, client) = await directory.AddAccountAsync("users-other");
        client.Dispose();

        using var read = await directory.Admin.GetAsync($"/v3/users/{other.UserId}", Cancellation);
        using var change = await directory.Admin.PatchAsJsonAsync($"/v3/users/{other.UserId}", new { user = new { enabled = false } }, Cancellation);
        using var delete = await directory.Admin.DeleteAsync($"/v3/users/{other.UserId}", Cancellation);
        using var create = await directory.Admin.PostAsJsonAsync("/v3/users", new { user = new { name = "spy", domain_id = other.DomainId } }, Cancellation);
        using var list = await directory.Admin.GetAsync($"/v3/users?domain_id={other.DomainId}", Cancellation);

        await read.ShouldFailAsync(404, "IAM.0004");
        await change.ShouldFailAsync(404, "IAM.0004");
        await delete.ShouldFailAsync(404, "IAM.0004");
        await create.ShouldFailAsync(404, "IAM.0004");
        Assert.Equal(0, (await Directory.ReadAsync(list, 200)).GetProperty("users").GetArrayLength());
    }

    [Fact]
    [Provokes("IAM.0002")]
    public async Task The_root_user_is_out_of_reach_of_administrators()
    {
        var (userId, client) = await directory.AddSignerAsync("climber");
        using var administrator = client;
        await directory.GrantAsync(userId, RoleNames.SecurityAdministrator);
        var root = App.FirstRun.UserId;

        using var password = await administrator.PatchAsJsonAsync($"/v3/users/{root}", new { user = new { password = "taken-Over-9" } }, Cancellation);
        using var key = await administrator.PostAsJsonAsync("/v3.0/OS-CREDENTIAL/credentials", new { credential = new { user_id = root } }, Cancellation);
        using var inactive = await administrator.PutAsJsonAsync(
            $"/v3.0/OS-CREDENTIAL/credentials/{App.FirstRun.AccessKey}", new { credential = new { status = "inactive" } }, Cancellation);
        using var delete = await directory.Admin.DeleteAsync($"/v3/users/{root}", Cancellation);
        using var disable = await directory.Admin.PatchAsJsonAsync($"/v3/users/{root}", new { user = new { enabled = false } }, Cancellation);

        await password.ShouldFailAsync(403, "IAM.0002");
        await key.ShouldFailAsync(403, "IAM.0002");
        await inactive.ShouldFailAsync(404, "IAM.0004");
        await delete.ShouldFailAsync(403, "IAM.0002");
        await disable.ShouldFailAsync(403, "IAM.0002");
    }

    [Fact]
    [Provokes("IAM.0006")]
    public async Task A_failing_database_is_a_coded_fault()
    {
        using var fault = App.Sabotage("gateway").RefuseInsert("iam_user");

        using var response = await directory.Admin.PostAsJsonAsync("/v3/users", new { user = new { name = "unlucky" } }, Cancellation);

        var error = await response.ShouldFailAsync(500, "IAM.0006");
        Assert.DoesNotContain("disk under this table", error.Body, StringComparison.Ordinal);
        Assert.NotEmpty(response.Headers.GetValues("X-IAM-Trace-Id"));
    }

    [Fact]
    [Provokes("IAM.0011")]
    public async Task A_filter_that_is_no_flag_is_refused()
    {
        using var response = await directory.Admin.GetAsync("/v3/users?enabled=perhaps", Cancellation);

        await response.ShouldFailAsync(400, "IAM.0011");
    }
}
