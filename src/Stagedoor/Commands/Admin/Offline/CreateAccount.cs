using System.CommandLine;
using Stagedoor.Iam;

namespace Stagedoor.Commands.Admin.Offline;

/// <summary><c>stagedoor admin account create</c></summary>
internal static class CreateAccount
{
    internal const string Instead = "there is no API for accounts, since they are above the services; 'stagedoor admin user create' makes users of one account.";

    internal static Command Create()
    {
        var account = new Argument<string>("ACCOUNT") { Description = "The account's name." };
        return OfflineVerb.Create("create", "Create an account with a project, a root user and keys, and print them once.", [account], Instead, async (parsed, services, cancellationToken) =>
        {
            var name = parsed.GetRequiredValue(account);
            FirstRunCredentials? made;
            try
            {
                made = await IamModule.CreateAccountAsync(services, name, cancellationToken);
            }
            catch (ArgumentException e)
            {
                throw new CommandException($"'{name}' cannot name an account: 1 to 32 letters, digits, '_' and '-', beginning with a letter.", ExitCode.Usage, e);
            }

            if (made is null)
            {
                throw new CommandException($"There is an account '{name}' already.", ExitCode.Conflict);
            }

            Console.WriteLine($"account      {made.Domain}  ({made.DomainId})");
            Console.WriteLine($"project      {made.Project}  ({made.ProjectId})");
            Console.WriteLine($"user         {made.User}  ({made.UserId})");
            Console.WriteLine($"password     {made.Password}");
            Console.WriteLine($"access key   {made.AccessKey}");
            Console.WriteLine($"secret key   {made.SecretKey}");
            Console.WriteLine($"registry     {made.RegistryUser}");
            Console.WriteLine($"             {made.RegistryKey}");
            await OfflineVerb.RecordAsync(services, "createAccount", "account", name, name, cancellationToken);
            return ExitCode.Success;
        });
    }
}
