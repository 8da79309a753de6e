using Stagedoor.Images.Manifests;

namespace Stagedoor.Images.PageUploads;

/// <summary>An image of an archive, found to be whole.</summary>
internal sealed record ArchivedImage
{
    /// <summary>The manifest as it will be stored.</summary>
    public required byte[] Content { get; init; }

    public required Digest Digest { get; init; }

    public required ManifestDocument Document { get; init; }

    /// <summary>Configuration and layers, each once; of an index what it names that is no manifest.</summary>
    public IReadOnlyList<ArchivedBlob> Blobs { get; init; } = [];

    /// <summary>The images of an index.</summary>
    public IReadOnlyList<ArchivedImage> Children { get; init; } = [];

    /// <summary>What is about it or one of its parts, and has no name: signatures, for example. It goes where the image goes.</summary>
    public IReadOnlyList<ArchivedImage> Referrers { get; init; } = [];

    /// <summary>What it is to be called, in the order of the archive.</summary>
    public IReadOnlyList<ImageName> Names { get; init; } = [];

    /// <summary>What it adds up to: configuration and layers, or those of the images of an index.</summary>
    public long Size => Document.IsIndex ? Children.Sum(static c => c.Size) : Document.References.Sum(static r => r.Size);
}

/// <summary>A configuration or a layer, and where its bytes are.</summary>
/// <param name="Digest">Its digest.</param>
/// <param name="Size">How many bytes it has.</param>
/// <param name="Open">Opens them.</param>
internal sealed record ArchivedBlob(Digest Digest, long Size, Func<Stream> Open);

/// <summary>A repository of the organization that is uploaded to, and a tag.</summary>
internal readonly record struct ImageName(string Repository, string Tag);
