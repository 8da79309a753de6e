using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Images.Organizations;

namespace Stagedoor.Images.Access;

/// <summary>What every change of an organization's grants begins with.</summary>
internal static class NamespaceAuthGate
{
    /// <summary>The codes that these checks refuse with.</summary>
    public static ErrorDefinition[] Refusals =>
    [
        ImagesCodes.InvalidOrganizationName,
        ImagesCodes.OrganizationNotFound,
        ImagesCodes.CrossAccountDenied,
        ImagesCodes.PermissionDenied,
        ImagesCodes.GetOrganizationFailed,
        ImagesCodes.GetOrganizationPermissionFailed,
        ImagesCodes.InvalidParameter,
        ImagesCodes.RequiredParameterMissing,
    ];

    /// <summary>The organization, which the caller manages.</summary>
    /// <exception cref="ApiException">It is not there, another account's, or the caller does not manage it.</exception>
    public static async Task<Organization> OpenForManagerAsync(
        this OrganizationAccess access, string name, Caller caller, CancellationToken cancellationToken)
    {
        var organization = await access.OpenAsync(name, caller, cancellationToken);
        var auth = await access.EffectiveAsync(organization, caller, cancellationToken);
        return auth == Rights.Manage ? organization : throw ImagesError.PermissionDenied($"namespace={organization.Name}", auth, Rights.Manage);
    }

    /// <summary>
    /// The organization's creator, when the list names it: it manages what it has made without a grant, and one that is taken or lowered would change
    /// nothing. Null when it is not in the list, or is no user any more.
    /// </summary>
    public static async Task<string?> FindCreatorAsync(
        this IAccountUsers users, Organization organization, IReadOnlyList<string> list, Caller caller, CancellationToken cancellationToken) =>
        list.Contains(organization.CreatorId, StringComparer.Ordinal)
        && await users.FindNameAsync(organization.CreatorId, caller.DomainId, cancellationToken).FaultAs(ImagesCodes.GetUserListFailed) is not null
            ? organization.CreatorId
            : null;
}
