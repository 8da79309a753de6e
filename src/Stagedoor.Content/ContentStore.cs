using Stagedoor.Content.Blobs;
using Stagedoor.Storage;

namespace Stagedoor.Content;

/// <summary>The database with the rows of a module's content, and the blob store with the bytes.</summary>
/// <remarks>
/// The module's own migrations make the tables: <c>blobs</c>, <c>unrecorded</c>, <c>blob_uploads</c>, <c>upload_owners</c>, and one of links for each
/// kind of owner (<see cref="BlobLinkTable"/>). One such pair has one collector, whatever number of owners it has: what the collector compares of
/// database and store is written once in each.
/// </remarks>
/// <param name="db">The module's database.</param>
/// <param name="blobs">Where the bytes are.</param>
/// <param name="settings">How the module wants them.</param>
public sealed class ContentStore(Db db, IBlobStore blobs, ContentSettings settings)
{
    public Db Db => db;

    public IBlobStore Blobs => blobs;

    public ContentSettings Settings => settings;

    public BlobKeys Keys { get; } = new(settings.Name);

    /// <summary>Whether the stored bytes are those of the digest, which takes reading them.</summary>
    /// <param name="digest">The digest.</param>
    /// <param name="size">How many they must be.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public async Task<bool> HoldsAsync(Digest digest, long size, CancellationToken cancellationToken)
    {
        await using var stored = await blobs.OpenAsync(Keys.Of(digest), 0, null, cancellationToken);
        return stored is not null
            && stored.Size == size
            && await BlobHash.OfAsync(digest.Algorithm, stored.Body, cancellationToken) == digest;
    }
}
