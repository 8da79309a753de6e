using System.CommandLine;

namespace Stagedoor.Commands.Admin.Keys;

/// <summary><c>stagedoor admin key rotate</c>: a new key, and when it was shown, the old one is switched off.</summary>
internal static class RotateKey
{
    internal static Command Create()
    {
        var old = new Argument<string>("AK") { Description = "The access key to replace." };
        var keep = new Option<bool>("--keep-old") { Description = "Leave the old key active; switch it off when the new one is in use everywhere." };
        var delete = new Option<bool>("--delete-old") { Description = "Delete the old key instead of switching it off." };
        return ServerVerb.Create("rotate", "Make a new key for the same user, print it, and then switch the old one off.", [old, keep, delete], async (call, cancellationToken) =>
        {
            if (call.Get(keep) && call.Get(delete))
            {
                throw new CommandException("--keep-old and --delete-old exclude each other.", ExitCode.Usage);
            }

            var account = await call.Directory.AccountAsync(cancellationToken);
            var replaced = await call.Directory.KeyAsync(call.Get(old), cancellationToken);
            var keys = await call.Directory.KeysAsync(replaced.UserId, cancellationToken);
            if (keys.FirstOrDefault(k => !string.Equals(k.Id, replaced.Id, StringComparison.Ordinal)) is { } other)
            {
                throw new CommandException(
                    $"The user has two keys already, the other one is {other.Id} ({(other.IsActive ? "active" : "switched off")}). Delete the one that is not needed: stagedoor admin key delete {other.Id}",
                    ExitCode.Conflict);
            }

            var user = (await call.Client.GetAsync($"/v3/users/{replaced.UserId}", cancellationToken)).Member("user").Text("name");
            CreateKey.Show(call, new(account, await call.Directory.MakeKeyAsync(replaced.UserId, replaced.Description, cancellationToken)), user);
            // What was shown is with its reader before the old key ends.
            await Console.Out.FlushAsync(cancellationToken);
            if (call.Get(keep))
            {
                ServerCall.Note($"{replaced.Id} is still active. When nobody uses it any more: stagedoor admin key disable {replaced.Id}");
                return;
            }

            try
            {
                await (call.Get(delete) ? call.Directory.DeleteKeyAsync(replaced.Id, cancellationToken) : call.Directory.SwitchKeyAsync(replaced.Id, false, cancellationToken));
            }
            catch (CommandException e)
            {
                throw new CommandException($"{e.Message} The new key is made and shown above; the old one, {replaced.Id}, is still active: stagedoor admin key disable {replaced.Id}", e.ExitCode, e);
            }

            ServerCall.Note(call.Get(delete) ? $"{replaced.Id} is deleted." : $"{replaced.Id} is switched off. When nothing misses it: stagedoor admin key delete {replaced.Id}");
        });
    }
}
