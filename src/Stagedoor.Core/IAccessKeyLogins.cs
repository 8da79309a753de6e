namespace Stagedoor;

/// <summary>Checks an access key that comes with its derived key. The gateway implements it, since it keeps the keys; the microservice engine asks.</summary>
public interface IAccessKeyLogins
{
    /// <summary>The caller behind an access key; null when it is wrong, or the key or its owner is not active.</summary>
    /// <param name="accessKey">The AK as received.</param>
    /// <param name="loginKey">The lower-case hex HMAC-SHA256 of the AK under its SK (<see cref="LoginKey"/>).</param>
    /// <param name="cancellationToken">Ends the wait for storage.</param>
    ValueTask<Caller?> FindCallerByKeyAsync(string accessKey, string loginKey, CancellationToken cancellationToken);
}
