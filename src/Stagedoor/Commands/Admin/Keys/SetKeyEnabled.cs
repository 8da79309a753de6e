using System.CommandLine;
using System.Text.Json.Nodes;

namespace Stagedoor.Commands.Admin.Keys;

/// <summary><c>stagedoor admin key disable</c> and <c>enable</c></summary>
internal static class SetKeyEnabled
{
    internal static Command Create(string verb, bool enabled)
    {
        var id = new Argument<string>("AK") { Description = "The access key." };
        var yes = new Option<bool>("--yes") { Description = "Do it, also when it is the key that asks." };
        return ServerVerb.Create(verb, enabled ? "Let an access key in again." : "Refuse an access key everywhere from now on.", enabled ? [id] : [id, yes], async (call, cancellationToken) =>
        {
            call.RequireOther(call.Get(id), enabled || call.Get(yes));
            await call.Directory.SwitchKeyAsync(call.Get(id), enabled, cancellationToken);
            call.Tell($"{call.Get(id)} is {(enabled ? "active" : "switched off")}.", new JsonObject { ["accessKey"] = call.Get(id), ["active"] = enabled });
        });
    }
}
