using Stagedoor.Http;
using Stagedoor.Images.Access;
using Stagedoor.Images.Organizations;

namespace Stagedoor.Images.Packages;

/// <summary>What a path leads to, as far as it is there, and what the caller may do in its organization.</summary>
internal sealed record PackagePlace
{
    public required PackagePath Path { get; init; }

    public required Organization Organization { get; init; }

    public Caller? Caller { get; init; }

    /// <summary>The caller's right in the organization, which is that of its own account; 0 for everybody else.</summary>
    public int Right { get; init; }

    /// <summary>What there is of it; null when not even the repository is there, or none was asked for.</summary>
    public PackagePlaceRow? Row { get; init; }

    /// <summary>Whether the caller reads everything in the organization, and not only what is public.</summary>
    public bool IsInsider => Right >= Rights.Read;

    public long RepositoryId => Row!.RepositoryId;

    public long PackageId => Row!.PackageId!.Value;

    public long VersionId => Row!.VersionId!.Value;

    /// <summary>Whether everything is there that the path names, but for its file.</summary>
    public bool IsThere => (Path.Repository is null || Row is not null)
        && (Path.Package is null || Row?.PackageId is not null)
        && (Path.Version is null || Row?.VersionId is not null);

    /// <summary>Whether everybody may read it.</summary>
    public bool IsPublic => Path.Package is null ? Row?.RepositoryPublic is 1 : Row?.PackagePublic is 1;

    /// <summary>The refusal of somebody who may not read it. It is the same whether or not it is there.</summary>
    public ApiException Refusal() => Caller is null ? ImagesError.TokenMissing()
        : !string.Equals(Caller.DomainId, Organization.DomainId, StringComparison.Ordinal) ? ImagesError.CrossAccountDenied($"namespace={Organization.Name}")
        : ImagesError.PermissionDenied($"namespace={Organization.Name}", Right, Rights.Read);
}

/// <summary>The rows that a path leads to.</summary>
internal sealed record PackagePlaceRow
{
    public long RepositoryId { get; init; }

    public long RepositoryPublic { get; init; }

    public long? PackageId { get; init; }

    public long? PackagePublic { get; init; }

    public string? CreatorId { get; init; }

    public string? CreatorName { get; init; }

    public long? VersionId { get; init; }
}
