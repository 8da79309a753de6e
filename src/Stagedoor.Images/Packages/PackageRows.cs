using Stagedoor.Images.Quotas;

namespace Stagedoor.Images.Packages;

/// <summary>A repository of packages.</summary>
internal sealed record PackageRepositoryRow
{
    public long Id { get; init; }

    public long OrganizationId { get; init; }

    public string Name { get; init; } = "";

    public long IsPublic { get; init; }

    public string Description { get; init; } = "";

    public string CreatorName { get; init; } = "";

    /// <summary>Counts the changes of what is in it.</summary>
    public long Revision { get; init; }

    public long CreatedAt { get; init; }

    public long UpdatedAt { get; init; }
}

/// <summary>A package.</summary>
internal sealed record PackageRow
{
    public long Id { get; init; }

    public long PackageRepoId { get; init; }

    public string Name { get; init; } = "";

    public long IsPublic { get; init; }

    public string Description { get; init; } = "";

    /// <summary>A JSON object.</summary>
    public string Manifests { get; init; } = "";

    public string CreatorId { get; init; } = "";

    public string CreatorName { get; init; } = "";

    public long NumDownload { get; init; }

    public long CreatedAt { get; init; }

    public long UpdatedAt { get; init; }
}

/// <summary>A version of a package.</summary>
internal sealed record PackageVersionRow
{
    public long Id { get; init; }

    public long PackageId { get; init; }

    public string Version { get; init; } = "";

    public string Description { get; init; } = "";

    /// <summary>Counts the changes of its files.</summary>
    public long Revision { get; init; }

    public long CreatedAt { get; init; }

    public long UpdatedAt { get; init; }
}

/// <summary>A file of a version.</summary>
internal sealed record PackageFileRow
{
    public long VersionId { get; init; }

    public string Name { get; init; } = "";

    public long Size { get; init; }

    /// <summary>The digest of its bytes.</summary>
    public string Digest { get; init; } = "";

    /// <summary>The hash of its bytes as its entity tag has it, without quotes.</summary>
    public string Hash => Digest[(Digest.IndexOf(':', StringComparison.Ordinal) + 1)..];

    public long CreatedAt { get; init; }
}

/// <summary>What became of a change.</summary>
internal enum PackageChange
{
    Done,

    /// <summary>What was to be changed, or what it is in, is not there.</summary>
    Gone,

    /// <summary>The name is taken.</summary>
    Exists,

    /// <summary>There is something in it.</summary>
    NotEmpty,

    /// <summary>The bytes that were stored a moment ago are not there any more.</summary>
    Lost,

    /// <summary>The organization has no room for it.</summary>
    Full,

    /// <summary>What the caller says must hold of it does not.</summary>
    Unmet,
}

/// <summary>What became of a file that was put in a version.</summary>
/// <param name="Change">What became of it.</param>
/// <param name="Full">Why there is no room for it, where there is none.</param>
internal readonly record struct PackageFilePut(PackageChange Change, FullOrganization? Full = null);
