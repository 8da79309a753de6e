using System.CommandLine;
using Stagedoor.Iam;

namespace Stagedoor.Commands.Admin.Offline;

/// <summary><c>stagedoor admin account enable</c> and <c>disable</c></summary>
internal static class SetAccountEnabled
{
    internal static Command Create(string verb, bool enabled)
    {
        var account = new Argument<string>("ACCOUNT") { Description = "The account's name." };
        return OfflineVerb.Create(verb, enabled ? "Let an account's users in again." : "Keep an account's users out.", [account], CreateAccount.Instead, async (parsed, services, cancellationToken) =>
        {
            var name = parsed.GetRequiredValue(account);
            if (!await IamModule.SetAccountEnabledAsync(services, name, enabled, cancellationToken))
            {
                throw new CommandException($"There is no account '{name}'.", ExitCode.NotFound);
            }

            Console.WriteLine($"{name} is {(enabled ? "enabled" : "disabled")}.");
            await OfflineVerb.RecordAsync(services, enabled ? "enableAccount" : "disableAccount", "account", name, name, cancellationToken);
            return ExitCode.Success;
        });
    }
}
