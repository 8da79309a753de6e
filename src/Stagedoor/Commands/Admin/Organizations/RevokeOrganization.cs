using System.CommandLine;
using System.Text.Json.Nodes;
using Stagedoor.Errors;

namespace Stagedoor.Commands.Admin.Organizations;

/// <summary><c>stagedoor admin org revoke</c></summary>
internal static class RevokeOrganization
{
    internal static Command Create()
    {
        var name = new Argument<string>("ORG") { Description = "The organization." };
        var user = new Argument<string>("USER") { Description = "The user's name." };
        return ServerVerb.Create("revoke", "Take away what a user was granted in an organization.", [name, user], async (call, cancellationToken) =>
        {
            var organization = call.Get(name);
            var found = await call.Directory.UserAsync(call.Get(user), cancellationToken);
            try
            {
                await new OrganizationAccess(call.Client).RevokeAsync(organization, found.Id, cancellationToken);
            }
            catch (ServerRefusal e) when (string.Equals(e.Code, ImagesCodes.OrganizationPermissionNotFound.Code, StringComparison.Ordinal))
            {
                throw new CommandException(
                    $"{e.Message} Who has made an organization manages it without a grant, as administrators do: 'stagedoor admin user disable {found.Name}' keeps the user out of everything.",
                    e.ExitCode,
                    e);
            }

            call.Tell($"{found.Name} has no grant in {organization} any more.", new JsonObject { ["organization"] = organization, ["user"] = found.Name });
        });
    }
}
