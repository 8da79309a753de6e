namespace Stagedoor.Content;

/// <summary>One kind of things that blobs belong to, such as repositories of images: what the kit cannot know of them.</summary>
public interface IBlobOwner
{
    /// <summary>Where it is written which of them has which blob. A blob that no owner's table speaks of is removed.</summary>
    BlobLinkTable Links { get; }

    /// <summary>Removes what has no name and nobody has asked for in a long time, before <see cref="ReleaseAsync"/> lets go of the blobs that it needed.</summary>
    /// <returns>How many such things went.</returns>
    Task<int> RetireAsync(CancellationToken cancellationToken) => Task.FromResult(0);

    /// <summary>
    /// Forgets what can be restored no longer, and removes the links of blobs that nothing needs any more; a collection looks for blobs without a link
    /// after it. Whoever calls holds the collector's lock.
    /// </summary>
    /// <returns>How many things went that users know, such as deleted tags.</returns>
    Task<int> ReleaseAsync(CancellationToken cancellationToken);

    /// <summary>A blob was found to be corrupt, or to be whole again: what is remembered of blobs is out of date.</summary>
    void Forget();
}

/// <summary>A table of links with the columns <c>digest</c> and <c>used_at</c>, and one with the owner's id; unique by owner and digest.</summary>
/// <param name="Name">The table.</param>
/// <param name="Owner">Its column with the owner's id.</param>
/// <param name="Owners">The table of the owners, by <c>id</c>: a blob is given to none that is not in it.</param>
public sealed record BlobLinkTable(string Name, string Owner, string Owners);
