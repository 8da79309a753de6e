using System.CommandLine;
using System.Text.Json;

namespace Stagedoor.Commands.Admin.Organizations;

/// <summary><c>stagedoor admin org list</c></summary>
internal static class ListOrganizations
{
    internal static Command Create() => ServerVerb.Create("list", "Every organization that who asks may see.", [], static async (call, cancellationToken) =>
        call.List<JsonElement>(
            "organizations",
            [
                ("Name", "name", static o => o.Text("name")),
                ("Made by", "creator", static o => o.FindText("creator_name")),
                ("You may", "auth", static o => new Grant("", "", "", (int)o.Number("auth")).Words),
            ],
            await new OrganizationAccess(call.Client).ListAsync(cancellationToken)));
}
