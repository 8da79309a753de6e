namespace Stagedoor.Content.Blobs;

/// <summary>A blob as the collector sees it.</summary>
public sealed record CollectedBlob
{
    /// <summary>The bytes go: a row had said that nothing needs them.</summary>
    public const long Delete = 1;

    /// <summary>The bytes go aside: there was no row.</summary>
    public const long SetAside = 2;

    public string Digest { get; init; } = "";

    public long Size { get; init; }

    /// <summary>When its bytes were last known to be those of the digest, where that was asked for.</summary>
    public long VerifiedAt { get; init; }

    /// <summary>What becomes of the bytes; 0 for nothing.</summary>
    public long Removing { get; init; }
}
