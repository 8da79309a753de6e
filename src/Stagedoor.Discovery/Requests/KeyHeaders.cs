using Microsoft.AspNetCore.Http;

namespace Stagedoor.Discovery.Requests;

/// <summary>
/// <c>X-Service-AK</c> and <c>X-Service-ShaAKSK</c>, as the engine's clients send them: the hash is the login key of an access key of the
/// account. <c>X-Service-Project</c> adds nothing: the project is the path's.
/// </summary>
internal sealed class KeyHeaders(IAccessKeyLogins logins) : ICredentialReader
{
    public async ValueTask<Credential?> ReadAsync(HttpContext context)
    {
        var headers = context.Request.Headers;
        var accessKey = headers["X-Service-AK"].ToString();
        if (accessKey.Length == 0)
        {
            return null;
        }

        var caller = await logins.FindCallerByKeyAsync(accessKey, headers["X-Service-ShaAKSK"].ToString(), context.RequestAborted);
        return caller is null
            ? Credential.Refused("X-Service-AK is not known, or X-Service-ShaAKSK does not belong to it")
            : Credential.Of(caller);
    }
}
