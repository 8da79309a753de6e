using System.CommandLine;
using System.Text.Json.Nodes;

namespace Stagedoor.Commands.Admin.Keys;

/// <summary><c>stagedoor admin key delete</c></summary>
internal static class DeleteKey
{
    internal static Command Create()
    {
        var id = new Argument<string>("AK") { Description = "The access key." };
        var yes = new Option<bool>("--yes") { Description = "Do it, also when it is the key that asks." };
        return ServerVerb.Create("delete", "Delete an access key for good.", [id, yes], async (call, cancellationToken) =>
        {
            call.RequireOther(call.Get(id), call.Get(yes));
            await call.Directory.DeleteKeyAsync(call.Get(id), cancellationToken);
            call.Tell($"{call.Get(id)} is deleted.", new JsonObject { ["accessKey"] = call.Get(id) });
        });
    }
}
