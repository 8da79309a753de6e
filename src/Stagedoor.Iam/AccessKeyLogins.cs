using System.Net;
using System.Security.Cryptography;
using System.Text;
using Stagedoor.Http;
using Stagedoor.Identity;
using Stagedoor.Storage;

namespace Stagedoor.Iam;

/// <summary>Access keys that come with their derived key, answered from memory.</summary>
internal sealed class AccessKeyLogins(Identities identities, AccessKeyLocks locks, ILoginAudit audit) : IAccessKeyLogins
{
    // As long as a real one, so that an unknown key costs what a known one does.
    private const string NoSecret = "0000000000000000000000000000000000000000";

    public async ValueTask<Caller?> FindCallerByKeyAsync(
        string accessKey, string loginKey, string? project, IPAddress? address, CancellationToken cancellationToken)
    {
        // A temporary key is for the registry of images alone.
        if (await FindKeyAsync(accessKey, loginKey, address, cancellationToken) is not { ExpiresAt: null } key)
        {
            return null;
        }

        var (state, caller) = await identities.ResolveAsync(
            key.UserId, project, AuthenticationMethod.RegistryLogin, key.AccessKey, address, cancellationToken);
        if (state is IdentityState.ForeignProject && project is not null)
        {
            (state, caller) = await identities.ResolveAsync(
                key.UserId, null, AuthenticationMethod.RegistryLogin, key.AccessKey, address, cancellationToken);
        }

        return Enter(key, state, caller);
    }

    /// <summary>The active key that the derived key belongs to. What is wrong is counted, and a key that is locked for the network is none.</summary>
    internal async ValueTask<AccessKeyRecord?> FindKeyAsync(string accessKey, string loginKey, IPAddress? address, CancellationToken cancellationToken)
    {
        if (locks.IsLocked(accessKey, address))
        {
            return null;
        }

        var key = await identities.FindAccessKeyAsync(accessKey, cancellationToken);
        if (Matches(key, loginKey))
        {
            locks.Succeed(accessKey, address);
            return key is { IsActive: true } ? key : null;
        }

        // A name that nobody has is not counted: there is nothing to lock, and anyone could fill the memory with such names.
        if (key is not null && locks.Fail(accessKey, address) is LockChange.Locked)
        {
            audit.RecordLock(
                "accessKeyLocked", "credential", key.AccessKey, await FindOwnerAsync(key, cancellationToken), address, "too many wrong login keys in a row");
        }

        return null;
    }

    /// <summary>Ends a row of wrong logins; a lock holds.</summary>
    internal void NoteSuccess(string accessKey, IPAddress? address) => locks.Succeed(accessKey, address);

    /// <summary>The caller when it may come in, and a note of the key's use.</summary>
    internal Caller? Enter(AccessKeyRecord key, IdentityState state, Caller? caller)
    {
        if (state is not IdentityState.Valid)
        {
            return null;
        }

        identities.Touch(key.AccessKey);
        return caller;
    }

    // The record matters more than the owner's name.
    private async ValueTask<AuditedUser?> FindOwnerAsync(AccessKeyRecord key, CancellationToken cancellationToken)
    {
        try
        {
            return (await identities.FindUserAsync(key.UserId, cancellationToken))?.User.Audited;
        }
        catch (StorageException)
        {
            return null;
        }
    }

    /// <summary>Whether the derived key belongs to the access key; takes as long for one that does not exist.</summary>
    private static bool Matches(AccessKeyRecord? key, string loginKey) => CryptographicOperations.FixedTimeEquals(
        Encoding.UTF8.GetBytes(LoginKey.Compute(key?.AccessKey ?? NoSecret[..20], key?.Secret ?? NoSecret)), Encoding.UTF8.GetBytes(loginKey));
}
