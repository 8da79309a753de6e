using System.Text.Json;
using System.Text.Json.Serialization;
using Stagedoor.Discovery.Accounts.Logins;
using Stagedoor.Discovery.Accounts.Operations;
using Stagedoor.Discovery.Accounts.Roles;
using Stagedoor.Discovery.Accounts.Root;
using Stagedoor.Discovery.Accounts.Tokens;
using Stagedoor.Http;

namespace Stagedoor.Discovery.Accounts;

/// <summary>What the operations on accounts and roles read and write, and how both are stored.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    PropertyNameCaseInsensitive = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Account))]
[JsonSerializable(typeof(Role))]
[JsonSerializable(typeof(AccountRequest))]
[JsonSerializable(typeof(AccountResponse))]
[JsonSerializable(typeof(RoleRequest))]
[JsonSerializable(typeof(CreateAccountToken.Request), TypeInfoPropertyName = "CreateAccountTokenRequest")]
[JsonSerializable(typeof(CreateAccountToken.Response), TypeInfoPropertyName = "CreateAccountTokenResponse")]
[JsonSerializable(typeof(ListOwnPermissions.Response), TypeInfoPropertyName = "ListOwnPermissionsResponse")]
[JsonSerializable(typeof(CreateAccounts.Request), TypeInfoPropertyName = "CreateAccountsRequest")]
[JsonSerializable(typeof(CreateAccounts.Response), TypeInfoPropertyName = "CreateAccountsResponse")]
[JsonSerializable(typeof(ListAccounts.Response), TypeInfoPropertyName = "ListAccountsResponse")]
[JsonSerializable(typeof(ChangeAccountPassword.Request), TypeInfoPropertyName = "ChangeAccountPasswordRequest")]
[JsonSerializable(typeof(ListAccountLocks.Response), TypeInfoPropertyName = "ListAccountLocksResponse")]
[JsonSerializable(typeof(ListAccountRoles.Response), TypeInfoPropertyName = "ListAccountRolesResponse")]
[JsonSerializable(typeof(RootAccount.Kept))]
internal sealed partial class AccountsJson : JsonSerializerContext
{
    /// <summary>As it goes over the wire and into the database.</summary>
    public static AccountsJson Wire { get; } = new(WireJson.Named(JsonNamingPolicy.CamelCase, inAnyCase: true));
}
