using System.CommandLine;
using System.Text.Json.Nodes;

namespace Stagedoor.Commands.Admin.Keys;

/// <summary><c>stagedoor admin key create</c></summary>
internal static class CreateKey
{
    internal static Command Create()
    {
        var user = new Argument<string>("USER") { Description = "The user's name." };
        var description = new Option<string?>("--description") { Description = "What it is for.", HelpName = "TEXT" };
        return ServerVerb.Create("create", "Make an access key, at most two for each user, and print it once.", [user, description], async (call, cancellationToken) =>
        {
            var account = await call.Directory.AccountAsync(cancellationToken);
            var owner = await call.Directory.UserAsync(call.Get(user), cancellationToken);
            Show(call, new(account, await call.Directory.MakeKeyAsync(owner.Id, call.Get(description) ?? "", cancellationToken)), owner.Name);
        });
    }

    /// <summary>Prints a key that was just made: the login first, since that is what most are for.</summary>
    internal static void Show(ServerCall call, LoginLines lines, string user)
    {
        if (call.IsJson)
        {
            ServerCall.Write(new JsonObject { ["user"] = user, ["accessKey"] = lines.Variables[0].Value, ["secretKey"] = lines.Variables[1].Value, ["registry"] = lines.Json() });
            return;
        }

        ServerCall.Write(lines.Docker);
        ServerCall.Write("");
        lines.WriteVariables();
        lines.Warn();
    }
}
