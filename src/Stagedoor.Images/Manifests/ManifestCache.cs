using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Stagedoor.Images.Repositories;

namespace Stagedoor.Images.Manifests;

/// <summary>Manifests that are pulled often, by the path they are pulled under, ready to be sent. Bounded by the bytes of their content.</summary>
internal sealed class ManifestCache(TimeProvider clock, RegistryCache registry, IOptions<ImagesOptions> options)
{
    private const int Overhead = 1024;

    private readonly ConcurrentDictionary<string, PulledManifest> _entries = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<long, StrongCounter> _changes = new();
    private readonly Lock _evicting = new();
    private readonly long _limit = options.Value.ManifestCacheBytes;
    private long _bytes;

    /// <summary>The manifest last sent for a path, which may be out of date.</summary>
    public PulledManifest? Find(string path) => _entries.GetValueOrDefault(path);

    /// <summary>Whether nothing can have changed since the entry was read, as far as a second allows.</summary>
    public bool IsFresh(PulledManifest entry) =>
        registry.IsFresh(entry.ReadAt, entry.Generation) && entry.Change == Volatile.Read(ref entry.Counter.Value);

    /// <summary>Ends the validity of what was read from a repository.</summary>
    public void Invalidate(long repositoryId) => Interlocked.Increment(ref CounterOf(repositoryId).Value);

    /// <summary>Begins a reading: what is read after this is at least as new as this.</summary>
    public ManifestReading Begin(long repositoryId)
    {
        var counter = CounterOf(repositoryId);
        return new(counter, Volatile.Read(ref counter.Value), clock.GetTimestamp(), registry.Generation);
    }

    public void Keep(string path, PulledManifest entry)
    {
        if (_limit == 0)
        {
            return;
        }

        entry.UsedAt = entry.ReadAt;
        var size = Size(entry);
        if (_entries.TryGetValue(path, out var old))
        {
            size -= Size(old);
        }

        _entries[path] = entry;
        if (Interlocked.Add(ref _bytes, size) > _limit)
        {
            Evict();
        }
    }

    private static long Size(PulledManifest entry) => entry.Content.Length + Overhead;

    private StrongCounter CounterOf(long repositoryId) => _changes.GetOrAdd(repositoryId, static _ => new());

    // Removes the longest unused quarter. Approximate, rare, and off the path of a pull that hits.
    private void Evict()
    {
        if (!_evicting.TryEnter())
        {
            return;
        }

        try
        {
            var target = _limit - (_limit / 4);
            long kept = 0;
            foreach (var (path, entry) in _entries.OrderByDescending(static e => e.Value.UsedAt))
            {
                if (kept + Size(entry) <= target)
                {
                    kept += Size(entry);
                }
                else
                {
                    _entries.TryRemove(path, out _);
                }
            }

            Interlocked.Exchange(ref _bytes, kept);
        }
        finally
        {
            _evicting.Exit();
        }
    }
}

/// <summary>How often a repository has changed in this process.</summary>
internal sealed class StrongCounter
{
    public long Value;
}

/// <summary>The moment at which a reading began.</summary>
internal readonly record struct ManifestReading(StrongCounter Counter, long Change, long ReadAt, long Generation);

/// <summary>A manifest with the headers it is sent with.</summary>
internal sealed class PulledManifest(RepositoryState state, StoredManifest manifest, ManifestReading reading)
{
    public RepositoryState State { get; } = state;

    public long RepositoryId { get; } = state.Repository!.Id;

    public string Digest { get; } = manifest.Digest;

    public byte[] Content { get; } = manifest.Content;

    public string MediaType { get; } = manifest.MediaType;

    public StringValues ContentType { get; } = manifest.MediaType;

    public StringValues DigestHeader { get; } = manifest.Digest;

    public StringValues EntityTag { get; } = $"\"{manifest.Digest}\"";

    public StrongCounter Counter { get; } = reading.Counter;

    public long Change { get; } = reading.Change;

    // The organization and the repository may have been read before the manifest.
    public long ReadAt { get; } = Math.Min(reading.ReadAt, state.ReadAt);

    public long Generation { get; } = reading.Generation;

    public long UsedAt { get; set; }
}
