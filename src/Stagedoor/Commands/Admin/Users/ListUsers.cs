using System.CommandLine;

namespace Stagedoor.Commands.Admin.Users;

/// <summary><c>stagedoor admin user list</c></summary>
internal static class ListUsers
{
    internal static Command Create() => ServerVerb.Create("list", "Every user of the account.", [], static async (call, cancellationToken) =>
        call.List<AccountUser>(
            "users",
            [
                ("Name", "name", static u => u.Name),
                ("Id", "id", static u => u.Id),
                ("Enabled", "enabled", static u => u.IsEnabled),
                ("Access", "accessMode", static u => u.AccessMode),
                ("Description", "description", static u => u.Description),
            ],
            [.. (await call.Client.GetAsync("/v3/users", cancellationToken)).Items("users").Select(AccountUser.Of)]));
}
