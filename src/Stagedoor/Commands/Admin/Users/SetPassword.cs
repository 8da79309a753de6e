using System.CommandLine;
using System.Text.Json.Nodes;

namespace Stagedoor.Commands.Admin.Users;

/// <summary><c>stagedoor admin user password</c></summary>
internal static class SetPassword
{
    internal static Command Create()
    {
        var name = new Argument<string>("NAME") { Description = "The user's name." };
        return ServerVerb.Create("password", "Give a user another password: that of --password-file, or one made up and printed once. Its tokens end.", [name, Passwords.File], async (call, cancellationToken) =>
        {
            var given = Passwords.Read(call);
            var password = given ?? Passwords.MakeUp();
            var user = await call.Directory.UserAsync(call.Get(name), cancellationToken);
            await call.Client.CallAsync(
                HttpMethod.Patch, $"/v3/users/{user.Id}", new JsonObject { ["user"] = new JsonObject { ["password"] = password } }, cancellationToken);
            call.Tell(
                given is null ? password : $"{user.Name} has a new password.",
                new JsonObject { ["user"] = user.Name, ["password"] = given is null ? password : null });
        });
    }
}
