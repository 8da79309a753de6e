using System.Text.Json;
using Stagedoor.Discovery.Log;

namespace Stagedoor.Discovery.Accounts.Roles;

/// <summary>Roles other than the built-in ones; their id is their name.</summary>
internal sealed class RoleEntries(AccountDirectory directory) : IEntryKind
{
    public const string Kind = "role";

    public string Name => Kind;

    public int Rank => 0;

    public void Apply(EntryRow row)
    {
        if (row.Body is null)
        {
            directory.OwnRoles.TryRemove(row.Id, out _);
            return;
        }

        directory.OwnRoles[row.Id] = JsonSerializer.Deserialize(row.Body, AccountsJson.Wire.Role) ?? throw new JsonException("null");
    }

    public IEnumerable<(string Tenant, string Id)> Present() => directory.OwnRoles.Keys.Select(static name => (AccountEntries.Tenant, name));
}
