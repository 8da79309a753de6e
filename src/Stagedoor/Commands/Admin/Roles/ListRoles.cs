using System.CommandLine;

namespace Stagedoor.Commands.Admin.Roles;

/// <summary><c>stagedoor admin role list</c></summary>
internal static class ListRoles
{
    internal static Command Create()
    {
        var user = new Option<string?>("--user") { Description = "Only those that a user has.", HelpName = "NAME" };
        var project = new Option<string?>("--project") { Description = "With --user: those in a project instead of in the account.", HelpName = "NAME" };
        return ServerVerb.Create("list", "The roles there are, or those of a user.", [user, project], async (call, cancellationToken) =>
        {
            var roles = await call.Directory.RolesAsync(cancellationToken);
            if (call.Get(user) is { } name)
            {
                var path = await call.Directory.GrantsPathAsync(await call.Directory.UserAsync(name, cancellationToken), call.Get(project), cancellationToken);
                roles = [.. (await call.Client.GetAsync(path, cancellationToken)).Items("roles").Select(AccountRole.Of)];
            }

            call.List<AccountRole>(
                "roles",
                [
                    ("Name", "name", static r => r.Name),
                    ("Title", "title", static r => r.Title),
                    ("In", "grantedIn", static r => r.IsGlobal ? "account" : "account or project"),
                    ("Allows", "description", static r => r.Description),
                ],
                roles);
        });
    }
}
