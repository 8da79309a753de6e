using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Images.Access;
using Stagedoor.Images.Oci;
using Stagedoor.Images.Organizations;

namespace Stagedoor.Images.Repositories;

/// <summary>
/// Finds a repository of a path for a caller of the management API, with the checks that every operation on one begins with. The names have been checked by
/// <c>ManageGate</c>; query and body come before it.
/// </summary>
internal sealed class RepositoryGate(OrganizationStore organizations, RepositoryStore repositories, RegistryAccess rights, AccessStore access)
{
    /// <summary>The codes that it refuses with.</summary>
    public static ErrorDefinition[] Refusals =>
    [
        ImagesCodes.InvalidOrganizationName,
        ImagesCodes.InvalidImageName,
        ImagesCodes.OrganizationNotFound,
        ImagesCodes.CrossAccountDenied,
        ImagesCodes.PermissionDenied,
        ImagesCodes.ImageNotFound,
        ImagesCodes.GetOrganizationFailed,
        ImagesCodes.GetImageFailed,
        ImagesCodes.GetOrganizationPermissionFailed,
        ImagesCodes.GetPermissionFailed,
    ];

    /// <summary>The same, for operations that need more than reading.</summary>
    public static ErrorDefinition[] ChangeRefusals => [.. Refusals, ImagesCodes.NoEditableImage];

    /// <summary>The repository, in which the caller may do <paramref name="needs"/>.</summary>
    /// <exception cref="ApiException">The organization is not there or another account's, the caller may not, or there is no such repository, in this order.</exception>
    public async Task<OpenedRepository> OpenAsync(string @namespace, string repository, Caller caller, int needs, CancellationToken cancellationToken)
    {
        var (state, has) = await FindAsync(@namespace, repository, caller, cancellationToken);
        return has >= needs ? Existing(state, repository, has) : throw await DeniedAsync(caller, state, has, needs, cancellationToken);
    }

    /// <summary>
    /// The repository, which the caller reads in its own account. Whoever else may pull it, since it is public or shared, learns nothing of how it is kept: what it sets
    /// off, what is deleted when, who its users are.
    /// </summary>
    /// <inheritdoc cref="OpenAsync" path="/exception"/>
    public async Task<OpenedRepository> OpenForOwnAccountAsync(string @namespace, string repository, Caller caller, CancellationToken cancellationToken)
    {
        var opened = await OpenAsync(@namespace, repository, caller, Rights.Read, cancellationToken);
        return string.Equals(caller.DomainId, opened.Organization.DomainId, StringComparison.Ordinal)
            ? opened
            : throw ImagesError.CrossAccountDenied($"{@namespace}/{repository}");
    }

    /// <summary>The repository, on which the caller may grant: who manages it, and who may push to the whole organization.</summary>
    /// <inheritdoc cref="OpenAsync" path="/exception"/>
    public async Task<OpenedRepository> OpenForGrantorAsync(string @namespace, string repository, Caller caller, CancellationToken cancellationToken)
    {
        var (state, has) = await FindAsync(@namespace, repository, caller, cancellationToken);
        var grants = has == Rights.Manage
            || (has == Rights.Edit
                && await access.OrganizationGrantAsync(state.Organization.Id, caller.UserId, cancellationToken).FaultAs(ImagesCodes.GetOrganizationPermissionFailed)
                    >= Rights.Edit);
        return grants ? Existing(state, repository, has) : throw await DeniedAsync(caller, state, has, Rights.Manage, cancellationToken);
    }

    /// <summary>The repository of an account that the caller administers.</summary>
    /// <inheritdoc cref="OpenAsync" path="/exception"/>
    public async Task<OpenedRepository> OpenForAdministratorAsync(string @namespace, string repository, Caller caller, CancellationToken cancellationToken)
    {
        var (state, has) = await FindAsync(@namespace, repository, caller, cancellationToken);
        if (!IsOwn(caller, state))
        {
            throw ImagesError.CrossAccountDenied(state.Name);
        }

        return Rights.IsAdministrator(caller) ? Existing(state, repository, has) : throw ImagesError.OperationDenied();
    }

    private static OpenedRepository Existing(RepositoryState state, string repository, int has) => state.Repository is { } row
        ? new(state.Organization, row, repository, has)
        : throw ImagesError.RepositoryNotFound(state.Organization.Name, repository);

    private static bool IsOwn(Caller caller, RepositoryState state) => string.Equals(caller.DomainId, state.Organization.DomainId, StringComparison.Ordinal);

    private async Task<(RepositoryState State, int Has)> FindAsync(string @namespace, string repository, Caller caller, CancellationToken cancellationToken)
    {
        var organization = await organizations.FindAsync(@namespace, cancellationToken).FaultAs(ImagesCodes.GetOrganizationFailed)
            ?? throw ImagesError.OrganizationNotFound(@namespace);
        var row = await repositories.FindAsync(organization.Id, repository, cancellationToken).FaultAs(ImagesCodes.GetImageFailed);
        var state = new RepositoryState { Name = $"{@namespace}/{repository}", Organization = organization, Repository = row };
        return (state, await rights.EffectiveAsync(caller, state, cancellationToken));
    }

    private async Task<ApiException> DeniedAsync(Caller caller, RepositoryState state, int has, int needs, CancellationToken cancellationToken)
    {
        if (!IsOwn(caller, state))
        {
            return ImagesError.CrossAccountDenied(state.Name);
        }

        return needs > Rights.Read
            && !await access.EditsAnyOrganizationAsync(caller.UserId, cancellationToken).FaultAs(ImagesCodes.GetOrganizationPermissionFailed)
            && !await access.EditsAnyRepositoryAsync(caller.UserId, cancellationToken).FaultAs(ImagesCodes.GetPermissionFailed)
            ? ImagesError.NothingEditable(state.Name)
            : ImagesError.PermissionDenied(state.Name, has, needs);
    }
}

/// <summary>A repository that a caller may use.</summary>
/// <param name="Organization">Its organization.</param>
/// <param name="Row">What the registry knows of it.</param>
/// <param name="Name">Its name within the organization.</param>
/// <param name="Auth">What the caller may do in it.</param>
internal sealed record OpenedRepository(Organization Organization, RepositoryRow Row, string Name, int Auth)
{
    public long Id => Row.Id;
}
