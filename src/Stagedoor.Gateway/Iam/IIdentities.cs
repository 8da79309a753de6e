namespace Stagedoor.Gateway.Iam;

/// <summary>What the gateway's pipeline asks of the directory of accounts, users, keys and tokens.</summary>
internal interface IIdentities
{
    /// <summary>The access key with its secret; null when there is none of that name. Answers from memory for at most a second.</summary>
    ValueTask<AccessKeyRecord?> FindAccessKeyAsync(string accessKey, CancellationToken cancellationToken);

    /// <summary>The user as a caller in a project of its account, with its present roles.</summary>
    /// <param name="userId">The user.</param>
    /// <param name="projectId">The project asked for; null for the account's default project.</param>
    /// <param name="method">How the user proved who it is.</param>
    /// <param name="accessKey">The key used; null with a token.</param>
    /// <param name="cancellationToken">Ends the wait for storage.</param>
    ValueTask<IdentityResult> ResolveAsync(
        string userId, string? projectId, AuthenticationMethod method, string? accessKey, CancellationToken cancellationToken);

    /// <summary>Checks an <c>X-Auth-Token</c>.</summary>
    ValueTask<IdentityResult> CheckTokenAsync(string token, CancellationToken cancellationToken);

    /// <summary>Notes that the key was used now, for <c>last_use_time</c>; cheap, written behind.</summary>
    void Touch(string accessKey);
}

/// <summary>An access key as the verifier needs it. <see cref="Secret"/> is never logged.</summary>
internal sealed record AccessKeyRecord(string AccessKey, string Secret, string UserId, bool IsActive);

/// <summary>A caller, or why there is none.</summary>
internal sealed record IdentityResult(IdentityState State, Caller? Caller);

/// <summary>What became of a check of identity.</summary>
internal enum IdentityState
{
    /// <summary>Known, active, and allowed in the project.</summary>
    Valid,

    /// <summary>The token cannot be verified: malformed, tampered with, or of another installation.</summary>
    Unverifiable,

    /// <summary>The token expired or was revoked, or its user's password, keys or rights changed.</summary>
    MustBeUpdated,

    /// <summary>The user is gone, disabled, or may not use programmatic access.</summary>
    Inactive,

    /// <summary>The project does not exist or belongs to another account.</summary>
    ForeignProject,

    /// <summary>The project is disabled.</summary>
    ProjectUnavailable,
}
