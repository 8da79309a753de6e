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
            if (given is null)
            {
                // What cannot be written, to a full disk or a closed pipe, must not be what counts: the old one would be gone, and nobody knew the new one.
                call.Tell(password, new JsonObject { ["user"] = user.Name, ["password"] = password });
                await Console.Out.FlushAsync(cancellationToken);
            }

            try
            {
                await call.Client.CallAsync(
                    HttpMethod.Patch, $"/v3/users/{user.Id}", new JsonObject { ["user"] = new JsonObject { ["password"] = password } }, cancellationToken);
            }
            catch (CommandException e) when (given is null)
            {
                throw new CommandException($"{e.Message} The password above does not count.", e.ExitCode, e);
            }

            if (given is not null)
            {
                call.Tell($"{user.Name} has a new password.", new JsonObject { ["user"] = user.Name, ["password"] = null });
            }
        });
    }
}
