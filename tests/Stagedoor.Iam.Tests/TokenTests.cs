using System.Net.Http.Json;
using System.Text;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Iam.Tests;

public sealed class TokenTests(Directory directory) : IClassFixture<Directory>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private StagedoorApp App => directory.App;

    [Fact]
    public async Task A_token_for_a_project_describes_user_project_roles_and_services()
    {
        using var response = await directory.AskTokenAsync(
            App.FirstRun.User, App.FirstRun.Password, new { project = new { name = App.FirstRun.Project } });

        var token = (await Directory.ReadAsync(response, 201)).GetProperty("token");
        var text = response.Headers.GetValues("X-Subject-Token").Single();
        Assert.StartsWith("st1.", text, StringComparison.Ordinal);
        Assert.True(text.Length <= 2048);
        Assert.Equal(["methods", "issued_at", "expires_at", "user", "project", "roles", "catalog"], token.EnumerateObject().Select(p => p.Name));
        Assert.Equal("password", token.GetProperty("methods")[0].GetString());
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$", token.GetProperty("expires_at").GetString());
        Assert.Equal("", token.GetProperty("user").GetProperty("password_expires_at").GetString());
        Assert.Equal(App.FirstRun.DomainId, token.GetProperty("user").GetProperty("domain").GetProperty("id").GetString());
        Assert.Equal(App.FirstRun.ProjectId, token.GetProperty("project").GetProperty("id").GetString());
        Assert.All(token.GetProperty("roles").EnumerateArray(), role => Assert.Equal("0", role.GetProperty("id").GetString()));
        var swr = token.GetProperty("catalog").EnumerateArray().Single(s => s.GetProperty("type").GetString() == "swr");
        Assert.Equal(App.Url + "/v2", swr.GetProperty("endpoints")[0].GetProperty("url").GetString());
        Assert.Matches(".+", response.Headers.GetValues("X-IAM-Trace-Id").Single());
    }

    [Fact]
    public async Task A_token_without_scope_is_for_the_account_and_nocatalog_leaves_the_services_out()
    {
        var body = new
        {
            auth = new { identity = new { methods = new[] { "password" }, password = new { user = new { id = App.FirstRun.UserId, password = App.FirstRun.Password } } } },
        };

        using var response = await App.Anonymous.PostAsJsonAsync("/v3/auth/tokens?nocatalog=true", body, Cancellation);

        var token = (await Directory.ReadAsync(response, 201)).GetProperty("token");
        Assert.Equal(App.FirstRun.DomainId, token.GetProperty("domain").GetProperty("id").GetString());
        Assert.False(token.TryGetProperty("project", out _));
        Assert.Equal(0, token.GetProperty("catalog").GetArrayLength());
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("""{"auth":null}""")]
    [InlineData("""{"auth":{"identity":{"methods":[]}}}""")]
    [InlineData("""{"auth":{"identity":{"methods":[null]}}}""")]
    [InlineData("""{"auth":{"identity":{"methods":"password"}}}""")]
    [InlineData("""{"auth":{"identity":{"methods":["password"]}}}""")]
    [InlineData("""{"auth":{"identity":{"methods":["password","token"]}}}""")]
    [InlineData("""{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"a","password":"b"}}}}}""")]
    [InlineData("""{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"a","domain":{"name":"b"}}}}}}""")]
    [InlineData("""{"auth":{"identity":{"methods":["token"],"token":{}}}}""")]
    [InlineData("""{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"a\u0000","password":"b","domain":{"name":"c"}}}}}}""")]
    [Provokes("IAM.0011")]
    public async Task A_malformed_request_is_refused(string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");

        using var response = await App.Anonymous.PostAsync("/v3/auth/tokens", content, Cancellation);

        var error = await response.ShouldFailAsync(400, "IAM.0011");
        Assert.Contains("The request body is invalid", error.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("totp")]
    [InlineData("assume_role")]
    [InlineData("hw_ak_sk")]
    [Provokes("IAM.0011")]
    public async Task A_method_that_is_not_offered_is_named(string method)
    {
        using var response = await App.Anonymous.PostAsJsonAsync(
            "/v3/auth/tokens", new { auth = new { identity = new { methods = new[] { method } } } }, Cancellation);

        var error = await response.ShouldFailAsync(400, "IAM.0011");
        Assert.Contains($"the method {method} is not supported", error.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("application/json;charset=utf8")]
    [InlineData("application/json;charset=UTF-8")]
    public async Task The_content_types_of_client_libraries_are_read(string type)
    {
        using var content = new ByteArrayContent("{}"u8.ToArray());
        content.Headers.TryAddWithoutValidation("Content-Type", type);

        using var response = await App.Anonymous.PostAsync("/v3/auth/tokens", content, Cancellation);

        var error = await response.ShouldFailAsync(400, "IAM.0011");
        Assert.Contains("auth.identity is missing", error.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("application/json;charset=klingon", "IAM.0011")]
    [InlineData("text/plain", "IAM.0011")]
    [InlineData("application/x-www-form-urlencoded", "IAM.0011")]
    public async Task A_body_of_another_type_is_refused(string type, string code)
    {
        using var content = new ByteArrayContent("{}"u8.ToArray());
        content.Headers.TryAddWithoutValidation("Content-Type", type);

        using var response = await App.Anonymous.PostAsync("/v3/auth/tokens", content, Cancellation);

        await response.ShouldFailAsync(400, code);
        Assert.NotEmpty(response.Headers.GetValues("X-IAM-Trace-Id"));
    }

    [Fact]
    [Provokes("APIGW.0201", Status = 413)]
    public async Task A_body_over_the_limit_is_refused()
    {
        using var content = new StringContent($$"""{"auth":"{{new string('x', 64 * 1024)}}"}""", Encoding.UTF8, "application/json");

        using var response = await App.Anonymous.PostAsync("/v3/auth/tokens", content, Cancellation);

        await response.ShouldFailAsync(413, "APIGW.0201");
    }

    [Fact]
    [Provokes("IAM.0001")]
    public async Task A_wrong_password_and_an_unknown_user_get_the_same_answer()
    {
        await directory.AddUserAsync("wronged");

        using var wrong = await directory.AskTokenAsync("wronged", "not-the-Password-1");
        using var unknown = await directory.AskTokenAsync("nobody-of-this-name", "not-the-Password-1");

        var first = await wrong.ShouldFailAsync(401, "IAM.0001");
        var second = await unknown.ShouldFailAsync(401, "IAM.0001");
        Assert.Equal(
            """{"error":{"code":401,"message":"The username or password is wrong.","title":"Unauthorized"},"error_code":"IAM.0001","error_msg":"The username or password is wrong."}""",
            first.Body);
        Assert.Equal(first.Body, second.Body);
    }

    [Theory]
    [InlineData("project", "id", "0123456789abcdef0123456789abcdef")]
    [InlineData("project", "name", "cn-local-1_nowhere")]
    [InlineData("domain", "id", "0123456789abcdef0123456789abcdef")]
    [InlineData("domain", "name", "nobody")]
    [Provokes("IAM.0004")]
    public async Task A_scope_that_is_not_there_is_not_found(string kind, string member, string value)
    {
        var scope = new Dictionary<string, object> { [kind] = new Dictionary<string, string> { [member] = value } };

        using var response = await directory.AskTokenAsync(App.FirstRun.User, App.FirstRun.Password, scope);

        var error = await response.ShouldFailAsync(404, "IAM.0004");
        Assert.Contains($"Could not find {kind}: {value}.", error.Body, StringComparison.Ordinal);
    }

    [Fact]
    [Provokes("IAM.0004")]
    public async Task Another_accounts_project_is_no_scope()
    {
        var (other, client) = await directory.AddAccountAsync("scope-other");
        client.Dispose();

        using var response = await directory.AskTokenAsync(
            App.FirstRun.User, App.FirstRun.Password, new { project = new { id = other.ProjectId } });

        await response.ShouldFailAsync(404, "IAM.0004");
    }

    [Fact]
    public async Task A_token_of_another_scope_ends_with_the_first_and_is_revoked_with_it()
    {
        await directory.AddUserAsync("rescoper");
        var first = await directory.TokenAsync("rescoper");
        var expires = await ExpiryAsync(first);
        App.Clock.Advance(TimeSpan.FromMinutes(5));
        var body = new { auth = new { identity = new { methods = new[] { "token" }, token = new { id = first } }, scope = new { domain = new { id = App.FirstRun.DomainId } } } };
        using var rescoped = await App.Anonymous.PostAsJsonAsync("/v3/auth/tokens", body, Cancellation);
        var described = (await Directory.ReadAsync(rescoped, 201)).GetProperty("token");
        var second = rescoped.Headers.GetValues("X-Subject-Token").Single();
        using var holder = App.WithToken(second);

        using var before = await holder.GetAsync("/v3/auth/domains", Cancellation);
        using var revoked = await SubjectAsync(HttpMethod.Delete, directory.Admin, first);
        using var after = await holder.GetAsync("/v3/auth/domains", Cancellation);

        Assert.Equal(expires, described.GetProperty("expires_at").GetString());
        Assert.Equal("token", described.GetProperty("methods")[0].GetString());
        Assert.Equal((200, 204), ((int)before.StatusCode, (int)revoked.StatusCode));
        await after.ShouldFailAsync(401, "APIGW.0307");
    }

    [Fact]
    [Provokes("IAM.0001")]
    public async Task Something_that_is_no_token_gets_none()
    {
        var body = new { auth = new { identity = new { methods = new[] { "token" }, token = new { id = "st1.AAAA" } } } };

        using var response = await App.Anonymous.PostAsJsonAsync("/v3/auth/tokens", body, Cancellation);

        var error = await response.ShouldFailAsync(401, "IAM.0001");
        Assert.Contains("The request you have made requires authentication.", error.Body, StringComparison.Ordinal);
    }

    [Fact]
    [Provokes("IAM.0004")]
    public async Task A_token_is_validated_by_its_holder_and_revoked()
    {
        await directory.AddUserAsync("validator");
        var token = await directory.TokenAsync("validator");
        using var holder = App.WithToken(token);

        using var found = await SubjectAsync(HttpMethod.Get, holder, token);
        using var head = await SubjectAsync(HttpMethod.Head, holder, token);
        using var revoked = await SubjectAsync(HttpMethod.Delete, holder, token);
        using var gone = await SubjectAsync(HttpMethod.Get, directory.Admin, token);

        var body = await Directory.ReadAsync(found, 200);
        Assert.Equal("validator", body.GetProperty("token").GetProperty("user").GetProperty("name").GetString());
        Assert.Equal(token, found.Headers.GetValues("X-Subject-Token").Single());
        Assert.Equal((200, 204), ((int)head.StatusCode, (int)revoked.StatusCode));
        var error = await gone.ShouldFailAsync(404, "IAM.0004");
        Assert.Contains("\"message\":\"X-Subject-Token is invalid in the request\",\"title\":\"Not Found\"", error.Body, StringComparison.Ordinal);
    }

    [Fact]
    [Provokes("IAM.0002")]
    public async Task Somebody_elses_token_is_for_administrators_to_look_at()
    {
        await directory.AddUserAsync("looked-at");
        await directory.AddUserAsync("looker");
        var token = await directory.TokenAsync("looked-at");
        using var looker = App.WithToken(await directory.TokenAsync("looker"));

        using var refused = await SubjectAsync(HttpMethod.Get, looker, token);
        using var allowed = await SubjectAsync(HttpMethod.Get, directory.Admin, token);

        await refused.ShouldFailAsync(403, "IAM.0002");
        Assert.Equal(200, (int)allowed.StatusCode);
    }

    [Fact]
    [Provokes("IAM.0011")]
    [Provokes("IAM.0004")]
    public async Task A_missing_or_foreign_subject_token_is_refused()
    {
        var (_, stranger) = await directory.AddAccountAsync("subject-other");
        using var _2 = stranger;
        var token = await App.NewTokenAsync();

        using var missing = await directory.Admin.GetAsync("/v3/auth/tokens", Cancellation);
        using var foreign = await SubjectAsync(HttpMethod.Get, stranger, token);

        await missing.ShouldFailAsync(400, "IAM.0011");
        await foreign.ShouldFailAsync(404, "IAM.0004");
    }

    [Fact]
    [Provokes("IAM.0002")]
    public async Task The_catalog_is_for_tokens_of_a_project()
    {
        using var answer = await directory.AskTokenAsync(App.FirstRun.User, App.FirstRun.Password);
        using var account = App.WithToken(answer.Headers.GetValues("X-Subject-Token").Single());
        using var project = App.WithToken(await App.NewTokenAsync());

        using var refused = await account.GetAsync("/v3/auth/catalog", Cancellation);
        using var listed = await project.GetAsync("/v3/auth/catalog", Cancellation);

        await refused.ShouldFailAsync(403, "IAM.0002");
        Assert.Equal(6, (await Directory.ReadAsync(listed, 200)).GetProperty("catalog").GetArrayLength());
    }

    [Fact]
    public async Task A_new_password_ends_tokens()
    {
        var id = await directory.AddUserAsync("changer");
        using var holder = App.WithToken(await directory.TokenAsync("changer"));

        using var changed = await holder.PostAsJsonAsync(
            $"/v3/users/{id}/password", new { user = new { original_password = Directory.Password, password = "another-Horse-8" } }, Cancellation);
        using var after = await holder.GetAsync("/v3/auth/domains", Cancellation);

        Assert.Equal(204, (int)changed.StatusCode);
        await after.ShouldFailAsync(401, "APIGW.0307");
        await directory.TokenAsync("changer", "another-Horse-8");
    }

    [Theory]
    [InlineData("key")]
    [InlineData("role")]
    [InlineData("disabled")]
    [InlineData("deleted")]
    public async Task What_changes_a_users_rights_ends_its_tokens(string what)
    {
        var name = "ends-by-" + what;
        var id = await directory.AddUserAsync(name);
        var (accessKey, _) = await directory.AddKeyAsync(id);
        using var holder = App.WithToken(await directory.TokenAsync(name));
        using var before = await holder.GetAsync("/v3/auth/domains", Cancellation);

        switch (what)
        {
            case "key":
                (await directory.Admin.DeleteAsync($"/v3.0/OS-CREDENTIAL/credentials/{accessKey}", Cancellation)).Dispose();
                break;
            case "role":
                await directory.GrantAsync(id, RoleNames.TenantGuest);
                break;
            case "disabled":
                (await directory.Admin.PatchAsJsonAsync($"/v3/users/{id}", new { user = new { enabled = false } }, Cancellation)).Dispose();
                (await directory.Admin.PatchAsJsonAsync($"/v3/users/{id}", new { user = new { enabled = true } }, Cancellation)).Dispose();
                break;
            default:
                (await directory.Admin.DeleteAsync($"/v3/users/{id}", Cancellation)).Dispose();
                break;
        }

        using var after = await holder.GetAsync("/v3/auth/domains", Cancellation);
        Assert.Equal(200, (int)before.StatusCode);
        await after.ShouldFailAsync(401, "APIGW.0307");
    }

    [Fact]
    [Provokes("IAM.0082")]
    public async Task A_disabled_user_with_the_right_password_is_told_so()
    {
        var id = await directory.AddUserAsync("disabled");
        (await directory.Admin.PatchAsJsonAsync($"/v3/users/{id}", new { user = new { enabled = false } }, Cancellation)).Dispose();

        using var right = await directory.AskTokenAsync("disabled", Directory.Password);
        using var wrong = await directory.AskTokenAsync("disabled", "not-the-Password-1");

        var error = await right.ShouldFailAsync(403, "IAM.0082");
        Assert.Contains("The user disabled is disabled.", error.Body, StringComparison.Ordinal);
        await wrong.ShouldFailAsync(401, "IAM.0001");
    }

    [Fact]
    [Provokes("IAM.0002")]
    public async Task A_suspended_project_is_no_scope()
    {
        using var made = await directory.Admin.PostAsJsonAsync(
            "/v3/projects", new { project = new { name = "cn-local-1_suspended-scope", parent_id = App.FirstRun.ProjectId } }, Cancellation);
        var id = (await Directory.ReadAsync(made, 201)).GetProperty("project").GetProperty("id").GetString();
        (await directory.Admin.PutAsJsonAsync($"/v3-ext/projects/{id}", new { project = new { status = "suspended" } }, Cancellation)).Dispose();

        using var response = await directory.AskTokenAsync(App.FirstRun.User, App.FirstRun.Password, new { project = new { id } });

        await response.ShouldFailAsync(403, "IAM.0002");
    }

    private static async Task<HttpResponseMessage> SubjectAsync(HttpMethod method, HttpClient client, string token)
    {
        using var request = new HttpRequestMessage(method, "/v3/auth/tokens");
        request.Headers.Add("X-Subject-Token", token);
        return await client.SendAsync(request, Cancellation);
    }

    private async Task<string?> ExpiryAsync(string token)
    {
        using var response = await SubjectAsync(HttpMethod.Get, directory.Admin, token);
        return (await Directory.ReadAsync(response, 200)).GetProperty("token").GetProperty("expires_at").GetString();
    }
}
