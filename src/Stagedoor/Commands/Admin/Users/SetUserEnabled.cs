using System.CommandLine;
using System.Text.Json.Nodes;

namespace Stagedoor.Commands.Admin.Users;

/// <summary><c>stagedoor admin user disable</c> and <c>enable</c></summary>
internal static class SetUserEnabled
{
    internal static Command Create(string verb, bool enabled)
    {
        var name = new Argument<string>("NAME") { Description = "The user's name." };
        return ServerVerb.Create(verb, enabled ? "Let a user in again." : "Keep a user out; its tokens end, its keys are refused.", [name], async (call, cancellationToken) =>
        {
            var user = await call.Directory.UserAsync(call.Get(name), cancellationToken);
            await call.Client.CallAsync(
                HttpMethod.Patch, $"/v3/users/{user.Id}", new JsonObject { ["user"] = new JsonObject { ["enabled"] = enabled } }, cancellationToken);
            call.Tell($"{user.Name} is {(enabled ? "enabled" : "disabled")}.", new JsonObject { ["user"] = user.Name, ["enabled"] = enabled });
        });
    }
}
