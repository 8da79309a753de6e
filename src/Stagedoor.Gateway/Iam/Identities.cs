using System.Buffers;
using System.Collections.Concurrent;
using Stagedoor.Gateway.Iam.Credentials;
using Stagedoor.Gateway.Iam.Projects;
using Stagedoor.Gateway.Iam.Tokens;
using Stagedoor.Gateway.Iam.Users;

namespace Stagedoor.Gateway.Iam;

/// <summary>The directory as the request path sees it: from memory, at most a second old.</summary>
internal sealed class Identities : IIdentities
{
    private const int Capacity = 10_000;

    private static readonly SearchValues<char> s_keyCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");

    private readonly VerdictCache<AccessKeyRecord> _keys;
    private readonly VerdictCache<Identity> _users;
    private readonly VerdictCache<Project> _projects;
    private readonly VerdictCache<TokenStanding> _tokens;
    private readonly ConcurrentDictionary<string, long> _uses = new(StringComparer.Ordinal);
    private readonly TokenSeal _seal;
    private readonly CredentialStore _credentials;
    private readonly TimeProvider _clock;

    public Identities(
        CredentialStore credentials, UserStore users, ProjectStore projects, RevocationStore revocations, TokenSeal seal, TimeProvider clock)
    {
        (_seal, _credentials, _clock) = (seal, credentials, clock);
        _keys = new(clock, Capacity, credentials.FindSecretAsync);
        _users = new(clock, Capacity, users.FindIdentityAsync);
        _tokens = new(clock, Capacity, async (id, token) => new TokenStanding(await revocations.IsRevokedAsync(id, token)));
        _projects = new(clock, Capacity, (key, token) => key.Split('/', 2) switch
        {
            ["", var id] => projects.FindAsync(id, token),
            [var domainId, ""] => projects.FindDefaultAsync(domainId, token),
            [var domainId, var name] => projects.FindByNameAsync(domainId, name, token),
            _ => Task.FromResult<Project?>(null),
        });
    }

    public async ValueTask<AccessKeyRecord?> FindAccessKeyAsync(string accessKey, CancellationToken cancellationToken)
    {
        // Whatever else clients send as a key is not worth a question, nor a place in memory.
        if (accessKey.Length != 20 || accessKey.AsSpan().ContainsAnyExcept(s_keyCharacters))
        {
            return null;
        }

        if (await _keys.GetAsync(accessKey, cancellationToken) is not { } key)
        {
            return null;
        }

        var owner = await _users.GetAsync(key.UserId, cancellationToken);
        return owner is { User: { IsActive: true, MayUsePrograms: true } } ? key : key with { IsActive = false };
    }

    public async ValueTask<IdentityResult> ResolveAsync(
        string userId, string? projectId, AuthenticationMethod method, string? accessKey, CancellationToken cancellationToken)
    {
        var identity = await _users.GetAsync(userId, cancellationToken);
        if (identity is null || !IsActive(identity.User, method))
        {
            return new(IdentityState.Inactive, null);
        }

        var project = await _projects.GetAsync(
            projectId is null ? $"{identity.User.DomainId}/" : $"/{projectId}", cancellationToken);
        return InProject(identity, project, method, accessKey);
    }

    public async ValueTask<IdentityResult> CheckTokenAsync(string token, CancellationToken cancellationToken)
    {
        if (_seal.Open(token) is not { } claims)
        {
            return new(IdentityState.Unverifiable, null);
        }

        if (!await IsCurrentAsync(claims, cancellationToken) || await _users.GetAsync(claims.UserId, cancellationToken) is not { } identity)
        {
            return new(IdentityState.MustBeUpdated, null);
        }

        return claims.ProjectId is null
            ? new(IdentityState.Valid, Caller(identity, null, AuthenticationMethod.Token, null))
            : InProject(
                identity, await _projects.GetAsync($"/{claims.ProjectId}", cancellationToken), AuthenticationMethod.Token, null);
    }

