using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Stagedoor.Discovery.Accounts.Logins;
using Stagedoor.Http.Tenants;

namespace Stagedoor.Discovery.Accounts.Tokens;

/// <summary><c>Authorization: Bearer</c> with a token of the engine's own accounts, when there are any.</summary>
internal sealed class BearerTokens(LoginDesk desk, AccountDirectory directory, IOptions<RbacOptions> options) : ITenantCredentialReader
{
    private const string Scheme = "Bearer ";
    private readonly bool _isOn = options.Value.Enabled;

    public bool IsThere(HttpContext context) => _isOn && context.Request.Headers.Authorization.Count > 0;

    public async ValueTask<TenantCredential?> ReadAsync(HttpContext context, string project)
    {
        var authorization = context.Request.Headers.Authorization.ToString();
        if (!_isOn || !authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var (account, refusal) = await desk.ReadAsync(authorization[Scheme.Length..].Trim());
        return account is null
            ? TenantCredential.Refused(refusal!)
            : TenantCredential.Of(new AccountCaller(account.Name, account.Roles, [.. directory.PermissionsOf(account.Roles)]));
    }
}
