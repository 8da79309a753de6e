using System.Net;

namespace Stagedoor;

/// <summary>Checks an access key that comes with its derived key. The gateway implements it, since it keeps the keys; the microservice engine asks.</summary>
public interface IAccessKeyLogins
{
    /// <summary>The caller behind an access key; null when it is wrong, locked, not active, or may not come in from there.</summary>
    /// <param name="accessKey">The AK as received.</param>
    /// <param name="loginKey">The lower-case hex HMAC-SHA256 of the AK under its SK (<see cref="LoginKey"/>).</param>
    /// <param name="project">The project to act in, by name or id; one that the account does not have is taken for the default project.</param>
    /// <param name="address">Where the login comes from.</param>
    /// <param name="cancellationToken">Ends the wait for storage.</param>
    ValueTask<Caller?> FindCallerByKeyAsync(
        string accessKey, string loginKey, string? project, IPAddress? address, CancellationToken cancellationToken);
}
