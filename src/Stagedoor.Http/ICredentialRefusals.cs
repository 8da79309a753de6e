using Microsoft.AspNetCore.Http;

namespace Stagedoor.Http;

/// <summary>Counts refused credentials where a service looks at them itself, so that nobody tries many there. The gateway implements it.</summary>
public interface ICredentialRefusals
{
    /// <summary>Counts a refusal against the network that the request comes from. Requests that are let in are neither counted nor kept waiting.</summary>
    /// <param name="context">The request.</param>
    /// <returns>What to answer instead; null for the refusal at hand.</returns>
    ApiException? Count(HttpContext context);
}
