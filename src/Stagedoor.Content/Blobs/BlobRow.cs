namespace Stagedoor.Content.Blobs;

/// <summary>A blob that an owner has.</summary>
public sealed record BlobRow
{
    public long Size { get; init; }

    public long Corrupt { get; init; }

    public long VerifiedAt { get; init; }

    /// <summary>For how many milliseconds it is protected, from the moment it was read.</summary>
    public long LeaseLeft { get; init; }

    /// <summary>How many milliseconds ago somebody was last told that the owner has it.</summary>
    public long Rested { get; init; }
}
