using System.Net.Http.Json;
using System.Security.Cryptography;
using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Iam.Tests;

/// <summary>
/// Two changes of the directory that are both under way in the database: whichever is first, the other one hears what an orderly second
/// would. On PostgreSQL, where neither sees what the other has not committed.
/// </summary>
public sealed class TwoAtOnceTests : IAsyncLifetime
{
    private OwnDatabase _database = null!;
    private Directory _directory = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private HttpClient Admin => _directory.Admin;

    public async ValueTask InitializeAsync()
    {
        _database = await OwnDatabase.CreateAsync();
        _directory = new(
            ("Storage:Database", "postgresql"),
            ("Storage:PostgreSql", _database.ConnectionString),
            ("Gateway:MasterKey", Convert.ToBase64String(SHA256.HashData("two at once"u8))));
        await _directory.InitializeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_directory is not null)
        {
            await _directory.DisposeAsync();
        }

        if (_database is not null)
        {
            await _database.DisposeAsync();
        }
    }

    [Fact]
    public async Task Two_users_do_not_get_one_name()
    {
        var (first, second) = (await _directory.AddUserAsync("one"), await _directory.AddUserAsync("two"));

        var answers = await AtOnceAsync("iam_user", () => RenameUser(first, "both"), () => RenameUser(second, "both"));

        Assert.Equal([200, 409], answers);
    }

    [Fact]
    public async Task A_new_user_does_not_get_a_name_that_another_one_takes()
    {
        var id = await _directory.AddUserAsync("one");

        var answers = await AtOnceAsync("iam_user", () => RenameUser(id, "both"), () => Admin.PostAsJsonAsync("/v3/users", new { user = new { name = "both" } }, Cancellation));

        Assert.True(answers is [200, 409] or [201, 409], string.Join(' ', answers));
    }

    [Fact]
    public async Task Two_projects_do_not_get_one_name()
    {
        var (first, second) = (await AddProjectAsync("one"), await AddProjectAsync("two"));

        var answers = await AtOnceAsync("project", () => RenameProject(first, "both"), () => RenameProject(second, "both"));

        Assert.Equal([200, 409], answers);
    }

    [Fact]
    public async Task A_new_project_does_not_get_a_name_that_another_one_takes()
    {
        var id = await AddProjectAsync("one");

        var answers = await AtOnceAsync("project", () => RenameProject(id, "both"), () => CreateProject("both"));

        Assert.True(answers is [200, 409] or [201, 409], string.Join(' ', answers));
    }

    [Fact]
    public async Task Name_and_description_changed_at_once_are_both_changed()
    {
        var id = await AddProjectAsync("one");

        var answers = await AtOnceAsync(
            "project", () => RenameProject(id, "new"), () => Admin.PatchAsJsonAsync($"/v3/projects/{id}", new { project = new { description = "d" } }, Cancellation));

        using var read = await Admin.GetAsync($"/v3/projects/{id}", Cancellation);
        var project = (await Directory.ReadAsync(read, 200)).GetProperty("project");
        Assert.Equal([200, 200], answers);
        Assert.Equal((Named("new"), "d"), (project.GetProperty("name").GetString(), project.GetProperty("description").GetString()));
    }

    [Fact]
    public async Task A_third_key_is_one_too_many_also_when_two_are_made_at_once()
    {
        var id = await _directory.AddUserAsync("keys");
        await _directory.AddKeyAsync(id);

        var answers = await AtOnceAsync("access_key", () => CreateKey(id), () => CreateKey(id));

        Assert.Equal([201, 400], answers);
    }

    [Fact]
    public async Task A_key_for_a_user_who_is_being_deleted_is_not_left_behind()
    {
        var id = await _directory.AddUserAsync("keys");

        var answers = await AtOnceAsync("iam_user", () => Admin.DeleteAsync($"/v3/users/{id}", Cancellation), () => CreateKey(id));

        Assert.True(answers is [204, 404] or [201, 204], string.Join(' ', answers));
        Assert.Equal(404, await StatusAsync(Admin.GetAsync($"/v3.0/OS-CREDENTIAL/credentials?user_id={id}", Cancellation)));
    }

    [Fact]
    public async Task A_role_for_a_user_who_is_being_deleted_is_not_found_or_goes_with_it()
    {
        var id = await _directory.AddUserAsync("roles");
        var role = await _directory.RoleIdAsync(RoleNames.TenantGuest);

        var answers = await AtOnceAsync(
            "iam_user",
            () => Admin.DeleteAsync($"/v3/users/{id}", Cancellation),
            () => Admin.PutAsync($"/v3/domains/{_directory.App.FirstRun.DomainId}/users/{id}/roles/{role}", null, Cancellation));

        Assert.True(answers is [204, 404] or [204, 204], string.Join(' ', answers));
    }

    [Fact]
    public async Task An_own_new_password_does_not_undo_the_one_that_an_administrator_sets()
    {
        var (id, client) = await _directory.AddSignerAsync("owner");
        using var owner = client;
        await using var gate = await StatementGate.CloseAsync(_database.ConnectionString, "iam_user");
        var reset = Admin.PatchAsJsonAsync($"/v3/users/{id}", new { user = new { password = "set-By-Admin-1" } }, Cancellation);
        await gate.HoldsAsync(1);
#pragma warning disable CA2025 // It is awaited below.
        var own = owner.PostAsJsonAsync(
            $"/v3/users/{id}/password", new { user = new { original_password = Directory.Password, password = "own-Choice-22" } }, Cancellation);
#pragma warning restore CA2025
        await gate.HoldsAsync(2);
        await gate.OpenAsync();

        Assert.Equal((200, 401), (await StatusAsync(reset), await StatusAsync(own)));
        Assert.Equal(201, await StatusAsync(_directory.AskTokenAsync("owner", "set-By-Admin-1")));
    }

    [Fact]
    public async Task Switching_a_user_off_ends_its_tokens_whatever_else_is_changed()
    {
        var id = await _directory.AddUserAsync("off");
        using var holder = _directory.App.WithToken(await _directory.TokenAsync("off"));

        var answers = await AtOnceAsync(
            "iam_user",
            () => Admin.PatchAsJsonAsync($"/v3/users/{id}", new { user = new { enabled = false } }, Cancellation),
            () => Admin.PatchAsJsonAsync($"/v3/users/{id}", new { user = new { enabled = true } }, Cancellation));

        Assert.Equal([200, 200], answers);
        Assert.Equal(401, await StatusAsync(holder.GetAsync("/v3/auth/projects", Cancellation)));
    }

    /// <summary>Sends both, lets them go on when both are in the middle of their transactions, and answers their statuses in order.</summary>
    private async Task<int[]> AtOnceAsync(string table, params Func<Task<HttpResponseMessage>>[] operations)
    {
        await using var gate = await StatementGate.CloseAsync(_database.ConnectionString, table);
        var answers = operations.Select(static begin => StatusAsync(begin())).ToList();
        await gate.HoldsAsync(answers.Count);
        await gate.OpenAsync();
        return [.. (await Task.WhenAll(answers)).Order()];
    }

    private static async Task<int> StatusAsync(Task<HttpResponseMessage> request)
    {
        using var response = await request;
        return (int)response.StatusCode;
    }

    private string Named(string name) => $"{_directory.App.FirstRun.Project}_{name}";

    private Task<HttpResponseMessage> RenameUser(string id, string name) =>
        Admin.PatchAsJsonAsync($"/v3/users/{id}", new { user = new { name } }, Cancellation);

    private Task<HttpResponseMessage> RenameProject(string id, string name) =>
        Admin.PatchAsJsonAsync($"/v3/projects/{id}", new { project = new { name = Named(name) } }, Cancellation);

    private Task<HttpResponseMessage> CreateProject(string name) => Admin.PostAsJsonAsync(
        "/v3/projects", new { project = new { name = Named(name), parent_id = _directory.App.FirstRun.ProjectId } }, Cancellation);

    private Task<HttpResponseMessage> CreateKey(string userId) =>
        Admin.PostAsJsonAsync("/v3.0/OS-CREDENTIAL/credentials", new { credential = new { user_id = userId } }, Cancellation);

    private async Task<string> AddProjectAsync(string name)
    {
        using var response = await CreateProject(name);
        return (await Directory.ReadAsync(response, 201)).GetProperty("project").GetProperty("id").GetString()!;
    }
}
