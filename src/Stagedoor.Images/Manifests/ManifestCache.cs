using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;
using Stagedoor.Images.Repositories;

namespace Stagedoor.Images.Manifests;

/// <summary>Manifests that are pulled often, by the path they are pulled under, ready to be sent. Bounded by the bytes of their content.</summary>
internal sealed class ManifestCache
{
    private const int Overhead = 1024;

    // So many, whatever number of repositories there is: a change of one makes those look again that share its counter.
    private const int Counters = 1024;

    private readonly RegistryCache _registry;
    private readonly BoundedCache<string, PulledManifest> _entries;
    private readonly StrongCounter[] _changes = [.. Enumerable.Range(0, Counters).Select(static _ => new StrongCounter())];

    public ManifestCache(TimeProvider clock, RegistryCache registry, IOptions<ImagesOptions> options)
    {
        _registry = registry;
        _entries = new(
            new(clock), options.Value.ManifestCacheBytes, Timeout.InfiniteTimeSpan, static (_, entry) => entry.Content.Length + Overhead, StringComparer.Ordinal);
    }

    /// <summary>The manifest last sent for a path, which may be out of date.</summary>
    public PulledManifest? Find(string path) => _entries.Find(path);

    /// <summary>Whether nothing can have changed since something was read, as far as a second allows.</summary>
    public bool IsFresh(ManifestReading reading) => _registry.IsFresh(reading.At) && reading.Change == Volatile.Read(ref reading.Counter.Value);

    /// <summary>Ends the validity of what was read from a repository.</summary>
    public void Invalidate(long repositoryId) => Interlocked.Increment(ref CounterOf(repositoryId).Value);

    /// <summary>Begins a reading: what is read after this is at least as new as this.</summary>
    public ManifestReading Begin(long repositoryId)
    {
        var counter = CounterOf(repositoryId);
        return new(counter, Volatile.Read(ref counter.Value), _registry.Begin());
    }

    public void Keep(string path, PulledManifest entry) => _entries.Keep(path, entry);

    private StrongCounter CounterOf(long repositoryId) => _changes[(int)((ulong)repositoryId % Counters)];
}

/// <summary>How often repositories have changed in this process.</summary>
internal sealed class StrongCounter
{
    public long Value;
}

/// <summary>The moment at which a reading began.</summary>
internal readonly record struct ManifestReading(StrongCounter Counter, long Change, CacheReading At);

/// <summary>A manifest with the headers it is sent with.</summary>
internal sealed class PulledManifest(RepositoryState state, StoredManifest manifest, ManifestReading reading)
{
    public RepositoryState State { get; } = state;

    public long RepositoryId { get; } = state.Repository!.Id;

    public string Digest { get; } = manifest.Digest;

    public byte[] Content { get; } = manifest.Content;

    public string MediaType { get; } = manifest.MediaType;

    /// <summary>When it was last noted that somebody has asked for it, on the clock's own scale; 0 when it was not.</summary>
    public long NotedAt { get; set; }

    public StringValues ContentType { get; } = manifest.MediaType;

    public StringValues DigestHeader { get; } = manifest.Digest;

    public StringValues EntityTag { get; } = $"\"{manifest.Digest}\"";

    // The organization and the repository may have been read before the manifest.
    public ManifestReading Reading { get; } = reading with { At = reading.At with { At = Math.Min(reading.At.At, state.ReadAt) } };
}
