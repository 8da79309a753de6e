namespace Stagedoor;

/// <summary>
/// Knows who uses images: workloads that run, add-ons that are installed. Whoever keeps such things implements it, and there may be several. It is asked
/// before a tag is deleted.
/// </summary>
public interface IImageHolders
{
    /// <summary>Who names one of these images, by its tag or by its digest.</summary>
    /// <param name="repository">ORGANIZATION/REPOSITORY, without a host.</param>
    /// <param name="images">The images.</param>
    /// <param name="cancellationToken">Ends the wait for storage.</param>
    Task<IReadOnlyList<ImageHolder>> FindHoldersAsync(string repository, IReadOnlyCollection<TaggedImage> images, CancellationToken cancellationToken);
}

/// <summary>A tag and what it points to.</summary>
/// <param name="Tag">The tag.</param>
/// <param name="Digest">The digest of its manifest.</param>
public sealed record TaggedImage(string Tag, string Digest);

/// <summary>Somebody who uses an image.</summary>
/// <param name="Tag">The tag that it is held by, or whose digest is.</param>
/// <param name="Kind">What holds it: <c>workload</c>, <c>add-on</c>.</param>
/// <param name="Name">Its name, as its owner knows it.</param>
public sealed record ImageHolder(string Tag, string Kind, string Name);
