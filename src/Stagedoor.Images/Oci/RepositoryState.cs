namespace Stagedoor.Images.Oci;

/// <summary>A repository name as the registry found it: the organization exists, the repository may not.</summary>
internal sealed record RepositoryState
{
    public string Name { get; init; } = "";

    /// <summary>When it was read, on the clock's own scale.</summary>
    public long ReadAt { get; init; }

    public required Organizations.Organization Organization { get; init; }

    /// <summary>The repository; null when there is none yet.</summary>
    public RepositoryRow? Repository { get; init; }
}

/// <summary>What the registry needs of a repository.</summary>
internal sealed record RepositoryRow
{
    public long Id { get; init; }

    public long IsPublic { get; init; }

    public string CreatorId { get; init; } = "";
}

/// <summary>A blob that is linked in a repository.</summary>
internal sealed record BlobRow
{
    public long Size { get; init; }

    public long Corrupt { get; init; }

    public long LeasedUntil { get; init; }

    public long VerifiedAt { get; init; }
}
