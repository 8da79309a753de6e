using System.Runtime.InteropServices;
using Stagedoor.Content.Blobs;
using Stagedoor.Content.Uploads;
using Stagedoor.Storage;

namespace Stagedoor.Content.Collection;

/// <summary>Removes what no owner needs, while others push and pull: unused blobs, abandoned uploads, bytes without a row.</summary>
/// <remarks>
/// A blob is marked before its bytes go and its row goes after them; a push of the same digest waits meanwhile. So there is never a row that
/// promises bytes which are not there. A mark whose bytes could not be removed is taken back at once. One that a crash has left is taken back by
/// the first push that meets it, or its removal is finished by the next run: whoever holds the collector's lock knows that nobody removes.
/// <para>
/// What a row says is not needed is removed. What no row speaks for is set aside for some days first, since it is the row that may be missing; and
/// when that were more than a few, or the guard objects, nothing is touched at all.
/// </para>
/// </remarks>
public sealed class Collector(
    ContentStore content,
    CollectorStore store,
    BlobRows rows,
    CollectionGuard guard,
    CollectorState state,
    Aside aside,
    BlobUploads uploads,
    IEnumerable<IBlobOwner> owners,
    TimeProvider clock)
{
    /// <summary>So many objects may be set aside in one run whatever their share: a small store is no reason to stop.</summary>
    internal const int FewObjects = 10;

    /// <summary>The share of the store's objects that may be set aside in one run, in percent.</summary>
    internal const int MaxPercent = 5;

    private const int Page = 500;
    private const string StagedPrefix = "uploads/";

    /// <summary>Collects once, and answers what was removed.</summary>
    /// <exception cref="StorageException">A store failed; what was removed until then stays removed.</exception>
    public async Task<Collected> CollectAsync(CancellationToken cancellationToken)
    {
        await using var held = await store.LockAsync(cancellationToken);
        return await CollectHeldAsync(cancellationToken);
    }

    /// <summary>The same, but null when another collection runs, here or elsewhere, and does not end in that time.</summary>
    /// <exception cref="StorageException">A store failed; what was removed until then stays removed.</exception>
    public async Task<Collected?> TryCollectAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        using var waiting = new CancellationTokenSource(patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, waiting.Token);
        IAsyncDisposable held;
        try
        {
            held = await store.LockAsync(either.Token);
        }
        catch (OperationCanceledException) when (waiting.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return null;
        }

        await using (held)
        {
            return await CollectHeldAsync(cancellationToken);
        }
    }

    private async Task<Collected> CollectHeldAsync(CancellationToken cancellationToken)
    {
        uploads.Sweep();
        if (await guard.FindObjectionAsync(cancellationToken) is { } objection)
        {
            return new Collected { Objection = objection, IsNews = state.Set(objection) };
        }

        var (retired, released) = (0, 0);
        foreach (var owner in owners)
        {
            retired += await owner.RetireAsync(cancellationToken);
            released += await owner.ReleaseAsync(cancellationToken);
        }

        var dropped = await uploads.DropRowsAsync(content.Settings.UploadRest, cancellationToken);
        var collected = await RemoveAsync(await store.ListClaimedAsync(cancellationToken), new() { Retired = retired, Released = released }, cancellationToken);
        for (var after = ""; await store.ListUnusedAsync(after, cancellationToken) is (var unused, { } last); after = last)
        {
            foreach (var some in unused.Chunk(CollectorStore.ClaimBatch))
            {
                collected = await RemoveAsync(await store.ClaimAsync(some, cancellationToken), collected, cancellationToken);
            }
        }

        var run = await store.ReadClockAsync(cancellationToken);
        var objects = await SurveyAsync(run, cancellationToken);
        await SurveyUploadsAsync(run, dropped, cancellationToken);
        await store.ForgetOthersAsync(run, cancellationToken);
        await DropUnrecordedUploadsAsync(run - Milliseconds(content.Settings.UploadRest), cancellationToken);
        return await SetAsideAsync(objects, run - Milliseconds(content.Settings.Lease), unlimited: false, collected, cancellationToken);
    }

    /// <summary>Sets everything aside that no row speaks for, however much it is: an operator has looked at it.</summary>
    internal async Task<Collected> SetAllAsideAsync(CancellationToken cancellationToken)
    {
        var run = await store.ReadClockAsync(cancellationToken);
        var objects = await SurveyAsync(run, cancellationToken);
        return await SetAsideAsync(objects, run - Milliseconds(content.Settings.Lease), unlimited: true, default, cancellationToken);
    }

    /// <summary>Notes which objects no row speaks for, and answers how many objects there are.</summary>
    internal async Task<long> SurveyAsync(long run, CancellationToken cancellationToken)
    {
        var objects = 0L;
        var page = new Dictionary<string, UnrecordedObject>(Page, StringComparer.Ordinal);
        await foreach (var entry in content.Blobs.ListAsync(content.Keys.Prefix, cancellationToken))
        {
            if (!content.Keys.TryParse(entry.Key, out var digest))
            {
                continue;
            }

            objects++;
            page[digest.ToString()] = new(entry.Key.ToString(), entry.Size, entry.Modified.ToUnixTimeMilliseconds());
            if (page.Count == Page)
            {
                await NoteAsync(page, rows.FindKnownAsync, run, cancellationToken);
            }
        }

        await NoteAsync(page, rows.FindKnownAsync, run, cancellationToken);
        return objects;
    }

    private static long Milliseconds(TimeSpan time) => (long)time.TotalMilliseconds;

    // One question for a page of what the store has.
    private async Task NoteAsync(
        Dictionary<string, UnrecordedObject> page,
        Func<IReadOnlyCollection<string>, CancellationToken, Task<IReadOnlySet<string>>> find,
        long run,
        CancellationToken cancellationToken)
    {
        var known = await find(page.Keys, cancellationToken);
        if (page.Where(p => !known.Contains(p.Key)).Select(static p => p.Value).ToList() is { Count: > 0 } unknown)
        {
            await store.NoteUnrecordedAsync(unknown, run, cancellationToken);
        }

        page.Clear();
    }

    // A fault ends the collection. Whether or not the bytes of what is left are gone then, its claims are taken back: a push that links such a blob
    // looks for the bytes, and brings them again when they are not there.
    private async Task<Collected> RemoveAsync(IReadOnlyList<CollectedBlob> claimed, Collected collected, CancellationToken cancellationToken)
    {
        var removed = new List<string>(claimed.Count);
        try
        {
            foreach (var blob in claimed)
            {
                collected = await RemoveAsync(blob, collected, cancellationToken);
                removed.Add(blob.Digest);
            }
        }
        finally
        {
            if (claimed.Count > 0)
            {
                await store.SettleAsync(removed, [.. claimed.Skip(removed.Count).Select(static b => b.Digest)], CancellationToken.None);
            }
        }

        return collected;
    }

    private async Task<Collected> RemoveAsync(CollectedBlob blob, Collected collected, CancellationToken cancellationToken)
    {
        var digest = Digest.Parse(blob.Digest);
        if (blob.Removing == CollectedBlob.SetAside)
        {
            var isMoved = await aside.PutAsync(digest, await store.ReadClockAsync(cancellationToken), cancellationToken);
            return collected with { Aside = collected.Aside + (isMoved ? 1 : 0) };
        }

        await content.Blobs.DeleteAsync(content.Keys.Of(digest), cancellationToken);
        return collected with { Blobs = collected.Blobs + 1, Bytes = collected.Bytes + blob.Size };
    }

    // Staged bytes without a row are left by a crash between the two, or by a push of a whole blob in one request.
    private async Task SurveyUploadsAsync(long run, IReadOnlyList<string> dropped, CancellationToken cancellationToken)
    {
        var gone = dropped.ToHashSet(StringComparer.Ordinal);
        var page = new Dictionary<string, UnrecordedObject>(Page, StringComparer.Ordinal);
        await foreach (var staged in content.Blobs.ListUploadsAsync(cancellationToken))
        {
            if (content.Keys.FindUploadId(staged.Id) is not { } id)
            {
                continue;
            }

            if (gone.Contains(id))
            {
                await uploads.DropStagedAsync(id, cancellationToken);
                continue;
            }

            page[id] = new(StagedPrefix + id, 0, staged.Modified.ToUnixTimeMilliseconds());
            if (page.Count == Page)
            {
                await NoteAsync(page, uploads.FindKnownAsync, run, cancellationToken);
            }
        }

        await NoteAsync(page, uploads.FindKnownAsync, run, cancellationToken);
    }

    private async Task DropUnrecordedUploadsAsync(long seenBefore, CancellationToken cancellationToken)
    {
        await foreach (var staged in UnrecordedAsync(StagedPrefix, seenBefore, cancellationToken))
        {
            var id = staged.Name[StagedPrefix.Length..];
            if (!await uploads.HasRowAsync(id, cancellationToken))
            {
                await uploads.DropStagedAsync(id, cancellationToken);
            }

            await store.ForgetUnrecordedAsync(staged.Name, cancellationToken);
        }
    }

    // Without a row for so long that no push can be between its bytes and its row.
    private async Task<Collected> SetAsideAsync(long objects, long seenBefore, bool unlimited, Collected collected, CancellationToken cancellationToken)
    {
        var ripe = await store.CountUnrecordedAsync(content.Keys.Prefix, seenBefore, cancellationToken);
        var all = await store.CountUnrecordedAsync(content.Keys.Prefix, long.MaxValue, cancellationToken);
        string? objection = null;
        if (!unlimited && ripe > FewObjects && ripe * 100 > objects * MaxPercent)
        {
            objection = $"{ripe} of the {objects} objects in the blob store have no row in the database, which is more than {MaxPercent} %: rows may be lost. "
                + "See what there is with 'stagedoor doctor --repair-store', and decide with --yes.";
        }
        else
        {
            await foreach (var found in UnrecordedAsync(content.Keys.Prefix, seenBefore, cancellationToken))
            {
                if (content.Keys.TryParse(new(found.Name), out var digest) && await store.ClaimOrphanAsync(digest.ToString(), found, cancellationToken))
                {
                    collected = await RemoveAsync(
                        [new() { Digest = digest.ToString(), Size = found.Size, Removing = CollectedBlob.SetAside }], collected, cancellationToken);
                    all--;
                }

                await store.ForgetUnrecordedAsync(found.Name, cancellationToken);
            }
        }

        var (kept, expired) = objection is null ? await ExpireAsync(cancellationToken) : (await aside.ListAsync(cancellationToken).CountAsync(cancellationToken), 0);
        state.Count(all, kept);
        return collected with { Expired = expired, Objection = objection, IsNews = state.Set(objection) };
    }

    // A day more than it says: the day on which it was set aside may have been nearly over.
    private async Task<(int Kept, int Removed)> ExpireAsync(CancellationToken cancellationToken)
    {
        var today = DateOnly.FromDateTime(DateTimeOffset.FromUnixTimeMilliseconds(await store.ReadClockAsync(cancellationToken)).UtcDateTime);
        var (kept, removed) = (0, 0);
        await foreach (var found in aside.ListAsync(cancellationToken))
        {
            if (found.Day.AddDays(content.Settings.AsideDays) < today)
            {
                await aside.RemoveAsync(found, cancellationToken);
                removed++;
            }
            else
            {
                kept++;
            }
        }

        return (kept, removed);
    }

    private async IAsyncEnumerable<CollectedObject> UnrecordedAsync(
        string prefix, long seenBefore, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var after = "";
        while (await store.ListUnrecordedAsync(prefix, seenBefore, after, cancellationToken) is { Count: > 0 } page)
        {
            foreach (var found in page)
            {
                yield return found;
            }

            after = page[^1].Name;
        }
    }
}

/// <summary>What a collection has removed.</summary>
[StructLayout(LayoutKind.Auto)]
public readonly record struct Collected
{
    /// <summary>What went of the owners that users know, such as deleted tags that can no longer be restored.</summary>
    public int Released { get; init; }

    /// <summary>What went that has no name, such as manifests without a tag.</summary>
    public int Retired { get; init; }

    public int Blobs { get; init; }

    /// <summary>The blobs' bytes.</summary>
    public long Bytes { get; init; }

    /// <summary>Objects without a row that were set aside.</summary>
    public int Aside { get; init; }

    /// <summary>Objects that had been aside for long enough and were removed.</summary>
    public int Expired { get; init; }

    /// <summary>Why nothing, or nothing more, was removed; null when all was well.</summary>
    public string? Objection { get; init; }

    /// <summary>The objection is another than that of the run before.</summary>
    public bool IsNews { get; init; }
}
