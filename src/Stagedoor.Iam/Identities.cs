using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Options;
using Stagedoor.Iam.Credentials;
using Stagedoor.Iam.Projects;
using Stagedoor.Iam.Tokens;
using Stagedoor.Iam.Users;
using Stagedoor.Identity;

namespace Stagedoor.Iam;

/// <summary>The directory as the request path sees it: from memory, at most a second old.</summary>
internal sealed class Identities : IIdentities
{
    private const int Capacity = 10_000;

    private static readonly SearchValues<char> s_keyCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");

    private readonly DirectoryCache<AccessKeyRecord> _keys;
    private readonly DirectoryCache<KnownUser> _users;
    private readonly DirectoryCache<Project> _projects;
    private readonly DirectoryCache<ProjectStanding> _standings;
    private readonly DirectoryCache<TokenStanding> _tokens;
    private readonly ConcurrentDictionary<string, long> _uses = new(StringComparer.Ordinal);
    private readonly TokenSeal<TokenClaims> _seal;
    private readonly CredentialStore _credentials;
    private readonly CallerRules _rules;
    private readonly TimeProvider _clock;

    public Identities(
        CredentialStore credentials,
        UserStore users,
        ProjectStore projects,
        RevocationStore revocations,
        TokenSeal<TokenClaims> seal,
        CallerRules rules,
        IOptions<IamOptions> options,
        TimeProvider clock)
    {
        Region = options.Value.Region;
        (_seal, _credentials, _rules, _clock) = (seal, credentials, rules, clock);
        var outage = new DirectoryOutage(clock);
        _keys = new(clock, outage, Capacity, credentials.FindSecretAsync);
        _users = new(clock, outage, Capacity, users.FindIdentityAsync);
        _tokens = new(clock, outage, Capacity, async (id, token) => new TokenStanding(await revocations.IsRevokedAsync(id, token)));
        _standings = new(clock, outage, Capacity, projects.FindStandingAsync);
        _projects = new(clock, outage, Capacity, (key, token) => key.Split('/', 2) switch
        {
            ["", var id] => projects.FindAsync(id, token),
            [var domainId, ""] => projects.FindDefaultAsync(domainId, token),
            [var domainId, var name] => projects.FindByNameAsync(domainId, name, token),
            _ => Task.FromResult<Project?>(null),
        });
    }

