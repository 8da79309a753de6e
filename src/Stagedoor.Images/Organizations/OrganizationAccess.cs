using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Images.Access;

namespace Stagedoor.Images.Organizations;

/// <summary>Finds an organization of a path for a caller, with the checks that every operation on one begins with.</summary>
internal sealed class OrganizationAccess(OrganizationStore organizations, AccessStore access)
{
    /// <summary>The organization: its name is well formed, it exists, and it belongs to the caller's account.</summary>
    /// <exception cref="ApiException">One of these does not hold.</exception>
    public async Task<Organization> OpenAsync(string name, Caller caller, CancellationToken cancellationToken)
    {
        if (!Organization.IsValidName(name))
        {
            throw ImagesError.InvalidOrganizationName(name);
        }

        var organization = await organizations.FindAsync(name, cancellationToken).FaultAs(ImagesCodes.GetOrganizationFailed)
            ?? throw ImagesError.OrganizationNotFound(name);
        return string.Equals(organization.DomainId, caller.DomainId, StringComparison.Ordinal)
            ? organization
            : throw ImagesError.CrossAccountDenied($"namespace={name}");
    }

    /// <summary>The organization, in which the caller may push.</summary>
    /// <exception cref="ApiException">It is not there or another account's, or the caller may not.</exception>
    public async Task<Organization> OpenForEditorAsync(string name, Caller caller, CancellationToken cancellationToken)
    {
        var organization = await OpenAsync(name, caller, cancellationToken);
        var auth = await EffectiveAsync(organization, caller, cancellationToken);
        if (auth >= Rights.Edit)
        {
            return organization;
        }

        throw await access.EditsAnyOrganizationAsync(caller.UserId, cancellationToken).FaultAs(ImagesCodes.GetOrganizationPermissionFailed)
            ? ImagesError.PermissionDenied($"namespace={name}", auth, Rights.Edit)
            : ImagesError.NoOrganizationEditable($"namespace={name}");
    }

    /// <summary>What the caller may do in an organization of the own account.</summary>
    public async Task<int> EffectiveAsync(Organization organization, Caller caller, CancellationToken cancellationToken)
    {
        var isCreator = string.Equals(organization.CreatorId, caller.UserId, StringComparison.Ordinal);
        var own = Rights.Effective(caller, isCreator, Rights.None);
        return own == Rights.Manage
            ? own
            : Rights.Effective(
                caller,
                isCreator,
                (int)await access.OrganizationGrantAsync(organization.Id, caller.UserId, cancellationToken)
                    .FaultAs(ImagesCodes.GetOrganizationPermissionFailed));
    }
}
