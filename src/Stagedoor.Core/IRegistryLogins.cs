using System.Net;

namespace Stagedoor;

/// <summary>Checks registry logins. The gateway implements it, since it keeps the access keys; the image repository asks.</summary>
public interface IRegistryLogins
{
    /// <summary>What may stand for the project in the user name of a login that names none.</summary>
    const string AnyProject = "bearertoken";

    /// <summary>The caller behind <c>{project}@{AK}</c> and its key; null when it is wrong, locked, not active, or may not come in from there.</summary>
    /// <param name="userName">The login's user name as received.</param>
    /// <param name="password">The lower-case hex HMAC-SHA256 of the AK under its SK.</param>
    /// <param name="address">Where the login comes from.</param>
    /// <param name="cancellationToken">Ends the wait for storage.</param>
    ValueTask<Caller?> FindCallerAsync(string userName, string password, IPAddress? address, CancellationToken cancellationToken);

    /// <summary>
    /// Says that a login which was right a moment ago has come again and was not checked again, so that wrong ones before it are not in a row with
    /// those after it. Costs next to nothing while nobody fails.
    /// </summary>
    void NoteSuccess(string accessKey, IPAddress? address);
}
