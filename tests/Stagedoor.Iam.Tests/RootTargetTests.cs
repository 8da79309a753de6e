using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Iam.Tests;

/// <summary>Everything that a security administrator can try on the account's root user.</summary>
public sealed class RootTargetTests(RootTargetTests.Fixture directory) : IClassFixture<RootTargetTests.Fixture>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static TheoryData<string, string, string?, int> Operations => new()
    {
        { "PATCH", "/v3/users/{root}", """{"user":{"name":"nobody"}}""", 403 },
        { "PATCH", "/v3/users/{root}", """{"user":{"password":"taken-Over-9"}}""", 403 },
        { "PATCH", "/v3/users/{root}", """{"user":{"enabled":false}}""", 403 },
        { "PATCH", "/v3/users/{root}", """{"user":{"access_mode":"console"}}""", 403 },
        { "PATCH", "/v3/users/{root}", """{"user":{"description":"x"}}""", 403 },
        { "PATCH", "/v3/users/{root}", """{"user":{"pwd_status":true}}""", 403 },
        { "DELETE", "/v3/users/{root}", null, 403 },
        { "POST", "/v3/users/{root}/password", """{"user":{"original_password":"guessed-It-1","password":"taken-Over-9"}}""", 403 },
        { "POST", "/v3.0/OS-CREDENTIAL/credentials", """{"credential":{"user_id":"{root}"}}""", 403 },
        { "GET", "/v3.0/OS-CREDENTIAL/credentials/{key}", null, 404 },
        { "PUT", "/v3.0/OS-CREDENTIAL/credentials/{key}", """{"credential":{"status":"inactive"}}""", 404 },
        { "DELETE", "/v3.0/OS-CREDENTIAL/credentials/{key}", null, 404 },
        { "PUT", "/v3/domains/{domain}/users/{root}/roles/{role}", null, 403 },
        { "DELETE", "/v3/domains/{domain}/users/{root}/roles/{role}", null, 403 },
        { "PUT", "/v3/projects/{project}/users/{root}/roles/{role}", null, 403 },
        { "DELETE", "/v3/projects/{project}/users/{root}/roles/{role}", null, 403 },
        { "GET", "/v3/auth/tokens", null, 403 },
        { "DELETE", "/v3/auth/tokens", null, 403 },
    };

    [Theory]
    [MemberData(nameof(Operations))]
    public async Task The_root_user_is_nobody_elses_to_change(string method, string path, string? body, int status)
    {
        var run = directory.Own.App.FirstRun;
        string Fill(string text) => text.Replace("{root}", run.UserId, StringComparison.Ordinal).Replace("{key}", run.AccessKey, StringComparison.Ordinal)
            .Replace("{domain}", run.DomainId, StringComparison.Ordinal).Replace("{project}", run.ProjectId, StringComparison.Ordinal)
            .Replace("{role}", directory.Role, StringComparison.Ordinal);
        using var request = new HttpRequestMessage(new(method), Fill(path));
        request.Headers.Add("X-Subject-Token", directory.RootToken);
        if (body is not null)
        {
            request.Content = new StringContent(Fill(body), System.Text.Encoding.UTF8, "application/json");
        }

        using var answer = await directory.Administrator.SendAsync(request, Cancellation);

        await answer.ShouldFailAsync(status, status == 403 ? "IAM.0002" : "IAM.0004");
        using var root = directory.Own.App.WithToken(directory.RootToken);
        using var still = await root.GetAsync("/v3/auth/projects", Cancellation);
        Assert.Equal(200, (int)still.StatusCode);
    }

    [Fact]
    [Provokes("IAM.0002")]
    public async Task The_root_user_itself_grants_itself_nothing()
    {
        var run = directory.Own.App.FirstRun;

        using var answer = await directory.Own.Admin.PutAsync($"/v3/domains/{run.DomainId}/users/{run.UserId}/roles/{directory.Role}", null, Cancellation);

        await answer.ShouldFailAsync(403, "IAM.0002");
    }

    public sealed class Fixture : IAsyncLifetime
    {
        public Directory Own { get; } = new();

        public HttpClient Administrator { get; private set; } = null!;

        public string RootToken { get; private set; } = "";

        public string Role { get; private set; } = "";

        public async ValueTask InitializeAsync()
        {
            await Own.InitializeAsync();
            (var id, Administrator) = await Own.AddSignerAsync("climber");
            await Own.GrantAsync(id, RoleNames.SecurityAdministrator);
            Role = await Own.RoleIdAsync(RoleNames.TenantGuest);
            RootToken = await Own.App.NewTokenAsync();
        }

        public async ValueTask DisposeAsync()
        {
            Administrator.Dispose();
            await Own.DisposeAsync();
        }
    }
}
