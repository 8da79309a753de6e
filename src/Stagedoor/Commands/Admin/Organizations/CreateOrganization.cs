using System.CommandLine;
using System.Text.Json.Nodes;

namespace Stagedoor.Commands.Admin.Organizations;

/// <summary><c>stagedoor admin org create</c></summary>
internal static class CreateOrganization
{
    internal static Command Create()
    {
        var name = new Argument<string>("ORG") { Description = "Its name, the first part of its images' names." };
        return ServerVerb.Create("create", "Make an organization.", [name], async (call, cancellationToken) =>
        {
            var organization = call.Get(name);
            if (!await new OrganizationAccess(call.Client).MakeAsync(organization, cancellationToken))
            {
                throw new CommandException($"The organization {organization} exists already.", ExitCode.Conflict);
            }

            call.Tell($"The organization {organization} is made.", new JsonObject { ["name"] = organization });
        });
    }
}