    public string Region { get; }

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
        return owner is { User: { IsActive: true, MayUsePrograms: true } } && IsCurrent(key, owner.User) ? key : key with { IsActive = false };
    }

    public async ValueTask<IdentityResult> ResolveAsync(
        string userId, string? project, AuthenticationMethod method, string? accessKey, IPAddress? address, CancellationToken cancellationToken)
    {
        var identity = await _users.GetAsync(userId, cancellationToken);
        if (identity is null)
        {
            return new(IdentityState.Inactive, null);
        }

        var found = await FindNamedAsync(identity.User.DomainId, project ?? Stagedoor.Caller.DefaultProject, cancellationToken);
        return Judge(identity, found, isForAccount: false, method, accessKey, accessKey is null ? null : KnownCredential.Of(method, accessKey), address);
    }

    public async ValueTask<IdentityResult> CheckTokenAsync(string token, IPAddress? address, CancellationToken cancellationToken) =>
        _seal.Open(token) is { } claims ? await CheckClaimsAsync(claims, address, cancellationToken) : new(IdentityState.Unverifiable, null);

    /// <summary>The caller that a credential once belonged to, as long as it still does.</summary>
    public async ValueTask<IdentityResult> FindAgainAsync(
        string userId, string? projectId, string credential, IPAddress? address, CancellationToken cancellationToken)
    {
        if (KnownCredential.Find(credential, userId, projectId) is not { } known)
        {
            return new(IdentityState.Unverifiable, null);
        }

        if (known.Token is { } claims)
        {
            return await CheckClaimsAsync(claims, address, cancellationToken);
        }

        return await FindAccessKeyAsync(known.AccessKey!, cancellationToken) is { IsActive: true } key
            && string.Equals(key.UserId, userId, StringComparison.Ordinal)
                ? await ResolveAsync(userId, projectId, known.Method, key.AccessKey, address, cancellationToken)
                : new(IdentityState.Inactive, null);
    }

    public async ValueTask<Caller?> FindOwnerAsync(AccessKeyRecord key, CancellationToken cancellationToken) =>
        await _users.GetAsync(key.UserId, cancellationToken) is { } owner
            ? CallerOf(owner, null, AuthenticationMethod.Signature, key.AccessKey, null)
            : null;

    public void Touch(string accessKey) => _uses[accessKey] = _clock.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>Whether a token that this installation sealed still counts: not expired, not revoked, nothing of its user changed.</summary>
    public async ValueTask<bool> IsCurrentAsync(TokenClaims claims, CancellationToken cancellationToken) => await FindEndAsync(claims, cancellationToken) is null;

    // What ended the token; null when nothing did.
    private async ValueTask<string?> FindEndAsync(TokenClaims claims, CancellationToken cancellationToken)
    {
        if (claims.ExpiresAt <= _clock.GetUtcNow())
        {
            return $"expired at {IamTimes.Text(claims.ExpiresAt)}";
        }

        return await _users.GetAsync(claims.UserId, cancellationToken) is not { } identity ? "is of a user that is gone"
            : !identity.User.IsActive ? "is of a user that is disabled"
            : !string.Equals(identity.User.Stamp, claims.Stamp, StringComparison.Ordinal) ? "ended when its user's password, keys or rights changed"
            : await _tokens.GetAsync(claims.Id, cancellationToken) is { IsRevoked: false }
                && (string.Equals(claims.Id, claims.RootId, StringComparison.Ordinal) || await _tokens.GetAsync(claims.RootId, cancellationToken) is { IsRevoked: false })
                ? null
                : "was revoked";
    }

    /// <summary>The user with its roles; null when there is none.</summary>
    public ValueTask<KnownUser?> FindUserAsync(string userId, CancellationToken cancellationToken) =>
        _users.GetAsync(userId, cancellationToken);

    /// <summary>The account's project that stands for the region.</summary>
    public ValueTask<Project?> FindDefaultProjectAsync(string domainId, CancellationToken cancellationToken) =>
        _projects.GetAsync($"{domainId}/", cancellationToken);

    /// <summary>The project of an id; null when there is none.</summary>
    public ValueTask<Project?> FindProjectByIdAsync(string id, CancellationToken cancellationToken) => _projects.GetAsync($"/{id}", cancellationToken);

    /// <summary>Whether the project and its account are switched on; null when there is none.</summary>
    public ValueTask<ProjectStanding?> FindProjectStandingAsync(string id, CancellationToken cancellationToken) => _standings.GetAsync(id, cancellationToken);

    /// <summary>The account's project by its name; null when there is none.</summary>
    public ValueTask<Project?> FindProjectAsync(string domainId, string name, CancellationToken cancellationToken) =>
        Project.CanBeName(name) ? _projects.GetAsync($"{domainId}/{name}", cancellationToken) : new((Project?)null);

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
    public void ForgetProjects()
    {
        _projects.Clear();
        _standings.Clear();
    }

    public void ForgetAll()
    {
        _keys.Clear();
        _users.Clear();
        ForgetProjects();
        _tokens.Clear();
    }

    /// <summary>Drops what is past use, secrets among it.</summary>
    public void Sweep()
    {
        _keys.Sweep();
        _users.Sweep();
        _projects.Sweep();
        _standings.Sweep();
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

    // A temporary key goes with its owner's tokens, also where it was remembered before.
    private bool IsCurrent(AccessKeyRecord key, User owner) => key.ExpiresAt is not { } end
        || (end > _clock.GetUtcNow() && string.Equals(key.Stamp, owner.Stamp, StringComparison.Ordinal));

    private static Caller CallerOf(KnownUser identity, Project? project, AuthenticationMethod method, string? accessKey, string? credential) => new()
    {
        UserId = identity.User.Id,
        UserName = identity.User.Name,
        DomainId = identity.User.DomainId,
        DomainName = identity.User.DomainName,
        ProjectId = project?.Id,
        ProjectName = project?.Name,
        IsInDefaultProject = project is { IsDefault: true },
        Roles = identity.RolesIn(project?.Id),
        AccountRoles = identity.AccountRoles,
        IsAccountRoot = identity.User.IsRoot,
        Method = method,
        AccessKey = accessKey,
        Credential = credential,
    };

    private async ValueTask<IdentityResult> CheckClaimsAsync(TokenClaims claims, IPAddress? address, CancellationToken cancellationToken)
    {
        var problem = await FindEndAsync(claims, cancellationToken);
        var identity = await _users.GetAsync(claims.UserId, cancellationToken);
        if (problem is not null || identity is null)
        {
            return new(IdentityState.MustBeUpdated, null)
            {
                Owner = identity is null ? null : CallerOf(identity, null, AuthenticationMethod.Token, null, null),
                Problem = problem,
            };
        }

        var project = claims.ProjectId is null ? null : await FindNamedAsync(identity.User.DomainId, claims.ProjectId, cancellationToken);
        return Judge(identity, project, claims.ProjectId is null, AuthenticationMethod.Token, null, KnownCredential.Of(claims), address);
    }

    // The one place where a user becomes a caller.
    private IdentityResult Judge(
        KnownUser identity, Project? project, bool isForAccount, AuthenticationMethod method, string? accessKey, string? credential, IPAddress? address)
    {
        var isOwn = project is not null && string.Equals(project.DomainId, identity.User.DomainId, StringComparison.Ordinal);
        var state = _rules.Judge(identity.User, method, address);
        if (state is IdentityState.Valid && !isForAccount)
        {
            state = !isOwn ? IdentityState.ForeignProject
                : !project!.Enabled ? IdentityState.ProjectUnavailable
                : IdentityState.Valid;
        }

        return state is IdentityState.Valid or IdentityState.ForeignAddress or IdentityState.MustChangePassword
            ? new(state, CallerOf(identity, isOwn ? project : null, method, accessKey, credential))
            : new(state, null)
            {
                Owner = CallerOf(identity, isOwn ? project : null, method, accessKey, null),
                Problem = state is IdentityState.ConsoleOnly ? "is of a user who may use the console alone" : null,
            };
    }

    /// <summary>A project by its id, its name in the account, or <c>default</c>. What can be none of these costs no question.</summary>
    private ValueTask<Project?> FindNamedAsync(string domainId, string project, CancellationToken cancellationToken) =>
        string.Equals(project, Stagedoor.Caller.DefaultProject, StringComparison.Ordinal) ? FindDefaultProjectAsync(domainId, cancellationToken)
        : IdSource.IsId(project) ? FindProjectByIdAsync(project, cancellationToken)
        : FindProjectAsync(domainId, project, cancellationToken);
}
