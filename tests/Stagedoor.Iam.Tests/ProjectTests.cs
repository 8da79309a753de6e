using System.Net.Http.Json;
using System.Text.Json;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Iam.Tests;

public sealed class ProjectTests(Directory directory) : IClassFixture<Directory>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private StagedoorApp App => directory.App;

    [Fact]
    public async Task A_client_library_finds_its_project_by_the_name_of_the_region()
    {
        using var response = await directory.Admin.GetAsync("/v3/projects?name=cn-local-1", Cancellation);

        var body = await Directory.ReadAsync(response, 200);
        var project = Assert.Single(body.GetProperty("projects").EnumerateArray());
        Assert.Equal(App.FirstRun.ProjectId, project.GetProperty("id").GetString());
        Assert.Equal(App.FirstRun.DomainId, project.GetProperty("parent_id").GetString());
        Assert.Equal(
            ["id", "name", "domain_id", "parent_id", "is_domain", "enabled", "description", "links"], project.EnumerateObject().Select(p => p.Name));
        Assert.Equal(JsonValueKind.Null, project.GetProperty("links").GetProperty("next").ValueKind);
    }

    [Fact]
    public async Task A_name_that_is_not_there_is_an_empty_list()
    {
        using var response = await directory.Admin.GetAsync("/v3/projects?name=eu-nowhere-1", Cancellation);

        Assert.Equal(0, (await Directory.ReadAsync(response, 200)).GetProperty("projects").GetArrayLength());
    }

    [Fact]
    public async Task A_user_without_any_role_finds_the_project_too()
    {
        var (_, client) = await directory.AddSignerAsync("roleless");
        using var user = client;

        using var all = await user.GetAsync("/v3/projects?name=cn-local-1", Cancellation);
        using var usable = await user.GetAsync("/v3/auth/projects", Cancellation);
        using var domains = await user.GetAsync("/v3/auth/domains", Cancellation);

        Assert.Equal(1, (await Directory.ReadAsync(all, 200)).GetProperty("projects").GetArrayLength());
        Assert.Equal(0, (await Directory.ReadAsync(usable, 200)).GetProperty("projects").GetArrayLength());
        Assert.Equal(App.FirstRun.DomainId, (await Directory.ReadAsync(domains, 200)).GetProperty("domains")[0].GetProperty("id").GetString());
    }

    [Fact]
    public async Task Projects_come_in_pages()
    {
        var (account, client) = await directory.AddAccountAsync("pages");
        using var root = client;
        foreach (var name in (string[])["cn-local-1_a", "cn-local-1_b"])
        {
            using var made = await root.PostAsJsonAsync("/v3/projects", new { project = new { name, parent_id = account.ProjectId } }, Cancellation);
            await Directory.ReadAsync(made, 201);
        }

        using var first = await root.GetAsync("/v3/projects?page=1&per_page=2", Cancellation);
        using var second = await root.GetAsync("/v3/projects?page=2&per_page=2", Cancellation);

        var (one, two) = (await Directory.ReadAsync(first, 200), await Directory.ReadAsync(second, 200));
        Assert.Equal((2, 1), (one.GetProperty("projects").GetArrayLength(), two.GetProperty("projects").GetArrayLength()));
        Assert.Equal($"{App.Url}/v3/projects?per_page=2&page=2", one.GetProperty("links").GetProperty("next").GetString());
        Assert.Equal(JsonValueKind.Null, two.GetProperty("links").GetProperty("next").ValueKind);
        Assert.Equal($"{App.Url}/v3/projects?per_page=2&page=1", two.GetProperty("links").GetProperty("previous").GetString());
    }

    [Theory]
    [InlineData("page=1")]
    [InlineData("per_page=1")]
    [InlineData("page=0&per_page=1")]
    [InlineData("page=1&per_page=5001")]
    [InlineData("page=x&per_page=1")]
    [InlineData("page=99999999999999999999&per_page=1")]
    [InlineData("enabled=perhaps")]
    [Provokes("IAM.0011")]
    public async Task A_malformed_query_is_refused(string query)
    {
        using var response = await directory.Admin.GetAsync($"/v3/projects?{query}", Cancellation);

        await response.ShouldFailAsync(400, "IAM.0011");
    }

    [Fact]
    public async Task The_regions_are_one()
    {
        using var response = await directory.Admin.GetAsync("/v3/regions", Cancellation);

        var region = (await Directory.ReadAsync(response, 200)).GetProperty("regions")[0];
        Assert.Equal(("cn-local-1", "public"), (region.GetProperty("id").GetString(), region.GetProperty("type").GetString()));
        Assert.Equal("cn-local-1", region.GetProperty("locales").GetProperty("zh-cn").GetString());
    }

    [Fact]
    [Provokes("IAM.0005")]
    public async Task A_project_is_made_once_read_and_renamed()
    {
        var made = await MakeAsync("cn-local-1_life");
        var id = made.GetProperty("id").GetString();

        using var again = await PostAsync("cn-local-1_life", App.FirstRun.ProjectId);
        using var renamed = await directory.Admin.PatchAsJsonAsync(
            $"/v3/projects/{id}", new { project = new { name = "cn-local-1_renamed", description = "d" } }, Cancellation);
        using var read = await directory.Admin.GetAsync($"/v3/projects/{id}", Cancellation);
        await MakeAsync("cn-local-1_taken");
        using var conflict = await directory.Admin.PatchAsJsonAsync(
            $"/v3/projects/{id}", new { project = new { name = "cn-local-1_taken" } }, Cancellation);

        var error = await again.ShouldFailAsync(409, "IAM.0005");
        Assert.Contains("Conflict occurred when attempting to store project - ", error.Body, StringComparison.Ordinal);
        await Directory.ReadAsync(renamed, 200);
        var project = (await Directory.ReadAsync(read, 200)).GetProperty("project");
        Assert.Equal(("cn-local-1_renamed", "d"), (project.GetProperty("name").GetString(), project.GetProperty("description").GetString()));
        Assert.Equal(App.FirstRun.ProjectId, project.GetProperty("parent_id").GetString());
        await conflict.ShouldFailAsync(409, "IAM.0005");
    }

    [Fact]
    public async Task Asking_for_the_regions_own_project_answers_the_one_that_is_there()
    {
        using var response = await directory.Admin.PostAsJsonAsync(
            "/v3/projects", new { project = new { name = "cn-local-1", domain_id = App.FirstRun.DomainId } }, Cancellation);

        Assert.Equal(App.FirstRun.ProjectId, (await Directory.ReadAsync(response, 201)).GetProperty("project").GetProperty("id").GetString());
    }

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{"project":{}}""")]
    [InlineData("""{"project":{"name":"other"}}""")]
    [InlineData("""{"project":{"name":"cn-local-1_"}}""")]
    [InlineData("""{"project":{"name":"cn-local-1_no-parent"}}""")]
    [InlineData("""{"project":{"name":"cn-local-1_a b","parent_id":"x"}}""")]
    [InlineData("""{"project":{"name":7}}""")]
    [InlineData("""{"project":{"name":"cn-local-1_nul","parent_id":"x","description":"\u0000"}}""")]
    [InlineData("""not json""")]
    [Provokes("IAM.0011")]
    public async Task A_malformed_project_is_refused(string body)
    {
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");

        using var response = await directory.Admin.PostAsync("/v3/projects", content, Cancellation);

        await response.ShouldFailAsync(400, "IAM.0011");
    }

    [Fact]
    [Provokes("IAM.0011")]
    public async Task A_project_name_has_64_characters_at_most()
    {
        var fits = "cn-local-1_" + new string('x', 53);
        await MakeAsync(fits);

        using var longer = await PostAsync(fits + "x", App.FirstRun.ProjectId);

        await longer.ShouldFailAsync(400, "IAM.0011");
    }

    [Fact]
    [Provokes("IAM.0004")]
    public async Task Another_accounts_projects_are_as_good_as_absent()
    {
        var (other, client) = await directory.AddAccountAsync("projects-other");
        client.Dispose();

        using var read = await directory.Admin.GetAsync($"/v3/projects/{other.ProjectId}", Cancellation);
        using var absent = await directory.Admin.GetAsync("/v3/projects/0123456789abcdef0123456789abcdef", Cancellation);
        using var changed = await directory.Admin.PatchAsJsonAsync(
            $"/v3/projects/{other.ProjectId}", new { project = new { description = "mine" } }, Cancellation);
        using var suspended = await directory.Admin.PutAsJsonAsync(
            $"/v3-ext/projects/{other.ProjectId}", new { project = new { status = "suspended" } }, Cancellation);
        using var parent = await PostAsync("cn-local-1_foreign-parent", other.ProjectId);
        using var domain = await directory.Admin.PostAsJsonAsync(
            "/v3/projects", new { project = new { name = "cn-local-1_x", domain_id = other.DomainId } }, Cancellation);
        using var listed = await directory.Admin.GetAsync($"/v3/projects?domain_id={other.DomainId}", Cancellation);

        var first = await read.ShouldFailAsync(404, "IAM.0004");
        var second = await absent.ShouldFailAsync(404, "IAM.0004");
        Assert.Equal(
            first.Body.Replace(other.ProjectId, "ID", StringComparison.Ordinal),
            second.Body.Replace("0123456789abcdef0123456789abcdef", "ID", StringComparison.Ordinal));
        await changed.ShouldFailAsync(404, "IAM.0004");
        await suspended.ShouldFailAsync(404, "IAM.0004");
        await parent.ShouldFailAsync(404, "IAM.0004");
        await domain.ShouldFailAsync(404, "IAM.0004");
        Assert.Equal(0, (await Directory.ReadAsync(listed, 200)).GetProperty("projects").GetArrayLength());
    }

    [Fact]
    [Provokes("IAM.0002")]
    public async Task The_regions_own_project_keeps_its_name_and_runs()
    {
        using var renamed = await directory.Admin.PatchAsJsonAsync(
            $"/v3/projects/{App.FirstRun.ProjectId}", new { project = new { name = "cn-local-1_x" } }, Cancellation);
        using var suspended = await directory.Admin.PutAsJsonAsync(
            $"/v3-ext/projects/{App.FirstRun.ProjectId}", new { project = new { status = "suspended" } }, Cancellation);

        await renamed.ShouldFailAsync(403, "IAM.0002");
        await suspended.ShouldFailAsync(403, "IAM.0002");
    }

    [Fact]
    public async Task A_suspended_project_is_unavailable_until_it_is_normal_again()
    {
        var id = (await MakeAsync("cn-local-1_pause")).GetProperty("id").GetString();
        using var answer = await directory.AskTokenAsync(App.FirstRun.User, App.FirstRun.Password, new { project = new { id } });
        using var holder = App.WithToken(answer.Headers.GetValues("X-Subject-Token").Single());

        using var suspend = await directory.Admin.PutAsJsonAsync($"/v3-ext/projects/{id}", new { project = new { status = "suspended" } }, Cancellation);
        using var refused = await holder.GetAsync("/v3/regions", Cancellation);
        using var resume = await directory.Admin.PutAsJsonAsync($"/v3-ext/projects/{id}", new { project = new { status = "normal" } }, Cancellation);
        using var allowed = await holder.GetAsync("/v3/regions", Cancellation);

        Assert.Equal((204, 204), ((int)suspend.StatusCode, (int)resume.StatusCode));
        await refused.ShouldFailAsync(403, "APIGW.0310");
        Assert.Equal(200, (int)allowed.StatusCode);
    }

    [Theory]
    [InlineData("PATCH", "/v3/projects/{0}", """{"project":{}}""")]
    [InlineData("PATCH", "/v3/projects/{0}", """{}""")]
    [InlineData("PUT", "/v3-ext/projects/{0}", """{"project":{"status":"sleeping"}}""")]
    [InlineData("PUT", "/v3-ext/projects/{0}", """{}""")]
    [Provokes("IAM.0011")]
    public async Task A_malformed_change_is_refused(string method, string path, string body)
    {
        using var request = new HttpRequestMessage(new(method), path.Replace("{0}", App.FirstRun.ProjectId, StringComparison.Ordinal));
        request.Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");

        using var response = await directory.Admin.SendAsync(request, Cancellation);

        await response.ShouldFailAsync(400, "IAM.0011");
    }

    [Fact]
    [Provokes("IAM.0003")]
    public async Task Projects_are_made_by_administrators()
    {
        var (userId, client) = await directory.AddSignerAsync("project-maker");
        using var user = client;

        using var before = await user.PostAsJsonAsync(
            "/v3/projects", new { project = new { name = "cn-local-1_user", parent_id = App.FirstRun.ProjectId } }, Cancellation);
        using var rename = await user.PatchAsJsonAsync($"/v3/projects/{App.FirstRun.ProjectId}", new { project = new { description = "x" } }, Cancellation);
        using var suspend = await user.PutAsJsonAsync($"/v3-ext/projects/{App.FirstRun.ProjectId}", new { project = new { status = "normal" } }, Cancellation);
        await directory.GrantAsync(userId, RoleNames.SecurityAdministrator);
        using var after = await user.PostAsJsonAsync(
            "/v3/projects", new { project = new { name = "cn-local-1_user", parent_id = App.FirstRun.ProjectId } }, Cancellation);

        var error = await before.ShouldFailAsync(403, "IAM.0003");
        Assert.Contains("Policy doesn't allow iam:projects:create to be performed.", error.Body, StringComparison.Ordinal);
        await rename.ShouldFailAsync(403, "IAM.0003");
        await suspend.ShouldFailAsync(403, "IAM.0003");
        Assert.Equal(201, (int)after.StatusCode);
    }

    private Task<HttpResponseMessage> PostAsync(string name, string parentId) =>
        directory.Admin.PostAsJsonAsync("/v3/projects", new { project = new { name, parent_id = parentId } }, Cancellation);

    private async Task<JsonElement> MakeAsync(string name)
    {
        using var response = await PostAsync(name, App.FirstRun.ProjectId);
        return (await Directory.ReadAsync(response, 201)).GetProperty("project");
    }
}
