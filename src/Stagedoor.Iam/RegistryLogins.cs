using System.Net;

namespace Stagedoor.Iam;

/// <summary>Registry logins, <c>{project name}@{AK}</c> with the key pair's login key, answered from memory.</summary>
internal sealed class RegistryLogins(Identities identities, AccessKeyLogins keys) : IRegistryLogins
{
    public async ValueTask<Caller?> FindCallerAsync(string userName, string password, IPAddress? address, CancellationToken cancellationToken)
    {
        // Project names may have an '@' one day; access keys never do.
        var at = userName.LastIndexOf('@');
        var key = await keys.FindKeyAsync(userName[(at + 1)..], password, address, cancellationToken);
        if (key is null || at <= 0
            || await identities.FindUserAsync(key.UserId, cancellationToken) is not { } owner
            || await identities.FindProjectAsync(owner.User.DomainId, userName[..at], cancellationToken) is not { } project)
        {
            return null;
        }

        var (state, caller) = await identities.ResolveAsync(
            key.UserId, project.Id, AuthenticationMethod.RegistryLogin, key.AccessKey, address, cancellationToken);
        return keys.Enter(key, state, caller);
    }

    public void NoteSuccess(string accessKey, IPAddress? address) => keys.NoteSuccess(accessKey, address);
}
