using System.CommandLine;
using System.Text.Json.Nodes;

namespace Stagedoor.Commands.Admin.Roles;

/// <summary><c>stagedoor admin role revoke</c></summary>
internal static class RevokeRole
{
    internal static Command Create()
    {
        var user = new Argument<string>("USER") { Description = "The user's name." };
        var role = new Argument<string>("ROLE") { Description = "The role's name." };
        var project = new Option<string?>("--project") { Description = "In this project alone.", HelpName = "NAME" };
        return ServerVerb.Create("revoke", "Take a role from a user, in the account or in one project.", [user, role, project], async (call, cancellationToken) =>
        {
            var found = await call.Directory.RoleAsync(call.Get(role), cancellationToken);
            var owner = await call.Directory.UserAsync(call.Get(user), cancellationToken);
            var path = await call.Directory.GrantsPathAsync(owner, call.Get(project), cancellationToken);
            await call.Client.CallAsync(HttpMethod.Delete, $"{path}/{found.Id}", null, cancellationToken);
            var place = call.Get(project) is { } name ? $"project {name}" : "the account";
            call.Tell($"{owner.Name} has not the role {found.Name} any more in {place}.", new JsonObject { ["user"] = owner.Name, ["role"] = found.Name, ["project"] = call.Get(project) });
        });
    }
}
