using System.Text.Json;
using Stagedoor.Discovery.Log;

namespace Stagedoor.Discovery.Accounts;

/// <summary>Accounts; their id is their name.</summary>
internal sealed class AccountEntries(AccountDirectory directory) : IEntryKind
{
    public const string Kind = "account";

    /// <summary>Accounts and roles belong to the engine, not to a tenant.</summary>
    public const string Tenant = "";

    public string Name => Kind;

    public int Rank => 0;

    public void Apply(EntryRow row)
    {
        if (row.Body is null)
        {
            directory.Accounts.TryRemove(row.Id, out _);
            return;
        }

        directory.Accounts[row.Id] = JsonSerializer.Deserialize(row.Body, AccountsJson.Wire.Account) ?? throw new JsonException("null");
    }

    public IEnumerable<(string Tenant, string Id)> Present() => directory.Accounts.Keys.Select(static name => (Tenant, name));
}
