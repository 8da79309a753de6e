using System.CommandLine;
using Stagedoor.Iam;

namespace Stagedoor.Commands.Admin.Offline;

/// <summary><c>stagedoor admin reset-password</c></summary>
internal static class ResetPassword
{
    internal static Command Create()
    {
        var account = new Argument<string>("ACCOUNT") { Description = "The account's name." };
        var user = new Argument<string>("USER") { Description = "The user's name." };
        return OfflineVerb.Create(
            "reset-password",
            "Give a user a new password and print it once; its tokens end.",
            [account, user],
            "an administrator gives others a password with 'stagedoor admin user password'.",
            async (parsed, services, cancellationToken) =>
            {
                var (domain, name) = (parsed.GetRequiredValue(account), parsed.GetRequiredValue(user));
                var password = await IamModule.ResetPasswordAsync(services, domain, name, cancellationToken)
                    ?? throw new CommandException($"There is no user '{name}' in an account '{domain}'.", ExitCode.NotFound);
                Console.WriteLine(password);
                await OfflineVerb.RecordAsync(services, "updateUserPwd", "user", name, domain, cancellationToken);
                return ExitCode.Success;
            });
    }
}
