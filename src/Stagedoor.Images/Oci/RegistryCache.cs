using System.Collections.Concurrent;

namespace Stagedoor.Images.Oci;

/// <summary>
/// What the registry remembers for at most a second between requests. A change made by this process is seen at once, since it ends the
/// generation that every entry belongs to; one made by another replica within that second.
/// </summary>
internal sealed class RegistryCache(TimeProvider clock)
{
    private const int MaxEntries = 50_000;

    private readonly long _lifetime = clock.TimestampFrequency;
    private readonly ConcurrentDictionary<string, Entry<RepositoryState>> _repositories = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string UserId, string Name), Entry<int>> _rights = new();
    private readonly ConcurrentDictionary<(long RepositoryId, Digest Digest), Entry<BlobRow>> _blobs = new();
    private long _generation;

    public long Generation => Volatile.Read(ref _generation);

    public long Timestamp => clock.GetTimestamp();

    /// <summary>Ends the validity of everything remembered.</summary>
    public void Invalidate() => Interlocked.Increment(ref _generation);

    public bool IsFresh(long readAt, long generation) =>
        generation == Volatile.Read(ref _generation) && clock.GetTimestamp() - readAt is var age && age >= 0 && age < _lifetime;

    public RepositoryState? FindRepository(string name) =>
        _repositories.TryGetValue(name, out var entry) && IsFresh(entry.ReadAt, entry.Generation) ? entry.Value : null;

    public int? FindRights(string userId, string name) =>
        _rights.TryGetValue((userId, name), out var entry) && IsFresh(entry.ReadAt, entry.Generation) ? entry.Value : null;

    public BlobRow? FindBlob(long repositoryId, Digest digest) =>
        _blobs.TryGetValue((repositoryId, digest), out var entry) && IsFresh(entry.ReadAt, entry.Generation) ? entry.Value : null;

    /// <summary>The time and generation to put on what is about to be read.</summary>
    public (long ReadAt, long Generation) Now() => (clock.GetTimestamp(), Generation);

    public void Keep(string name, RepositoryState state, (long ReadAt, long Generation) read) => Keep(_repositories, name, state, read);

    public void Keep(string userId, string name, int rights, (long ReadAt, long Generation) read) => Keep(_rights, (userId, name), rights, read);

    public void Keep(long repositoryId, Digest digest, BlobRow row, (long ReadAt, long Generation) read) => Keep(_blobs, (repositoryId, digest), row, read);

    public void ForgetBlob(long repositoryId, Digest digest) => _blobs.TryRemove((repositoryId, digest), out _);

    private static void Keep<TKey, TValue>(
        ConcurrentDictionary<TKey, Entry<TValue>> entries, TKey key, TValue value, (long ReadAt, long Generation) read)
        where TKey : notnull
    {
        // Entries live a second, so forgetting all of them costs no more than that second passing.
        if (entries.Count > MaxEntries)
        {
            entries.Clear();
        }

        entries[key] = new(value, read.ReadAt, read.Generation);
    }

    private sealed record Entry<T>(T Value, long ReadAt, long Generation);
}
