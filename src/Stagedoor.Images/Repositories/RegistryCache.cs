using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Stagedoor.Images.Repositories;

/// <summary>
/// What the registry remembers for at most a second between requests. A change made by this process is seen at once, since it ends the
/// generation that every entry belongs to. Where another replica may have changed something, nothing of what is stored is remembered: whoever has
/// been told of a push finds it everywhere. What somebody was granted, like who somebody is, is known for a second there too.
/// </summary>
internal sealed class RegistryCache
{
    /// <summary>The most bytes of each kind, since callers without credentials choose the names.</summary>
    public const long MaxBytes = 8 * 1024 * 1024;

    private const int EntryBytes = 512;
    private static readonly TimeSpan s_age = TimeSpan.FromSeconds(1);

    private readonly CacheGeneration _generation;
    private readonly TimeSpan _age;
    private readonly BoundedCache<string, RepositoryState> _repositories;
    private readonly BoundedCache<(string UserId, string Name), StrongBox<int>> _rights;
    private readonly BoundedCache<(string DomainId, long RepositoryId), StrongBox<long>> _shares;
    private readonly BoundedCache<(long RepositoryId, Digest Digest), BlobRow> _blobs;
    private long _blobChanges;

    public RegistryCache(TimeProvider clock, ImagesDb db)
    {
        _generation = new(clock);
        _age = db.IsShared ? TimeSpan.Zero : s_age;
        _repositories = new(_generation, MaxBytes, _age, static (name, _) => EntryBytes + (4 * name.Length), StringComparer.Ordinal);
        _rights = new(_generation, MaxBytes, s_age, static (key, _) => EntryBytes + (2 * key.Name.Length));
        _shares = new(_generation, MaxBytes, s_age, static (_, _) => EntryBytes);
        _blobs = new(_generation, MaxBytes, _age, static (_, _) => EntryBytes);
    }

    /// <summary>About how many bytes everything remembered takes.</summary>
    public long Bytes => _repositories.Size + _rights.Size + _shares.Size + _blobs.Size;

    /// <summary>Ends the validity of everything remembered.</summary>
    public void Invalidate() => _generation.End();

    /// <summary>The moment to put on what is about to be read.</summary>
    public CacheReading Begin() => _generation.Begin();

    public bool IsFresh(CacheReading reading) => _generation.IsFresh(reading, _age);

    public RepositoryState? FindRepository(string name) => _repositories.Find(name);

    public int? FindRights(string userId, string name) => _rights.Find((userId, name))?.Value;

    /// <summary>When the share of a repository with an account ends, in Unix milliseconds.</summary>
    public long? FindShare(string domainId, long repositoryId) => _shares.Find((domainId, repositoryId))?.Value;

    public BlobRow? FindBlob(long repositoryId, Digest digest) => _blobs.Find((repositoryId, digest));

    public void Keep(string name, RepositoryState state, CacheReading reading) => _repositories.Keep(name, state, reading);

    public void Keep(string userId, string name, int rights, CacheReading reading) => _rights.Keep((userId, name), new(rights), reading);

    public void Keep(string domainId, long repositoryId, long shareEnd, CacheReading reading) => _shares.Keep((domainId, repositoryId), new(shareEnd), reading);

    /// <summary>The moment to put on a blob that is about to be read.</summary>
    public BlobReading BeginBlob() => new(Volatile.Read(ref _blobChanges), _generation.Begin());

    /// <summary>Keeps a blob, unless any was forgotten since the reading began: it may have been this one.</summary>
    public void Keep(long repositoryId, Digest digest, BlobRow row, BlobReading reading)
    {
        _blobs.Keep((repositoryId, digest), row, reading.At);

        // After it is kept: whoever forgets it from now on finds it there.
        if (Interlocked.Read(ref _blobChanges) != reading.Changes)
        {
            _blobs.Forget((repositoryId, digest));
        }
    }

    public void ForgetBlob(long repositoryId, Digest digest)
    {
        Interlocked.Increment(ref _blobChanges);
        _blobs.Forget((repositoryId, digest));
    }

    public void Sweep()
    {
        _repositories.Sweep();
        _rights.Sweep();
        _shares.Sweep();
        _blobs.Sweep();
    }
}

/// <summary>The moment at which the reading of a blob began.</summary>
/// <param name="Changes">How many had been forgotten.</param>
/// <param name="At">When it was.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct BlobReading(long Changes, CacheReading At);
