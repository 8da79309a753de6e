using System.Net;
using Stagedoor.Iam.Projects;

namespace Stagedoor.Iam;

/// <summary>
/// Registry logins, <c>{project name}@{AK}</c> with the key pair's login key, answered from memory. Instead of a project it may say <c>bearertoken</c>, which is
/// the default project.
/// </summary>
internal sealed class RegistryLogins(Identities identities, AccessKeyLogins keys) : IRegistryLogins
{
    public async ValueTask<Caller?> FindCallerAsync(string userName, string password, IPAddress? address, CancellationToken cancellationToken)
    {
        // Project names may have an '@' one day; access keys never do.
        var at = userName.LastIndexOf('@');
        var key = await keys.FindKeyAsync(userName[(at + 1)..], password, address, cancellationToken);
        if (key is null || at <= 0
            || await identities.FindUserAsync(key.UserId, cancellationToken) is not { } owner
            || await FindProjectAsync(owner.User.DomainId, userName[..at], cancellationToken) is not { } project)
        {
            return null;
        }

        var (state, caller) = await identities.ResolveAsync(
            key.UserId, project.Id, AuthenticationMethod.RegistryLogin, key.AccessKey, address, cancellationToken);
        return keys.Enter(key, state, caller);
    }

    private ValueTask<Project?> FindProjectAsync(string domainId, string name, CancellationToken cancellationToken) => name is IRegistryLogins.AnyProject
        ? identities.FindDefaultProjectAsync(domainId, cancellationToken)
        : identities.FindProjectAsync(domainId, name, cancellationToken);

    public void NoteSuccess(string accessKey, IPAddress? address) => keys.NoteSuccess(accessKey, address);
}
