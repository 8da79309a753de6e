using System.Net;

namespace Stagedoor;

/// <summary>
/// What the gateway's pipeline asks of the directory of accounts, users, keys and tokens. Identity management implements it, since it keeps them.
/// </summary>
public interface IIdentities
{
    /// <summary>The region that this installation is, as signatures name it.</summary>
    string Region { get; }

    /// <summary>The access key with its secret; null when there is none of that name. Answers from memory for at most a second.</summary>
    ValueTask<AccessKeyRecord?> FindAccessKeyAsync(string accessKey, CancellationToken cancellationToken);

    /// <summary>The user as a caller in a project of its account, with its present roles.</summary>
    /// <param name="userId">The user.</param>
    /// <param name="project">The project asked for, by id or name; null for the account's default project.</param>
    /// <param name="method">How the user proved who it is.</param>
    /// <param name="accessKey">The key used; null with a token.</param>
    /// <param name="address">Where the user calls from.</param>
    /// <param name="cancellationToken">Ends the wait for storage.</param>
    ValueTask<IdentityResult> ResolveAsync(
        string userId, string? project, AuthenticationMethod method, string? accessKey, IPAddress? address, CancellationToken cancellationToken);

    /// <summary>Checks an <c>X-Auth-Token</c> that comes from an address.</summary>
    ValueTask<IdentityResult> CheckTokenAsync(string token, IPAddress? address, CancellationToken cancellationToken);

    /// <summary>The owner of a key, whatever it may; null when there is none. For records, not for admission.</summary>
    ValueTask<Caller?> FindOwnerAsync(AccessKeyRecord key, CancellationToken cancellationToken);

    /// <summary>Notes that the key was used now, for <c>last_use_time</c>; cheap, written behind.</summary>
    void Touch(string accessKey);
}

/// <summary>An access key as the verifier needs it. <see cref="Secret"/> is never logged.</summary>
public sealed record AccessKeyRecord(string AccessKey, string Secret, string UserId, bool IsActive)
{
    /// <summary>When it ends; null for a permanent one.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>What its owner's stamp has to be for a key that ends; null for a permanent one.</summary>
    public string? Stamp { get; init; }
}

/// <summary>A caller, or why there is none. One that is known and may not come in stands there too, for the record.</summary>
public sealed record IdentityResult(IdentityState State, Caller? Caller)
{
    /// <summary>Whose the credential is although it is no good; for records, never for admission. Null where nobody knows.</summary>
    public Caller? Owner { get; init; }

    /// <summary>What ended the credential, to go on behind "this one"; null where it is good or nobody knows.</summary>
    public string? Problem { get; init; }
}

/// <summary>What became of a check of identity.</summary>
public enum IdentityState
{
    /// <summary>Known, active, and allowed in the project.</summary>
    Valid,

    /// <summary>The token cannot be verified: malformed, tampered with, or of another installation.</summary>
    Unverifiable,

    /// <summary>The token expired or was revoked, or its user's password, keys or rights changed.</summary>
    MustBeUpdated,

    /// <summary>The user is gone or disabled.</summary>
    Inactive,

    /// <summary>The user's way of access is the console, not programs.</summary>
    ConsoleOnly,

    /// <summary>The user may not call from that address.</summary>
    ForeignAddress,

    /// <summary>The user has a password of somebody else's choosing, and may do nothing with a token but change it.</summary>
    MustChangePassword,

    /// <summary>The project does not exist or belongs to another account.</summary>
    ForeignProject,

    /// <summary>The project is disabled.</summary>
    ProjectUnavailable,
}
