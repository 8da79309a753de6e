namespace Stagedoor.Images.Manifests;

/// <summary>A manifest on its way into a repository.</summary>
internal sealed record ManifestPush
{
    public long OrganizationId { get; init; }

    public long RepositoryId { get; init; }

    public required Digest Digest { get; init; }

    public required byte[] Content { get; init; }

    public required ManifestDocument Document { get; init; }

    /// <summary>Whether it is pushed under a tag, rather than under its digest.</summary>
    public required bool ByTag { get; init; }

    public required IReadOnlyList<string> Tags { get; init; }

    /// <summary>The name of the user who pushes, for those who are told of it.</summary>
    public string UserName { get; init; } = "";

    /// <summary>Blobs with their sizes that come with the manifest: they are stored, and become the repository's only if the manifest does.</summary>
    public IReadOnlyList<(Digest Digest, long Size)> Brought { get; init; } = [];

    /// <summary>What must hold of that which the push replaces.</summary>
    public Precondition Precondition { get; init; }
}

/// <summary>Which step of a push or deletion was at work, for the name of a fault in it.</summary>
internal enum ManifestStep
{
    Manifest,
    CreateTag,
    UpdateTag,
    Repository,
    Organization,
    References,

    /// <summary>Blobs that come with a manifest.</summary>
    Blobs,
}

/// <summary>Tells a caller of the store how far a transaction had come when it failed.</summary>
internal sealed class ManifestProgress
{
    public ManifestStep Step { get; set; } = ManifestStep.Manifest;
}

/// <summary>What became of a push.</summary>
internal enum PushResult
{
    Stored,
    ConfigMissing,
    LayerMissing,
    ChildMissing,
    TagQuotaExceeded,

    /// <summary>The repository is gone.</summary>
    RepositoryGone,

    /// <summary>The same bytes are stored with another media type.</summary>
    OtherMediaType,

    /// <summary>A descriptor states another size than what is stored under its digest has.</summary>
    OtherSize,

    /// <summary>The image, or its repository with it, would be larger than can be counted.</summary>
    TooLarge,

    /// <summary>A tag stays where it is.</summary>
    TagImmutable,

    /// <summary>The organization would hold more than it may.</summary>
    ByteQuotaExceeded,

    /// <summary>What the request says must hold does not.</summary>
    PreconditionFailed,
}

/// <summary>The outcome of a push.</summary>
/// <param name="Result">What became of it.</param>
/// <param name="Subject">The digest that is missing or of another size, or the media type that the bytes have.</param>
/// <param name="Number">The size that it has, or that must not be exceeded.</param>
/// <param name="Used">How many bytes the organization holds, where that is what is in the way.</param>
/// <param name="Added">How many bytes the manifest would add to that.</param>
internal readonly record struct PushOutcome(PushResult Result, string Subject = "", long Number = 0, long Used = 0, long Added = 0);
