using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Images.Access;
using Stagedoor.Images.Oci.Tokens;
using Stagedoor.Images.Organizations;
using Stagedoor.Images.Repositories;
using Stagedoor.Images.Sharing;

namespace Stagedoor.Images.Oci;

/// <summary>Finds a repository for a caller of the registry, with the checks that every operation begins with.</summary>
internal sealed class RegistryAccess(
    RegistryCache cache,
    OrganizationStore organizations,
    RepositoryStore repositories,
    AccessStore access,
    ShareStore shares,
    TimeProvider clock,
    IOptions<ImagesOptions> options)
{
    private readonly SharedReads<string, Organization?> _organizations = new(StringComparer.Ordinal);
    private readonly SharedReads<(long OrganizationId, string Repository), RepositoryRow?> _repositories = new();

    /// <summary>The repository, when the caller may do <paramref name="needs"/> in it. The repository itself may not exist.</summary>
    /// <param name="context">The request, for the challenge.</param>
    /// <param name="identity">Who asks.</param>
    /// <param name="text">The name in the path.</param>
    /// <param name="needs">The right that the operation needs.</param>
    /// <param name="lookupFailed">What a fault of the repository lookup is called in this operation.</param>
    /// <param name="orPush">Whether a token for pushing is enough.</param>
    /// <exception cref="ApiException">The name is malformed, the organization unknown, or the caller may not.</exception>
    public async Task<RepositoryState> OpenAsync(
        HttpContext context, RegistryIdentity identity, string text, int needs, ErrorDefinition lookupFailed, bool orPush = false) =>
        await FindOpenAsync(context, identity, text, needs, lookupFailed, orPush)
        ?? throw (text.Contains('/', StringComparison.Ordinal) ? RegistryError.OrganizationUnknown(Parse(text, needs).Organization) : RegistryError.LibraryUnknown(text));

    /// <summary>The same, but null when the organization does not exist.</summary>
    public async Task<RepositoryState?> FindOpenAsync(
        HttpContext context, RegistryIdentity identity, string text, int needs, ErrorDefinition lookupFailed, bool orPush = false)
    {
        var cancellationToken = context.RequestAborted;
        var name = Parse(text, needs);
        var state = await FindAsync(name, lookupFailed, cancellationToken);
        if (state is null)
        {
            if (identity.Caller is null)
            {
                throw RegistryError.Unauthorized(context);
            }

            return null;
        }

        var has = await EffectiveAsync(identity.Caller, state, cancellationToken);
        if (has < needs)
        {
            throw identity.Caller is null
                ? RegistryError.Unauthorized(context)
                : await DeniedAsync(identity.Caller, state, has, needs, cancellationToken);
        }

        return identity.Covers(text, needs, orPush) ? state : throw RegistryError.Unauthorized(context, insufficientScope: true);
    }

    /// <summary>
    /// What a push may store into. Nothing is made yet: a repository is there from the first thing that is stored in it (<see cref="EnsureAsync"/>),
    /// so that a push which is refused or goes away leaves none.
    /// </summary>
    public async Task<PushTarget> OpenForPushAsync(HttpContext context, RegistryIdentity identity, string text, ErrorDefinition lookupFailed)
    {
        var state = await FindOpenAsync(context, identity, text, Rights.Edit, lookupFailed);
        var name = Parse(text, Rights.Edit);
        if (state is null)
        {
            await CheckNewOrganizationAsync(context, identity, name, context.RequestAborted);
        }

        return new(name, identity.Caller!, state);
    }

    /// <summary>
    /// Refuses a push that would need a repository more than the account may have, or goes to an organization that is full, before anything is sent.
    /// </summary>
    public async Task CheckRoomAsync(PushTarget target, ErrorDefinition lookupFailed, CancellationToken cancellationToken)
    {
        if (target.RepositoryId is null && await repositories.IsFullAsync(target.Caller.DomainId, cancellationToken).FaultAs(lookupFailed))
        {
            throw TooManyRepositories(target.Name.ToString());
        }

        if (target.State?.Organization is { } organization
            && (organization.QuotaBytes ?? options.Value.MaxBytesPerOrganization) is > 0 and var most
            && await organizations.FindUsedBytesAsync(organization.Id, cancellationToken).FaultAs(ImagesCodes.CheckOrganizationFailed) is var used
            && used >= most)
        {
            throw RegistryError.BytesExceeded(organization.Name, used, most, 0);
        }
    }

    /// <summary>The repository of a push that is about to store something; made when it is not there yet.</summary>
    public async Task<(RepositoryState State, long RepositoryId)> EnsureAsync(
        PushTarget target, ErrorDefinition lookupFailed, CancellationToken cancellationToken)
    {
        var text = target.Name.ToString();
        var state = target.State ?? await CreateOrganizationAsync(target.Name, target.Caller, cancellationToken);
        if (state.Repository is { } found)
        {
            return (state, found.Id);
        }

        switch (await repositories.AddAsync(state.Organization.Id, target.Name.Repository, target.Caller, cancellationToken).FaultAs(lookupFailed))
        {
            case AddedRepository.QuotaExceeded:
                throw TooManyRepositories(text);
            case AddedRepository.OrganizationGone:
                cache.Invalidate();
                throw RegistryError.OrganizationUnknown(target.Name.Organization);
            default:
                cache.Invalidate();
                break;
        }

        var made = await FindAsync(target.Name, lookupFailed, cancellationToken);
        return made?.Repository is { } created ? (made, created.Id) : throw RegistryError.RepositoryUnknown(text);
    }

    /// <summary>The answer to a push whose repository was deleted while it went on.</summary>
    public async Task<ApiException> GoneAsync(PushTarget target, ErrorDefinition lookupFailed, CancellationToken cancellationToken)
    {
        // What is remembered is what was deleted.
        cache.Invalidate();
        return await FindAsync(target.Name, lookupFailed, cancellationToken) is null
            ? RegistryError.OrganizationUnknown(target.Name.Organization)
            : RegistryError.RepositoryUnknown(target.Name.ToString());
    }

    /// <summary>The organization and repository of a name; null when the organization does not exist.</summary>
    public async Task<RepositoryState?> FindAsync(RepositoryName name, ErrorDefinition lookupFailed, CancellationToken cancellationToken)
    {
        var text = name.ToString();
        if (cache.FindRepository(text) is { } known)
        {
            return known;
        }

        var read = cache.Begin();
        if (await _organizations.ReadAsync(name.Organization, stop => organizations.FindAsync(name.Organization, stop), cancellationToken)
            .FaultAs(ImagesCodes.CheckOrganizationFailed) is not { } organization)
        {
            return null;
        }

        var repository = await _repositories.ReadAsync(
            (organization.Id, name.Repository), stop => repositories.FindAsync(organization.Id, name.Repository, stop), cancellationToken).FaultAs(lookupFailed);
        var state = new RepositoryState { Name = text, ReadAt = read.At, Organization = organization, Repository = repository };
        // One that is not there yet is looked for each time: it may be the next request of the same push that another replica has just served.
        if (repository is not null)
        {
            cache.Keep(text, state, read);
        }

        return state;
    }

    /// <summary>What the caller may do in a repository, or in one of that name once it exists.</summary>
    public async ValueTask<int> EffectiveAsync(Caller? caller, RepositoryState state, CancellationToken cancellationToken)
    {
        if (FindEffective(caller, state) is { } known)
        {
            return known;
        }

        var read = cache.Begin();
        if (!IsOwn(caller!, state))
        {
            var end = await shares.FindEndAsync(state.Repository!.Id, caller!.DomainId, cancellationToken).FaultAs(ImagesCodes.GetPermissionFailed);
            cache.Keep(caller.DomainId, state.Repository.Id, end, read);
            return Shared(end);
        }

        var granted = (int)await access.OrganizationGrantAsync(state.Organization.Id, caller!.UserId, cancellationToken)
            .FaultAs(ImagesCodes.GetOrganizationPermissionFailed);
        if (state.Repository is { } repository)
        {
            granted = Math.Max(
                granted,
                (int)await access.RepositoryGrantAsync(repository.Id, caller.UserId, cancellationToken).FaultAs(ImagesCodes.GetPermissionFailed));
        }

        // Without what the roles add: those count by the project that a call acts in, so one user may have other ones in the next call.
        cache.Keep(caller.UserId, state.Name, granted, read);
        return WithRoles(granted, caller, state);
    }

    /// <summary>The same, as far as it can be told without asking the database; null when it cannot.</summary>
    public int? FindEffective(Caller? caller, RepositoryState state)
    {
        if (caller is null)
        {
            return options.Value.AnonymousPull ? Open(state) : Rights.None;
        }

        if (!IsOwn(caller, state))
        {
            // Of a private repository another account sees what is shared with it, until the moment in which the share ends.
            return state.Repository is not { IsPublic: 0 } repository ? Open(state)
                : cache.FindShare(caller.DomainId, repository.Id) is { } end ? Shared(end)
                : null;
        }

        return Rights.IsAdministrator(caller)
            || string.Equals(state.Organization.CreatorId, caller.UserId, StringComparison.Ordinal)
            || string.Equals(state.Repository?.CreatorId, caller.UserId, StringComparison.Ordinal)
            ? Rights.Manage
            : cache.FindRights(caller.UserId, state.Name) is { } granted ? WithRoles(granted, caller, state)
            : null;
    }

    private static int WithRoles(int granted, Caller caller, RepositoryState state) =>
        Math.Max(Rights.Effective(caller, false, granted), Open(state));

    private static bool IsOwn(Caller caller, RepositoryState state) => string.Equals(caller.DomainId, state.Organization.DomainId, StringComparison.Ordinal);

    private int Shared(long end) => end > clock.GetUtcNow().ToUnixTimeMilliseconds() ? Rights.Read : Rights.None;

    private static int Open(RepositoryState state) => state.Repository?.IsPublic is 1 ? Rights.Read : Rights.None;

    // `docker pull host/name` means the operator's library, which is never pushed to that way.
    private static RepositoryName Parse(string text, int needs)
    {
        if (RepositoryName.TryParse(text, out var name))
        {
            return name;
        }

        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 && needs == Rights.Read && RepositoryName.IsValidRepository(text))
        {
            return new(RepositoryName.Library, text);
        }

        throw slash < 0 || !Organization.IsValidName(text[..slash]) ? RegistryError.InvalidOrganization(text) : RegistryError.InvalidRepository(text);
    }

    private ApiException TooManyRepositories(string name) =>
        RegistryError.QuotaExceeded(ImagesCodes.ImageLimitReached, name, options.Value.MaxRepositoriesPerAccount);

    // Whether the push may create the organization, as far as it can be told before.
    private async Task CheckNewOrganizationAsync(
        HttpContext context, RegistryIdentity identity, RepositoryName name, CancellationToken cancellationToken)
    {
        var caller = identity.Caller!;
        if (!options.Value.AutoCreateOrganization || !Rights.IsAdministrator(caller))
        {
            throw RegistryError.OrganizationUnknown(name.Organization);
        }

        if (Organization.IsReserved(name.Organization))
        {
            throw RegistryError.InvalidOrganization(name.Organization);
        }

        if (!identity.Covers(name.ToString(), Rights.Edit))
        {
            throw RegistryError.Unauthorized(context, insufficientScope: true);
        }

        var limit = options.Value.MaxOrganizationsPerAccount;
        if (await organizations.CountAsync(caller.DomainId, cancellationToken).FaultAs(ImagesCodes.CheckOrganizationFailed) >= limit)
        {
            throw RegistryError.QuotaExceeded(ImagesCodes.OrganizationQuotaExceeded, name.Organization, limit);
        }
    }

    private async Task<RepositoryState> CreateOrganizationAsync(RepositoryName name, Caller caller, CancellationToken cancellationToken)
    {
        var limit = options.Value.MaxOrganizationsPerAccount;
        var added = await organizations.AddAsync(name.Organization, caller, limit, cancellationToken).FaultAs(ImagesCodes.SaveOrganizationFailed);
        cache.Invalidate();
        if (added is AddedOrganization.QuotaExceeded)
        {
            throw RegistryError.QuotaExceeded(ImagesCodes.OrganizationQuotaExceeded, name.Organization, limit);
        }

        var state = await FindAsync(name, ImagesCodes.CheckOrganizationFailed, cancellationToken)
            ?? throw RegistryError.OrganizationUnknown(name.Organization);
        if (added is AddedOrganization.Added)
        {
            await CreateFirstRepositoryAsync(state, name, caller, cancellationToken);
            state = await FindAsync(name, ImagesCodes.CheckOrganizationFailed, cancellationToken) ?? state;
        }

        return state;
    }

    // An organization that a push created goes again when the push cannot have its repository, unless another push has got one there meanwhile.
    private async Task CreateFirstRepositoryAsync(RepositoryState state, RepositoryName name, Caller caller, CancellationToken cancellationToken)
    {
        try
        {
            var repository = await repositories.AddAsync(state.Organization.Id, name.Repository, caller, cancellationToken)
                .FaultAs(ImagesCodes.SaveImageFailed);
            if (repository is AddedRepository.QuotaExceeded)
            {
                throw TooManyRepositories(name.ToString());
            }
        }
        catch (ApiException)
        {
            await organizations.DeleteAsync(state.Organization.Id, cancellationToken).FaultAs(ImagesCodes.DeleteOrganizationFailed);
            throw;
        }
        finally
        {
            cache.Invalidate();
        }
    }

    private async Task<ApiException> DeniedAsync(Caller caller, RepositoryState state, int has, int needs, CancellationToken cancellationToken)
    {
        if (!IsOwn(caller, state))
        {
            return RegistryError.ActionDenied(ImagesCodes.CrossAccountDenied, state.Name, has, needs);
        }

        if (needs == Rights.Edit && state.Repository is not null)
        {
            return RegistryError.ActionDenied(ImagesCodes.ImageOwnedByAnotherUser, state.Name, has, needs);
        }

        var edits = needs == Rights.Read
            || await access.EditsAnyOrganizationAsync(caller.UserId, cancellationToken).FaultAs(ImagesCodes.GetOrganizationPermissionFailed);
        return RegistryError.ActionDenied(edits ? ImagesCodes.PermissionDenied : ImagesCodes.NoEditableOrganization, state.Name, has, needs);
    }
}
