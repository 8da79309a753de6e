namespace Stagedoor.Discovery.Accounts.Operations;

/// <summary>An account as it is shown: without anything of its password.</summary>
internal sealed record AccountResponse(string Id, string Name, IReadOnlyList<string> Roles, string Status, string CreateTime, string UpdateTime)
{
    public static AccountResponse Of(Account account) =>
        new(account.Id, account.Name, account.Roles, account.Status, account.CreateTime, account.UpdateTime);
}
