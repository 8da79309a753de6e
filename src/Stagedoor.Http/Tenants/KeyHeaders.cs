using Microsoft.AspNetCore.Http;
using Stagedoor.Errors;

namespace Stagedoor.Http.Tenants;

/// <summary>
/// <c>X-Service-AK</c> and <c>X-Service-ShaAKSK</c>, as the engine's clients send them: the hash is the login key of an access key of the
/// account. <c>X-Service-Project</c> says which project the key acts in, else the path does.
/// </summary>
internal sealed class KeyHeaders(IAccessKeyLogins logins) : ITenantCredentialReader
{
    public bool IsThere(HttpContext context) => context.Request.Headers.ContainsKey("X-Service-AK");

    public async ValueTask<TenantCredential?> ReadAsync(HttpContext context, string project)
    {
        var headers = context.Request.Headers;
        var accessKey = headers["X-Service-AK"].ToString();
        if (accessKey.Length == 0)
        {
            return null;
        }

        var stated = headers["X-Service-Project"].ToString();
        var caller = await logins.FindCallerByKeyAsync(
            accessKey,
            headers["X-Service-ShaAKSK"].ToString(),
            stated.Length == 0 ? project : Uri.UnescapeDataString(stated),
            context.Connection.RemoteIpAddress,
            context.RequestAborted);
        return caller is null
            ? TenantCredential.Refused(new(DiscoveryCodes.Unauthorized, "X-Service-AK is not known, or may not come in from here, or X-Service-ShaAKSK does not belong to it"))
            : TenantCredential.Of(caller, project);
    }
}
