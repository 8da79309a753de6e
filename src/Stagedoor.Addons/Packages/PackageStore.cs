using Stagedoor.Addons.Charts;
using Stagedoor.Content;
using Stagedoor.Content.Blobs;
using Stagedoor.Content.Collection;
using Stagedoor.Content.Uploads;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Storage;

namespace Stagedoor.Addons.Packages;

/// <summary>
/// The bytes of packages. They lie under their digests in the blob store, where every replica has them, and belong to libraries. A package is removed together with
/// its record, and not by a collector: the store is shared with the images, whose collections are counted in it.
/// </summary>
internal sealed class PackageStore : IDisposable
{
    // Of packages that are unpacked at one time: each may take as much memory as PackageArchive lets it.
    private const int AtOnce = 4;

    private const int Batch = 100;

    // Longer than any request takes from the bytes to the record.
    private static readonly TimeSpan s_rest = TimeSpan.FromDays(1);

    private readonly AddonsDb _db;
    private readonly ContentStore _content;
    private readonly BlobUploads _uploads;
    private readonly BlobLinks _links;
    private readonly BlobPublisher _publisher;
    private readonly BlobCheck _check;
    private readonly CollectorStore _removals;
    private readonly IdSource _ids;
    private readonly SemaphoreSlim _room = new(AtOnce);

    public PackageStore(AddonsDb db, IBlobStore blobs, IdSource ids, TimeProvider clock)
    {
        IBlobOwner[] owners = [new PackageBlobs()];
        (_db, _ids) = (db, ids);
        _content = new(db, blobs, new("addons") { Lease = TimeSpan.FromHours(1), UploadRest = TimeSpan.FromDays(1), AsideDays = 7, MaxUnverified = TimeSpan.FromDays(30) });
        _uploads = new(_content, clock);
        _links = new(_content, PackageBlobs.Table, clock);
        _removals = new(_content, owners);
        _publisher = new(_content, _links, _removals, clock);
        _check = new(_content, new(_content, clock), owners);
    }

    public void Dispose() => _room.Dispose();

    /// <summary>Begins to take a package in.</summary>
    public Task<BlobUpload> BeginAsync(CancellationToken cancellationToken) => _uploads.BeginWholeAsync(_ids.NewGuid().ToString("D"), "packages", cancellationToken);

    /// <summary>What a staged package holds.</summary>
    /// <exception cref="FormatException">It is none; the message names the file and the reason.</exception>
    public async Task<PackageContents> ExamineAsync(BlobUpload upload, bool isLinted, CancellationToken cancellationToken)
    {
        await using var staged = await upload.OpenReadAsync(cancellationToken);
        return await ExamineAsync(staged, upload.Length, isLinted, cancellationToken);
    }

    /// <summary>The chart of a package that is stored; null when its bytes are gone or are others.</summary>
    /// <exception cref="FormatException">JSON cannot say its values.</exception>
    public async Task<Chart?> FindChartAsync(long libraryId, string digest, CancellationToken cancellationToken)
    {
        await using var content = await OpenAsync(libraryId, digest, cancellationToken);
        return content is null ? null : (await ExamineAsync(content.Body, content.Size, isLinted: false, cancellationToken)) is { Values: not null } found
            ? found.Chart
            : throw new FormatException("values.yaml holds what JSON cannot say");
    }

    /// <summary>Opens a package; null when its bytes are gone, or are not those that were stored.</summary>
    public async Task<BlobContent?> OpenAsync(long libraryId, string digest, CancellationToken cancellationToken)
    {
        var parsed = Digest.Parse(digest);
        return await _links.FindAsync(libraryId, parsed, cancellationToken) is { } blob && await _check.IsIntactAsync(parsed, blob, cancellationToken)
            ? await _content.Blobs.OpenAsync(_content.Keys.Of(parsed), 0, null, cancellationToken)
            : null;
    }

    /// <summary>Makes what was uploaded a package of the library; no record speaks of it yet.</summary>
    public async Task<string> StoreAsync(long libraryId, BlobUpload upload, CancellationToken cancellationToken)
    {
        var length = upload.Length;
        var digest = await upload.ComputeAsync(BlobHash.Sha256, cancellationToken);
        var (_, blob) = await _publisher.TakeAsync(libraryId, digest, length, cancellationToken);
        if (blob is not null && await _check.IsIntactAsync(digest, blob, cancellationToken))
        {
            await upload.AbortAsync();
            return digest.ToString();
        }

        await upload.PublishAsync(_content.Keys.Of(digest), cancellationToken);
        await _publisher.RecordAsync(libraryId, digest, length, upload.Id, cancellationToken);
        return digest.ToString();
    }

    /// <summary>
    /// Whether a package is there for a record that is about to be written in the same transaction. Whoever removes the bytes holds this row too, and so either is
    /// seen here, or sees the record.
    /// </summary>
    public async Task<bool> HoldAsync(DbSession session, long libraryId, string digest) => await session.FindAsync<long?>(
        $"""
        SELECT b.size FROM blobs b WHERE b.digest = @digest AND b.removing = 0
            AND EXISTS (SELECT 1 FROM package_links l WHERE l.library_id = @libraryId AND l.digest = b.digest){_db.ForUpdate}
        """,
        new { libraryId, digest }) is not null;

