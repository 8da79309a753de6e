using Stagedoor.Content.Collection;
using Stagedoor.Storage;

namespace Stagedoor.Content.Blobs;

/// <summary>Makes what was uploaded a blob of an owner. Bytes first, row second; nothing refers to what is not there.</summary>
public sealed class BlobPublisher(ContentStore content, BlobLinks links, CollectorStore collector, TimeProvider clock)
{
    // Ids begin with 1.
    private const long Nobody = 0;

    private static readonly TimeSpan s_removalPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_removalPoll = TimeSpan.FromMilliseconds(50);

    /// <summary>Gives the owner a blob that is stored already, if it is.</summary>
    /// <returns>Whether the owner is still there, and the blob; none when its bytes are needed. Whether those that there are are intact is not known.</returns>
    public async Task<(bool HasOwner, BlobRow? Blob)> TakeAsync(long ownerId, Digest digest, long length, CancellationToken cancellationToken) =>
        await LinkAsync(ownerId, digest, length, cancellationToken) switch
        {
            LinkResult.OwnerGone => (false, null),
            LinkResult.Linked when await content.Blobs.FindSizeAsync(content.Keys.Of(digest), cancellationToken) == length =>
                (true, await links.FindAsync(ownerId, digest, cancellationToken)),
            _ => (true, null),
        };

    /// <summary>Gives the owner a blob whose bytes have just been published, and ends the upload that brought it; false when the owner was deleted.</summary>
    /// <exception cref="StorageException">The database failed, or the collector was removing what lay there without a row.</exception>
    public async Task<bool> RecordAsync(long ownerId, Digest digest, long length, string uploadId, CancellationToken cancellationToken)
    {
        // Only bytes that lay there without a row can be on their way out now; whoever pushes again finds them gone.
        return await links.AddAsync(ownerId, digest, length, uploadId, cancellationToken) switch
        {
            LinkResult.Removing => throw new StorageException(StorageSource.Blobs, StorageFault.Failed, $"{digest} was removed while it was pushed."),
            var result => result is LinkResult.Linked,
        };
    }

    /// <summary>Whether a blob is stored already; then it is left alone for a lease, although nobody has it yet. Whether its bytes are intact is not known.</summary>
    public async Task<bool> KeepAsync(Digest digest, long length, CancellationToken cancellationToken) =>
        await LinkAsync(Nobody, digest, length, cancellationToken) is LinkResult.OwnerGone;

    /// <summary>Notes a blob whose bytes have just been published and that nobody has yet, for a lease, and ends the upload that brought it.</summary>
    /// <exception cref="StorageException">The database failed, or the collector was removing what lay there without a row.</exception>
    public async Task RecordAsync(Digest digest, long length, string uploadId, CancellationToken cancellationToken) =>
        await RecordAsync(Nobody, digest, length, uploadId, cancellationToken);

    // If the collector is just removing an unused blob of the same digest, its end is waited for.
    private async Task<LinkResult> LinkAsync(long ownerId, Digest digest, long length, CancellationToken cancellationToken)
    {
        var result = await links.LinkAsync(ownerId, digest, length, cancellationToken);
        if (result is not LinkResult.Removing)
        {
            return result;
        }

        using var patience = new CancellationTokenSource(s_removalPatience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        var freeing = FreeAsync(digest, either.Token);
        try
        {
            while (result is LinkResult.Removing && !patience.IsCancellationRequested)
            {
                var poll = Task.Delay(s_removalPoll, clock, cancellationToken);
                await (freeing.IsCompleted ? poll : Task.WhenAny(freeing, poll));
                result = await links.LinkAsync(ownerId, digest, length, cancellationToken);
            }
        }
        finally
        {
            await either.CancelAsync();
            await freeing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return result;
    }

    // Where no collector works, none will end the removal: one has died in it, or the database was away when it should have given it up.
    private async Task FreeAsync(Digest digest, CancellationToken cancellationToken)
    {
        await using var held = await collector.LockAsync(cancellationToken);
        await collector.UnclaimAsync(digest.ToString(), cancellationToken);
    }
}
