namespace Stagedoor.Images.Repositories;

/// <summary>
/// What the registry remembers for at most a second between requests. A change made by this process is seen at once, since it ends the
/// generation that every entry belongs to; one made by another replica within that second.
/// </summary>
internal sealed class RegistryCache(TimeProvider clock)
{
    /// <summary>The most bytes of each kind, since callers without credentials choose the names.</summary>
    public const long MaxBytes = 8 * 1024 * 1024;

    private const int EntryBytes = 512;

    private readonly long _lifetime = clock.TimestampFrequency;
    private readonly BoundedCache<string, Entry<RepositoryState>> _repositories = new(MaxBytes, static (name, _) => EntryBytes + (4 * name.Length));
    private readonly BoundedCache<(string UserId, string Name), Entry<int>> _rights = new(MaxBytes, static (key, _) => EntryBytes + (2 * key.Name.Length));
    private readonly BoundedCache<(long RepositoryId, Digest Digest), Entry<BlobRow>> _blobs = new(MaxBytes, static (_, _) => EntryBytes);
    private long _generation;

    public long Generation => Volatile.Read(ref _generation);

    public long Timestamp => clock.GetTimestamp();

    /// <summary>About how many bytes everything remembered takes.</summary>
    public long Bytes => _repositories.Bytes + _rights.Bytes + _blobs.Bytes;

    /// <summary>Ends the validity of everything remembered.</summary>
    public void Invalidate() => Interlocked.Increment(ref _generation);

    public bool IsFresh(long readAt, long generation) =>
        generation == Volatile.Read(ref _generation) && clock.GetTimestamp() - readAt is var age && age >= 0 && age < _lifetime;

    public RepositoryState? FindRepository(string name) => _repositories.Find(name) is { } entry && IsFresh(entry) ? entry.Value : null;

    public int? FindRights(string userId, string name) => _rights.Find((userId, name)) is { } entry && IsFresh(entry) ? entry.Value : null;

    public BlobRow? FindBlob(long repositoryId, Digest digest) => _blobs.Find((repositoryId, digest)) is { } entry && IsFresh(entry) ? entry.Value : null;

    /// <summary>The time and generation to put on what is about to be read.</summary>
    public (long ReadAt, long Generation) Now() => (clock.GetTimestamp(), Generation);

    public void Keep(string name, RepositoryState state, (long ReadAt, long Generation) read) => _repositories.Keep(name, new(state, read.ReadAt, read.Generation));

    public void Keep(string userId, string name, int rights, (long ReadAt, long Generation) read) =>
        _rights.Keep((userId, name), new(rights, read.ReadAt, read.Generation));

    public void Keep(long repositoryId, Digest digest, BlobRow row, (long ReadAt, long Generation) read) =>
        _blobs.Keep((repositoryId, digest), new(row, read.ReadAt, read.Generation));

    public void ForgetBlob(long repositoryId, Digest digest) => _blobs.Forget((repositoryId, digest));

    public void Sweep()
    {
        _repositories.Sweep(entry => !IsFresh(entry));
        _rights.Sweep(entry => !IsFresh(entry));
        _blobs.Sweep(entry => !IsFresh(entry));
    }

    private bool IsFresh<T>(Entry<T> entry) => IsFresh(entry.ReadAt, entry.Generation);

    private sealed record Entry<T>(T Value, long ReadAt, long Generation);
}
