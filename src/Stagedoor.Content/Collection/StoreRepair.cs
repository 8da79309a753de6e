using Stagedoor.Content.Blobs;

namespace Stagedoor.Content.Collection;

/// <summary>Compares blob store and database at an operator's wish, and does what the collector must not decide by itself.</summary>
public sealed class StoreRepair(ContentStore content, CollectorStore store, BlobRows rows, CollectionGuard guard, Collector collector, Aside aside)
{
    private const int Parallelism = 8;

    /// <summary>What there is. Changes nothing but the notes of what was seen without a row.</summary>
    public async Task<StoreReport> ExamineAsync(CancellationToken cancellationToken)
    {
        await using var held = await store.LockAsync(cancellationToken);
        return (await CompareAsync(cancellationToken)).Report;
    }

    /// <summary>
    /// Puts back what is aside and a row needs, sets aside what no row has spoken for a whole lease, and takes database and store for one from now on.
    /// </summary>
    /// <param name="discardsAside">Removes what is aside then, without waiting for its days.</param>
    /// <param name="cancellationToken">Ends it; what was done until then stays done.</param>
    public async Task<StoreRepairs> RepairAsync(bool discardsAside, CancellationToken cancellationToken)
    {
        await using var held = await store.LockAsync(cancellationToken);
        var (_, returning) = await CompareAsync(cancellationToken);
        foreach (var found in returning)
        {
            await aside.PutBackAsync(found, cancellationToken);
        }

        var set = await collector.SetAllAsideAsync(cancellationToken);
        var discarded = 0;
        if (discardsAside)
        {
            await foreach (var found in aside.ListAsync(cancellationToken))
            {
                discarded += await aside.RemoveAsync(found, cancellationToken) ? 1 : 0;
            }
        }

        await guard.AcceptAsync(cancellationToken);
        return new(returning.Count, set.Aside, discarded);
    }

    private async Task<(StoreReport Report, IReadOnlyList<AsideObject> Returning)> CompareAsync(CancellationToken cancellationToken)
    {
        var objection = await guard.FindMarkObjectionAsync(cancellationToken);
        var run = await store.ReadClockAsync(cancellationToken);
        var objects = await collector.SurveyAsync(run, cancellationToken);
        var unrecorded = await store.CountUnrecordedAsync(content.Keys.Prefix, long.MaxValue, cancellationToken);
        var missing = await FindMissingAsync(cancellationToken);
        var returning = new Dictionary<string, AsideObject>(StringComparer.Ordinal);
        var (count, bytes) = (0L, 0L);
        await foreach (var found in aside.ListAsync(cancellationToken))
        {
            (count, bytes) = (count + 1, bytes + found.Size);
            if (missing.TryGetValue(found.Digest.ToString(), out var size) && size == found.Size)
            {
                returning[found.Digest.ToString()] = found;
            }
        }

        return (new(objection, objects, unrecorded, missing.Count - returning.Count, returning.Count, count, bytes), [.. returning.Values]);
    }

    // Rows whose bytes are not there, and how many bytes those were.
    private async Task<Dictionary<string, long>> FindMissingAsync(CancellationToken cancellationToken)
    {
        var missing = new Dictionary<string, long>(StringComparer.Ordinal);
        var after = "";
        while (await rows.ListAsync(after, cancellationToken) is { Count: > 0 } page)
        {
            var absent = new System.Collections.Concurrent.ConcurrentBag<CollectedBlob>();
            await Parallel.ForEachAsync(
                page,
                new ParallelOptions { MaxDegreeOfParallelism = Parallelism, CancellationToken = cancellationToken },
                async (blob, token) =>
                {
                    if (await content.Blobs.FindSizeAsync(content.Keys.Of(Digest.Parse(blob.Digest)), token) is null)
                    {
                        absent.Add(blob);
                    }
                });
            foreach (var blob in absent)
            {
                missing[blob.Digest] = blob.Size;
            }

            after = page[^1].Digest;
        }

        return missing;
    }
}

/// <summary>How blob store and database agree.</summary>
/// <param name="Objection">Why the collector does nothing because of them; null when it works.</param>
/// <param name="Objects">The module's objects in the store.</param>
/// <param name="Unrecorded">Those of them without a row.</param>
/// <param name="Missing">Rows without bytes anywhere.</param>
/// <param name="Returning">Rows whose bytes are aside.</param>
/// <param name="Aside">Objects that are set aside.</param>
/// <param name="AsideBytes">Their bytes.</param>
public sealed record StoreReport(string? Objection, long Objects, long Unrecorded, int Missing, int Returning, long Aside, long AsideBytes);

/// <summary>What a repair of the store has done.</summary>
/// <param name="PutBack">Objects that a row needed and that were put back.</param>
/// <param name="SetAside">Objects without a row that were set aside.</param>
/// <param name="Discarded">Objects aside that were removed.</param>
public sealed record StoreRepairs(int PutBack, int SetAside, int Discarded);
