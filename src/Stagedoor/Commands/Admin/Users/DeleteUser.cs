using System.CommandLine;
using System.Text.Json.Nodes;
using Stagedoor.Commands.Admin.Organizations;

namespace Stagedoor.Commands.Admin.Users;

/// <summary><c>stagedoor admin user delete</c></summary>
internal static class DeleteUser
{
    internal static Command Create()
    {
        var name = new Argument<string>("NAME") { Description = "The user's name." };
        var yes = new Option<bool>("--yes") { Description = "Do it. Without it nothing is changed." };
        return ServerVerb.Create("delete", "Delete a user with its keys, roles and grants. What it has pushed stays.", [name, yes], async (call, cancellationToken) =>
        {
            var user = await call.Directory.UserAsync(call.Get(name), cancellationToken);
            if (!call.Get(yes))
            {
                throw new CommandException($"With --yes, {user.Name} is deleted with its keys, roles and grants; 'stagedoor admin user disable' only keeps it out. Nothing was changed.", ExitCode.Usage);
            }

            // The user goes first, since that is what matters; grants of nobody open nothing, and are taken away for order.
            var organizations = new OrganizationAccess(call.Client);
            var grants = await organizations.GrantsOfAsync(user.Id, cancellationToken);
            await call.Client.CallAsync(HttpMethod.Delete, $"/v3/users/{user.Id}", null, cancellationToken);
            foreach (var grant in grants)
            {
                try
                {
                    await organizations.RevokeAsync(grant.Organization, user.Id, cancellationToken);
                }
                catch (CommandException e)
                {
                    ServerCall.Note($"warning: {user.Name} is deleted, and its grant in {grant.Organization} stays, which opens nothing: {e.Message}");
                }
            }

            call.Tell($"{user.Name} is deleted.", new JsonObject { ["user"] = user.Name });
        });
    }
}
