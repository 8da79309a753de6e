using Stagedoor.Testing;
using Xunit;

namespace Stagedoor.Iam.Tests;

public sealed class RoleTests(Directory directory) : IClassFixture<Directory>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private StagedoorApp App => directory.App;

    [Fact]
    public async Task The_roles_and_their_ids_are_stable()
    {
        using var response = await directory.Admin.GetAsync("/v3/roles", Cancellation);

        var roles = (await Directory.ReadAsync(response, 200)).GetProperty("roles").EnumerateArray().ToList();
        Assert.Equal(
            [
                ("te_admin", "0ec2b97c023b8c432e71812508403a14"),
                ("secu_admin", "fae179f53d94eefb5a63955184ca41cc"),
                ("te_agency", "7139b5ad8d690025a851ec105a2b7aad"),
                ("te_guest", "8ba9a4a5f07cd452549d32bec147dcc2"),
                ("svcstg_dev", "458f7af8d1979a427af2da5148af42b9"),
                ("svcstg_opr", "9746631a9e3ad1e35db53185fdb1be89"),
                ("svcstg_admin", "73ec8ff841658fa1459949485adfde91"),
                ("swr_admin", "ad6976a4cc938e73274d2a8ebede6ca1"),
                ("apm_admin", "75fe1bb06694929341d6f8947d83291d"),
                ("apm_readonly", "b5ddc7ad0a3f36f9b05a2269467a41ee"),
                ("cce_admin", "222422f6c149b5b35421b9edc1dbae48"),
                ("cce_viewer", "0edfce8c58c6622e89b325ca8f4acb15"),
            ],
            roles.Select(static r => (r.GetProperty("name").GetString(), r.GetProperty("id").GetString())));
    }

    [Theory]
    [InlineData("domains")]
    [InlineData("projects")]
    [Provokes("IAM.0004")]
    public async Task A_role_is_granted_seen_and_revoked(string kind)
    {
        var userId = await directory.AddUserAsync("granted-in-" + kind);
        var scope = kind == "domains" ? App.FirstRun.DomainId : App.FirstRun.ProjectId;
        var roles = $"/v3/{kind}/{scope}/users/{userId}/roles";
        var role = $"{roles}/{await directory.RoleIdAsync(RoleNames.TenantGuest)}";

        using var before = await HeadAsync(role);
        using var grant = await directory.Admin.PutAsync(role, null, Cancellation);
        using var again = await directory.Admin.PutAsync(role, null, Cancellation);
        using var during = await HeadAsync(role);
        using var list = await directory.Admin.GetAsync(roles, Cancellation);
        using var token = await directory.AskTokenAsync("granted-in-" + kind, Directory.Password, new { project = new { id = App.FirstRun.ProjectId } });
        using var revoke = await directory.Admin.DeleteAsync(role, Cancellation);
        using var twice = await directory.Admin.DeleteAsync(role, Cancellation);

        Assert.Equal((404, 204, 204, 204), ((int)before.StatusCode, (int)grant.StatusCode, (int)again.StatusCode, (int)during.StatusCode));
        Assert.Equal(RoleNames.TenantGuest, (await Directory.ReadAsync(list, 200)).GetProperty("roles")[0].GetProperty("name").GetString());
        Assert.Equal(
            RoleNames.TenantGuest,
            (await Directory.ReadAsync(token, 201)).GetProperty("token").GetProperty("roles")[0].GetProperty("name").GetString());
        Assert.Equal(204, (int)revoke.StatusCode);
        await twice.ShouldFailAsync(404, "IAM.0004");
    }

    [Fact]
    public async Task A_role_in_a_project_counts_there_only()
    {
        var userId = await directory.AddUserAsync("local");
        var role = await directory.RoleIdAsync(RoleNames.TenantAdministrator);
        (await directory.Admin.PutAsync($"/v3/projects/{App.FirstRun.ProjectId}/users/{userId}/roles/{role}", null, Cancellation)).Dispose();

        using var account = await directory.AskTokenAsync("local", Directory.Password);

        Assert.Equal(0, (await Directory.ReadAsync(account, 201)).GetProperty("token").GetProperty("roles").GetArrayLength());
    }

    [Fact]
    [Provokes("IAM.0011")]
    public async Task A_security_administrator_is_one_in_the_whole_account()
    {
        var userId = await directory.AddUserAsync("half-admin");
        var role = await directory.RoleIdAsync(RoleNames.SecurityAdministrator);

        using var response = await directory.Admin.PutAsync($"/v3/projects/{App.FirstRun.ProjectId}/users/{userId}/roles/{role}", null, Cancellation);

        await response.ShouldFailAsync(400, "IAM.0011");
    }

    [Fact]
    [Provokes("IAM.0004")]
    public async Task Whatever_is_unknown_or_another_accounts_is_not_found()
    {
        var (other, client) = await directory.AddAccountAsync("roles-other");
        client.Dispose();
        var userId = await directory.AddUserAsync("grantee");
        var role = await directory.RoleIdAsync(RoleNames.TenantGuest);

        foreach (var path in (string[])
            [
                $"/v3/domains/{other.DomainId}/users/{userId}/roles/{role}",
                $"/v3/projects/{other.ProjectId}/users/{userId}/roles/{role}",
                $"/v3/domains/{App.FirstRun.DomainId}/users/{other.UserId}/roles/{role}",
                $"/v3/domains/{App.FirstRun.DomainId}/users/{userId}/roles/unknown",
                $"/v3/projects/unknown/users/{userId}/roles/{role}",
            ])
        {
            using var response = await directory.Admin.PutAsync(path, null, Cancellation);
            await response.ShouldFailAsync(404, "IAM.0004");
        }
    }

    [Fact]
    [Provokes("IAM.0002")]
    public async Task A_user_sees_its_roles_and_grants_itself_none()
    {
        var (userId, client) = await directory.AddSignerAsync("ambitious");
        using var user = client;
        var roles = $"/v3/domains/{App.FirstRun.DomainId}/users/{userId}/roles";

        using var own = await user.GetAsync(roles, Cancellation);
        using var grant = await user.PutAsync($"{roles}/{await directory.RoleIdAsync(RoleNames.TenantAdministrator)}", null, Cancellation);
        using var others = await user.GetAsync($"/v3/domains/{App.FirstRun.DomainId}/users/{App.FirstRun.UserId}/roles", Cancellation);

        Assert.Equal(200, (int)own.StatusCode);
        await grant.ShouldFailAsync(403, "IAM.0002");
        await others.ShouldFailAsync(403, "IAM.0002");
    }

    private async Task<HttpResponseMessage> HeadAsync(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Head, path);
        return await directory.Admin.SendAsync(request, Cancellation);
    }
}
