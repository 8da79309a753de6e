namespace Stagedoor.Images.Oci.Manifests;

/// <summary>A manifest on its way into a repository.</summary>
internal sealed record ManifestPush
{
    public required long OrganizationId { get; init; }

    public required long RepositoryId { get; init; }

    public required Digest Digest { get; init; }

    public required byte[] Content { get; init; }

    public required ManifestDocument Document { get; init; }

    public required IReadOnlyList<string> Tags { get; init; }
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
}

/// <summary>The outcome of a push.</summary>
/// <param name="Result">What became of it.</param>
/// <param name="Missing">The digest that is missing, if one is.</param>
internal readonly record struct PushOutcome(PushResult Result, string Missing = "");
