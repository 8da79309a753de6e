namespace Stagedoor.Gateway.Iam;

/// <summary>Registry logins, <c>{project name}@{AK}</c> with the key pair's login key, answered from memory.</summary>
internal sealed class RegistryLogins(Identities identities) : IRegistryLogins
{
    public async ValueTask<Caller?> FindCallerAsync(string userName, string password, CancellationToken cancellationToken)
    {
        // Project names may have an '@' one day; access keys never do.
        var at = userName.LastIndexOf('@');
        var accessKey = userName[(at + 1)..];
        var key = await identities.FindAccessKeyAsync(accessKey, cancellationToken);
        var matches = AccessKeyLogins.Matches(key, password);
        if (!matches || at <= 0 || key is not { IsActive: true }
            || await identities.FindUserAsync(key.UserId, cancellationToken) is not { } owner
            || await identities.FindProjectAsync(owner.User.DomainId, userName[..at], cancellationToken) is not { } project)
        {
            return null;
        }

        var result = await identities.ResolveAsync(
            key.UserId, project.Id, AuthenticationMethod.RegistryLogin, key.AccessKey, cancellationToken);
        if (result.Caller is not null)
        {
            identities.Touch(key.AccessKey);
        }

        return result.Caller;
    }

    public async ValueTask<Caller?> FindCallerByIdAsync(string userId, string? projectId, CancellationToken cancellationToken) =>
        (await identities.ResolveAsync(userId, projectId, AuthenticationMethod.RegistryLogin, null, cancellationToken)).Caller;
}
