namespace Stagedoor;

/// <summary>
/// Issues access keys that end by themselves, for logins of the registry and nothing else. Identity management implements it, since it keeps the keys; the image
/// repository asks.
/// </summary>
public interface ITemporaryKeys
{
    /// <summary>A new key of the caller's; null when its user is gone. It ends with the caller's tokens, or at its time.</summary>
    /// <param name="caller">Whose key it is.</param>
    /// <param name="lifetime">How long it is good.</param>
    /// <param name="cancellationToken">Ends the wait for storage.</param>
    Task<TemporaryKey?> IssueAsync(Caller caller, TimeSpan lifetime, CancellationToken cancellationToken);
}

/// <summary>A key that ends by itself. Its secret stays with who issued it. No record: its text would show the login key.</summary>
/// <param name="accessKey">The AK.</param>
/// <param name="loginKey">The password of the registry that belongs to it (<see cref="LoginKey"/>).</param>
/// <param name="expiresAt">When it ends.</param>
public sealed class TemporaryKey(string accessKey, string loginKey, DateTimeOffset expiresAt)
{
    public string AccessKey { get; } = accessKey;

    public string Password { get; } = loginKey;

    public DateTimeOffset ExpiresAt { get; } = expiresAt;
}
