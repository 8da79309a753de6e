using Microsoft.Extensions.Configuration;
using Stagedoor.Gateway.Admission;
using Stagedoor.Http;
using Xunit;

namespace Stagedoor.Gateway.Tests.Admission;

public sealed class PermissionsTests
{
    private static readonly Permissions s_permissions = new(new ModuleSet(Serve.Modules.All, new ConfigurationBuilder().Build()));

    [Theory]
    [InlineData(RoleNames.TenantAdministrator, "apm:inventory:get", true)]
    [InlineData(RoleNames.TenantAdministrator, "cse:engine:delete", true)]
    [InlineData(RoleNames.TenantAdministrator, "iam:users:list", false)]
    [InlineData(RoleNames.SecurityAdministrator, "iam:users:delete", true)]
    [InlineData(RoleNames.SecurityAdministrator, "apm:ats:get", false)]
    [InlineData(RoleNames.TenantGuest, "apm:ats:get", true)]
    [InlineData(RoleNames.TenantGuest, "cce:addon:listTemplates", true)]
    [InlineData(RoleNames.TenantGuest, "cce:addon:showInstance", true)]
    [InlineData(RoleNames.TenantGuest, "cce:addon:delete", false)]
    [InlineData(RoleNames.TenantGuest, "iam:users:list", false)]
    [InlineData("swr_admin", "swr:repo:delete", true)]
    [InlineData("swr_admin", "apm:ats:get", false)]
    [InlineData(RoleNames.Developer, "swr:repo:listTags", true)]
    [InlineData(RoleNames.Developer, "swr:repo:delete", false)]
    [InlineData(RoleNames.AgentOperator, "apm:ats:get", false)]
    [InlineData("unheard_of", "apm:ats:get", false)]
    // The service has to be the service, not the beginning of its name.
    [InlineData(RoleNames.SecurityAdministrator, "iamx:users:list", false)]
    [InlineData(RoleNames.TenantAdministrator, "iam", false)]
    public void A_role_grants_its_actions(string role, string action, bool expected) =>
        Assert.Equal(expected, s_permissions.Allow(Caller(role), action, inProject: true));

    [Fact]
    public void No_role_allows_nothing() => Assert.False(s_permissions.Allow(Caller(), "apm:ats:get", inProject: true));

    [Fact]
    public void The_account_root_may_do_everything() =>
        Assert.True(s_permissions.Allow(Caller() with { IsAccountRoot = true }, "iam:users:delete", inProject: false));

    [Theory]
    [InlineData("swr:namespace:createNamespace", false)]
    [InlineData("apm:ats:get", true)]
    [InlineData("iam:users:list", true)]
    public void Images_have_permissions_of_their_own(string action, bool decides) => Assert.Equal(decides, s_permissions.Decides(action));

    [Fact]
    public void What_was_granted_in_a_project_counts_where_the_path_names_it()
    {
        var caller = Caller(RoleNames.TenantGuest);

        Assert.True(s_permissions.Allow(caller, "apm:ats:get", inProject: true));
        Assert.False(s_permissions.Allow(caller, "apm:ats:get", inProject: false));
        Assert.True(s_permissions.Allow(caller with { IsInDefaultProject = true }, "apm:ats:get", inProject: false));
        Assert.True(s_permissions.Allow(caller with { AccountRoles = caller.Roles }, "apm:ats:get", inProject: false));
    }

    private static Caller Caller(params string[] roles) => new()
    {
        UserId = "u",
        UserName = "user",
        DomainId = "d",
        DomainName = "domain",
        Method = AuthenticationMethod.Token,
        Roles = roles,
    };
}
