using System.CommandLine;

namespace Stagedoor.Commands.Admin.Organizations;

/// <summary><c>stagedoor admin org show</c></summary>
internal static class ShowOrganization
{
    internal static Command Create()
    {
        var name = new Argument<string>("ORG") { Description = "The organization." };
        return ServerVerb.Create("show", "Who was granted what in an organization. Roles of the account come on top.", [name], async (call, cancellationToken) =>
            call.List<Grant>(
                "grants",
                [("User", "user", static g => g.UserName), ("Id", "userId", static g => g.UserId), ("May", "may", static g => g.Words)],
                await new OrganizationAccess(call.Client).GrantsAsync(call.Get(name), cancellationToken)));
    }
}
