using System.CommandLine;
using Stagedoor.Commands.Admin.Audit;
using Stagedoor.Commands.Admin.Keys;
using Stagedoor.Commands.Admin.Offline;
using Stagedoor.Commands.Admin.Organizations;
using Stagedoor.Commands.Admin.Roles;
using Stagedoor.Commands.Admin.Users;

namespace Stagedoor.Commands.Admin;

/// <summary><c>stagedoor admin</c>: users, keys, roles and organizations of a running server; accounts and lost passwords of one that is stopped.</summary>
internal static class AdminCommand
{
    internal static Command Create() => new("admin", "Manage users, keys, roles and organizations of a running server; what works on a stopped one says so.")
    {
        new Command("user", "Users of a running server's account.")
        {
            CreateUser.Create(), ListUsers.Create(), ShowUser.Create(), SetUserEnabled.Create("disable", false), SetUserEnabled.Create("enable", true), SetPassword.Create(), DeleteUser.Create(),
        },
        new Command("key", "Access keys of a running server's users.")
        {
            CreateKey.Create(), ListKeys.Create(), RotateKey.Create(), SetKeyEnabled.Create("disable", false), SetKeyEnabled.Create("enable", true), DeleteKey.Create(),
        },
        new Command("role", "Roles of a running server's users.") { ListRoles.Create(), GrantRole.Create(), RevokeRole.Create() },
        new Command("org", "Organizations of images of a running server, and who may pull from and push to them.")
        {
            CreateOrganization.Create(), ListOrganizations.Create(), ShowOrganization.Create(), GrantOrganization.Create(), RevokeOrganization.Create(),
        },
        LoginCommand.Create(),
        new Command("audit", "The audit log: its records from a running server; whether it is whole on a stopped one alone.") { TailAudit.Create(), VerifyAudit.Create() },
        new Command("account", "Accounts of a stopped installation.") { CreateAccount.Create(), ListAccounts.Create(), SetAccountEnabled.Create("enable", true), SetAccountEnabled.Create("disable", false) },
        ResetPassword.Create(),
    };
}
