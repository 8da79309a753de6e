using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Images.Access;
using Stagedoor.Images.Organizations;

namespace Stagedoor.Images.Packages;

/// <summary>Finds what a path names for a caller, with the checks that every operation on packages begins with. Who may what is decided here alone.</summary>
internal sealed class PackageAccess(OrganizationStore organizations, OrganizationAccess access, AccessStore grants, IAccountNames accounts, PackagePlaces places)
{
    /// <summary>The place, for somebody who changes it: editors of the organization do. Everything that the path names is there, but for its file.</summary>
    /// <exception cref="ApiException">It is not there, or another account's, or the caller may not.</exception>
    public async Task<PackagePlace> OpenForChangeAsync(PackagePath path, Caller caller, CancellationToken cancellationToken)
    {
        var place = await FindForUploadAsync(path, caller, cancellationToken);
        return place.Right < Rights.Edit ? throw ImagesError.PermissionDenied($"namespace={path.Organization}", place.Right, Rights.Edit)
            : place.IsThere ? place
            : throw ImagesError.PackageNotFound(path);
    }

    /// <summary>
    /// The place, for somebody who uploads to it, who may edit this or at least some other organization. Whether it is this one is asked when the target is
    /// known (<see cref="CheckUpload"/>), since the answer depends on who made it.
    /// </summary>
    /// <exception cref="ApiException">The organization is not there, or another account's, or the caller edits none at all.</exception>
    public async Task<PackagePlace> FindForUploadAsync(PackagePath path, Caller caller, CancellationToken cancellationToken)
    {
        var organization = await FindOrganizationAsync(path, caller, cancellationToken);
        if (!string.Equals(organization.DomainId, caller.DomainId, StringComparison.Ordinal))
        {
            throw ImagesError.CrossAccountDenied($"namespace={path.Organization}");
        }

        var right = await access.EffectiveAsync(organization, caller, cancellationToken);
        if (right < Rights.Edit
            && !await grants.EditsAnyOrganizationAsync(caller.UserId, cancellationToken).FaultAs(ImagesCodes.GetOrganizationPermissionFailed))
        {
            throw ImagesError.NoOrganizationToEdit(path.Organization);
        }

        return new() { Path = path, Organization = organization, Caller = caller, Right = right, Row = await places.FindAsync(organization.Id, path, cancellationToken) };
    }

    /// <summary>Refuses an upload to a target that is not there, or by somebody who may not edit its organization.</summary>
    /// <exception cref="ApiException">It is refused.</exception>
    public static void CheckUpload(PackagePlace place)
    {
        if (!place.IsThere)
        {
            throw ImagesError.PackageNotFound(place.Path);
        }

        if (place.Right < Rights.Edit)
        {
            throw Denied(place);
        }
    }

    /// <summary>The refusal of an upload by somebody who may not edit the organization: what a colleague has made is said to be so.</summary>
    public static ApiException Denied(PackagePlace place) =>
        place.Row is { CreatorId: { } creator } row && !string.Equals(creator, place.Caller!.UserId, StringComparison.Ordinal)
            ? ImagesError.PackageOfAnotherUser(place.Path.Package!, row.CreatorName!)
            : ImagesError.PermissionDenied($"namespace={place.Organization.Name}", place.Right, Rights.Edit);

    /// <summary>The place, for somebody who reads it: everything that the path names is there, but for its file.</summary>
    /// <exception cref="ApiException">It is not there, or not public and the caller may not read the organization.</exception>
    public async Task<PackagePlace> OpenForReadingAsync(PackagePath path, Caller? caller, CancellationToken cancellationToken)
    {
        var place = await FindForReadingAsync(path, caller, cancellationToken);
        return !place.IsInsider && !place.IsPublic ? throw place.Refusal()
            : place.IsThere ? place
            : throw ImagesError.PackageNotFound(path);
    }

    /// <summary>The place, for somebody who lists what is in it, and may be shown nothing but what is public.</summary>
    /// <exception cref="ApiException">The organization is not there, or for those who read all of it, what the path names is not.</exception>
    public async Task<PackagePlace> FindForReadingAsync(PackagePath path, Caller? caller, CancellationToken cancellationToken)
    {
        var organization = await FindOrganizationAsync(path, caller, cancellationToken);
        var isOwn = string.Equals(organization.DomainId, caller?.DomainId, StringComparison.Ordinal);
        var place = new PackagePlace
        {
            Path = path,
            Organization = organization,
            Caller = caller,
            Right = isOwn ? await access.EffectiveAsync(organization, caller!, cancellationToken) : Rights.None,
            Row = await places.FindAsync(organization.Id, path, cancellationToken),
        };
        return place.IsInsider && !place.IsThere ? throw ImagesError.PackageNotFound(path) : place;
    }

    private async Task<Organization> FindOrganizationAsync(PackagePath path, Caller? caller, CancellationToken cancellationToken)
    {
        if (await organizations.FindAsync(path.Organization, cancellationToken).FaultAs(ImagesCodes.GetOrganizationFailed) is { } found
            && string.Equals(found.DomainName, path.Domain, StringComparison.Ordinal))
        {
            return found;
        }

        // Nobody without credentials learns what there is.
        throw caller is null ? ImagesError.TokenMissing()
            : string.Equals(caller.DomainName, path.Domain, StringComparison.Ordinal)
                || await accounts.FindIdAsync(path.Domain, cancellationToken).FaultAs(ImagesCodes.GetOrganizationFailed) is not null
                ? ImagesError.OrganizationNotFound(path.Organization)
                : ImagesError.DomainNotFound(path.Domain);
    }
}