    public void Touch(string accessKey) => _uses[accessKey] = _clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Whether a token that this installation sealed still counts: not expired, not revoked, nothing of its user changed.</summary>
    public async ValueTask<bool> IsCurrentAsync(TokenClaims claims, CancellationToken cancellationToken)
    {
        if (claims.ExpiresAt <= _clock.GetUtcNow())
        {
            return false;
        }

        var identity = await _users.GetAsync(claims.UserId, cancellationToken);
        return identity is { User.IsActive: true }
            && string.Equals(identity.User.Stamp, claims.Stamp, StringComparison.Ordinal)
            && await _tokens.GetAsync(claims.Id, cancellationToken) is { IsRevoked: false }
            && (string.Equals(claims.Id, claims.RootId, StringComparison.Ordinal)
                || await _tokens.GetAsync(claims.RootId, cancellationToken) is { IsRevoked: false });
    }

    /// <summary>The user with its roles; null when there is none.</summary>
    public ValueTask<Identity?> FindUserAsync(string userId, CancellationToken cancellationToken) =>
        _users.GetAsync(userId, cancellationToken);

    /// <summary>The account's project by its name; null when there is none.</summary>
    public ValueTask<Project?> FindProjectAsync(string domainId, string name, CancellationToken cancellationToken) =>
        name.Length is 0 or > Project.MaximumNameLength ? new((Project?)null) : _projects.GetAsync($"{domainId}/{name}", cancellationToken);

    public void ForgetUser(string userId) => _users.Forget(userId);

    public void ForgetKey(string accessKey, string userId)
    {
        _keys.Forget(accessKey);
        _users.Forget(userId);
    }

    /// <summary>The user is gone, and its keys with it.</summary>
    public void ForgetKeysOf(string userId)
    {
        _users.Forget(userId);
        _keys.Forget(key => string.Equals(key.UserId, userId, StringComparison.Ordinal));
    }

    public void ForgetToken(string tokenId) => _tokens.Forget(tokenId);

    /// <summary>Projects change rarely and are known under several names, so all of them go.</summary>
    public void ForgetProjects() => _projects.Clear();

    public void ForgetAll()
    {
        _keys.Clear();
        _users.Clear();
        _projects.Clear();
        _tokens.Clear();
    }

    /// <summary>Drops what is past use, secrets among it.</summary>
    public void Sweep()
    {
        _keys.Sweep();
        _users.Sweep();
        _projects.Sweep();
        _tokens.Sweep();
    }

    /// <summary>Writes down when keys were used since the last time.</summary>
    public async Task FlushUsesAsync(CancellationToken cancellationToken)
    {
        var uses = _uses.OrderBy(u => u.Key, StringComparer.Ordinal).ToList();
        if (uses.Count > 0)
        {
            await _credentials.TouchAsync(uses, cancellationToken);
            uses.ForEach(use => _uses.TryRemove(use));
        }
    }

    private static bool IsActive(User user, AuthenticationMethod method) =>
        user.IsActive && (user.MayUsePrograms || method is AuthenticationMethod.Token);

    private static IdentityResult InProject(Identity identity, Project? project, AuthenticationMethod method, string? accessKey)
    {
        if (project is null || !string.Equals(project.DomainId, identity.User.DomainId, StringComparison.Ordinal))
        {
            return new(IdentityState.ForeignProject, null);
        }

        return project.Enabled
            ? new(IdentityState.Valid, Caller(identity, project, method, accessKey))
            : new(IdentityState.ProjectUnavailable, null);
    }

    private static Caller Caller(Identity identity, Project? project, AuthenticationMethod method, string? accessKey) => new()
    {
        UserId = identity.User.Id,
        UserName = identity.User.Name,
        DomainId = identity.User.DomainId,
        DomainName = identity.User.DomainName,
        ProjectId = project?.Id,
        ProjectName = project?.Name,
        Roles = identity.RolesIn(project?.Id),
        IsAccountRoot = identity.User.IsRoot,
        Method = method,
        AccessKey = accessKey,
    };
}
