using System.CommandLine;
using Stagedoor.Gateway;
using Stagedoor.Iam;
using Stagedoor.Serve;

namespace Stagedoor.Commands;

/// <summary><c>stagedoor admin</c>: accounts and lost passwords, at the machine itself.</summary>
internal static class AdminCommand
{
    private static readonly Option<string?> s_data = new("--data") { Description = "Folder of the installation (default ./data).", HelpName = "DIR" };
    private static readonly Option<string?> s_config = new("--config") { Description = "JSON file with settings.", HelpName = "FILE" };
    private static readonly Argument<string> s_account = new("ACCOUNT") { Description = "The account's name." };

    internal static Command Create() => new(
        "admin", "Manage accounts. With SQLite stop the server first: one process at a time uses a data directory.")
    {
        new Command("account", "Accounts of this installation.") { CreateAccount(), ListAccounts(), SetEnabled("enable", true), SetEnabled("disable", false) },
        ResetPassword(),
        new Command("audit", "The audit log.") { VerifyAudit() },
    };

    private static Command CreateAccount()
    {
        var command = new Command("create", "Create an account with a project, a root user and keys, and print them once.") { s_account, s_data, s_config };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed, async services =>
        {
            var name = parsed.GetRequiredValue(s_account);
            FirstRunCredentials? made;
            try
            {
                made = await IamModule.CreateAccountAsync(services, name, cancellationToken);
            }
            catch (ArgumentException e)
            {
                throw new StartupException($"'{name}' cannot name an account: 1 to 32 letters, digits, '_' and '-', beginning with a letter.", e);
            }

            if (made is null)
            {
                throw new StartupException($"There is an account '{name}' already.");
            }

            Console.WriteLine($"account      {made.Domain}  ({made.DomainId})");
            Console.WriteLine($"project      {made.Project}  ({made.ProjectId})");
            Console.WriteLine($"user         {made.User}  ({made.UserId})");
            Console.WriteLine($"password     {made.Password}");
            Console.WriteLine($"access key   {made.AccessKey}");
            Console.WriteLine($"secret key   {made.SecretKey}");
            Console.WriteLine($"registry     {made.RegistryUser}");
            Console.WriteLine($"             {made.RegistryKey}");
        }, cancellationToken));
        return command;
    }

    private static Command ListAccounts()
    {
        var command = new Command("list", "Every account.") { s_data, s_config };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed, async services =>
        {
            foreach (var account in await IamModule.ListAccountsAsync(services, cancellationToken))
            {
                Console.WriteLine($"{account.Id}  {(account.Enabled ? "enabled " : "disabled")}  {account.CreatedAt:yyyy-MM-dd}  {account.Name}");
            }
        }, cancellationToken));
        return command;
    }

    private static Command SetEnabled(string verb, bool enabled)
    {
        var command = new Command(verb, enabled ? "Let an account's users in again." : "Keep an account's users out.") { s_account, s_data, s_config };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed, async services =>
        {
            var name = parsed.GetRequiredValue(s_account);
            if (!await IamModule.SetAccountEnabledAsync(services, name, enabled, cancellationToken))
            {
                throw new StartupException($"There is no account '{name}'.");
            }

            Console.WriteLine($"{name} is {(enabled ? "enabled" : "disabled")}.");
        }, cancellationToken));
        return command;
    }

    private static Command ResetPassword()
    {
        var user = new Argument<string>("USER") { Description = "The user's name." };
        var command = new Command("reset-password", "Give a user a new password and print it once; its tokens end.") { s_account, user, s_data, s_config };
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed, async services =>
        {
            var (account, name) = (parsed.GetRequiredValue(s_account), parsed.GetRequiredValue(user));
            var password = await IamModule.ResetPasswordAsync(services, account, name, cancellationToken)
                ?? throw new StartupException($"There is no user '{name}' in an account '{account}'.");
            Console.WriteLine(password);
        }, cancellationToken));
        return command;
    }

    private static Command VerifyAudit()
    {
        var command = new Command("verify", "Look whether the audit log is as it was written: nothing changed, taken out, put in or cut off.") { s_data, s_config };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var isIntact = true;
            var code = await RunAsync(
                parsed,
                async services =>
                {
                    var check = await GatewayModule.VerifyAuditAsync(services, cancellationToken);
                    isIntact = check.Problems.Count == 0;
                    foreach (var problem in check.Problems)
                    {
                        await Console.Error.WriteLineAsync($"stagedoor: {problem}");
                    }

                    Console.WriteLine(
                        $"{check.Records} records of {check.Chains} processes: {(isIntact ? "as they were written" : $"{check.Problems.Count} problems")}"
                        + (check.Unkeyed > 0 ? $"; {check.Unkeyed} are of a version whose hashes had no key, and prove less" : "") + ".");
                },
                cancellationToken);
            return code == 0 && !isIntact ? 1 : code;
        });
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, Func<IServiceProvider, Task> work, CancellationToken cancellationToken)
    {
        try
        {
            await StagedoorHost.WithServicesAsync(
                new() { Data = parsed.GetValue(s_data), Config = parsed.GetValue(s_config) }, work, cancellationToken);
            return 0;
        }
        catch (StartupException e)
        {
            await Console.Error.WriteLineAsync($"stagedoor: {e.Message}");
            return 1;
        }
    }
}
