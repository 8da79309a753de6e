using System.CommandLine;
using Stagedoor.Iam;

namespace Stagedoor.Commands.Admin.Offline;

/// <summary><c>stagedoor admin account list</c></summary>
internal static class ListAccounts
{
    internal static Command Create() => OfflineVerb.Create("list", "Every account.", [], CreateAccount.Instead, static async (_, services, cancellationToken) =>
    {
        foreach (var account in await IamModule.ListAccountsAsync(services, cancellationToken))
        {
            Console.WriteLine($"{account.Id}  {(account.Enabled ? "enabled " : "disabled")}  {account.CreatedAt:yyyy-MM-dd}  {account.Name}");
        }

        return ExitCode.Success;
    });
}