    /// <summary>Removes the bytes of a package unless a record speaks of them that is not being removed; then the library loses it.</summary>
    /// <exception cref="StorageException">The store failed: all is as it was before.</exception>
    public Task RemoveAsync(long libraryId, string digest, CancellationToken cancellationToken) => TryRemoveAsync(libraryId, digest, "", cancellationToken);

    /// <summary>
    /// Removes the packages that were stored a day ago or longer, and that no record has spoken of: a server died between the two. Whether it is so is decided again
    /// with the claim, under the row that whoever writes a record or stores the same bytes holds.
    /// </summary>
    /// <returns>How many there were.</returns>
    /// <exception cref="StorageException">A store failed; what was removed until then stays removed.</exception>
    public async Task<int> RemoveUnrecordedAsync(CancellationToken cancellationToken)
    {
        var removed = 0;
        var found = await _db.QueryAsync<PackageLink>(
            $"SELECT l.library_id, l.digest FROM package_links l WHERE {Unrecorded} ORDER BY l.used_at LIMIT @batch",
            new { rest = (long)s_rest.TotalMilliseconds, batch = Batch },
            cancellationToken);
        foreach (var link in found)
        {
            removed += await TryRemoveAsync(link.LibraryId, link.Digest, $" AND {Unrecorded}", cancellationToken) ? 1 : 0;
        }

        return removed;
    }

    // Of a link called l. A blob that somebody has just been told of is leased.
    private string Unrecorded => $"""
        l.used_at < {_db.Now} - @rest
            AND NOT EXISTS (SELECT 1 FROM blobs b WHERE b.digest = l.digest AND b.leased_until >= {_db.Now})
            AND NOT EXISTS (SELECT 1 FROM addon_version v WHERE v.library_id = l.library_id AND v.digest = l.digest)
            AND NOT EXISTS (SELECT 1 FROM chart c WHERE c.library_id = l.library_id AND c.digest = l.digest)
        """;

    private async Task<bool> TryRemoveAsync(long libraryId, string digest, string only, CancellationToken cancellationToken)
    {
        // Who holds it is the only one who removes: what it finds claimed, a crash has left.
        await using var held = await _removals.LockAsync(cancellationToken);
        if (!await ClaimAsync(libraryId, digest, only, cancellationToken))
        {
            return false;
        }

        var isGone = false;
        try
        {
            // Whoever asked may have gone away: given up half-way it would not be known whether the bytes are there.
            await _content.Blobs.DeleteAsync(_content.Keys.Of(Digest.Parse(digest)), CancellationToken.None);
            isGone = true;
        }
        finally
        {
            if (isGone)
            {
                await _db.TransactAsync(
                    async session =>
                    {
                        await session.ExecuteAsync("DELETE FROM package_links WHERE digest = @digest", new { digest });
                        return await session.ExecuteAsync("DELETE FROM blobs WHERE digest = @digest", new { digest });
                    },
                    CancellationToken.None);
            }
            else
            {
                await _removals.UnclaimAsync(digest, CancellationToken.None);
            }
        }

        return true;
    }

    /// <summary>Removes a package in whose place another one is already.</summary>
    /// <exception cref="ApiException">The store failed. What was asked for is done all the same.</exception>
    public async Task RemoveReplacedAsync(long libraryId, string digest, CancellationToken cancellationToken)
    {
        try
        {
            await RemoveAsync(libraryId, digest, cancellationToken);
        }
        catch (StorageException e) when (e.Store is StorageSource.Blobs)
        {
            throw new ApiException(AddonsCodes.DeleteFileFailed, "the new content is live; the package that it replaces is still in the store", e);
        }
    }

    private async Task<PackageContents> ExamineAsync(Stream packed, long size, bool isLinted, CancellationToken cancellationToken)
    {
        await _room.WaitAsync(cancellationToken);
        try
        {
            return PackageContents.Read(await PackageArchive.ReadAsync(packed, size, cancellationToken), isLinted);
        }
        finally
        {
            _room.Release();
        }
    }

    // Only: what besides has to hold for the link l.
    private Task<bool> ClaimAsync(long libraryId, string digest, string only, CancellationToken cancellationToken) => _db.TransactAsync(
        async session =>
        {
            var values = new { libraryId, digest, rest = (long)s_rest.TotalMilliseconds };
            await session.FindAsync<long?>($"SELECT size FROM blobs WHERE digest = @digest{_db.ForUpdate}", values);
            if (only.Length > 0 && await session.FindAsync<long>($"SELECT COUNT(*) FROM package_links l WHERE l.library_id = @libraryId AND l.digest = @digest{only}", values) == 0)
            {
                return false;
            }

            var own = await session.FindAsync<long>(
                """
                SELECT (SELECT COUNT(*) FROM addon_version WHERE library_id = @libraryId AND digest = @digest AND removing = 0)
                    + (SELECT COUNT(*) FROM chart WHERE library_id = @libraryId AND digest = @digest AND removing = 0)
                """,
                values);
            if (own > 0)
            {
                return false;
            }

            if (await session.FindAsync<long>("SELECT COUNT(*) FROM package_links WHERE digest = @digest AND library_id <> @libraryId", values) > 0)
            {
                await session.ExecuteAsync("DELETE FROM package_links WHERE digest = @digest AND library_id = @libraryId", values);
                return false;
            }

            await session.ExecuteAsync("UPDATE blobs SET removing = 1 WHERE digest = @digest", values);
            return true;
        },
        cancellationToken);

    private sealed record PackageLink
    {
        public long LibraryId { get; init; }

        public string Digest { get; init; } = "";
    }
}
