using Microsoft.AspNetCore.Http;
namespace Stagedoor.Http.Tenants;

/// <summary>Reads one kind of credential that belongs to a service and not to the gateway.</summary>
public interface ITenantCredentialReader
{
    /// <summary>Whether the request carries one of this kind.</summary>
    bool IsThere(HttpContext context);

    /// <summary>Who calls, or why the credential is no good; null when the request carries none of this kind.</summary>
    /// <param name="context">The request.</param>
    /// <param name="project">The path's project.</param>
    ValueTask<TenantCredential?> ReadAsync(HttpContext context, string project);
}
