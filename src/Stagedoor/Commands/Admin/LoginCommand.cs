using System.CommandLine;

namespace Stagedoor.Commands.Admin;

/// <summary><c>stagedoor admin login-command</c></summary>
internal static class LoginCommand
{
    internal static Command Create() => ServerVerb.Create(
        "login-command",
        "The registry logins of the key that asks (--access-key, or first-run.json), for docker, podman, skopeo and helm. Others' secret keys are with their owners.",
        [],
        static async (call, cancellationToken) =>
        {
            if (call.Client.Keys is not { } keys)
            {
                throw new CommandException("A password is no registry login: ask with an access key. Who has none: stagedoor admin key create USER", ExitCode.Usage);
            }

            var lines = new LoginLines(await call.Directory.AccountAsync(cancellationToken), new(keys.AccessKey, keys.SecretKey));
            if (call.IsJson)
            {
                ServerCall.Write(lines.Json());
                return;
            }

            foreach (var line in (string[])[lines.Docker, lines.Podman, lines.Skopeo, lines.Helm])
            {
                ServerCall.Write(line);
            }

            lines.Warn();
        });
}
