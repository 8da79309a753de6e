namespace Stagedoor;

/// <summary>Checks registry logins. The gateway implements it, since it keeps the access keys; the image repository asks.</summary>
public interface IRegistryLogins
{
    /// <summary>The caller behind <c>{project}@{AK}</c> and its key; null when either is wrong, or the key or its owner is not active.</summary>
    /// <param name="userName">The login's user name as received.</param>
    /// <param name="password">The lower-case hex HMAC-SHA256 of the AK under its SK.</param>
    /// <param name="cancellationToken">Ends the wait for storage.</param>
    ValueTask<Caller?> FindCallerAsync(string userName, string password, CancellationToken cancellationToken);

    /// <summary>The caller with its present rights, for a token that names only the user; null when the user is gone or disabled.</summary>
    /// <param name="userId">The user's id.</param>
    /// <param name="projectId">The project that the token was issued for.</param>
    /// <param name="cancellationToken">Ends the wait for storage.</param>
    ValueTask<Caller?> FindCallerByIdAsync(string userId, string? projectId, CancellationToken cancellationToken);
}
