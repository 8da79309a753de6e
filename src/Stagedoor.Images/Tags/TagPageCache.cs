using Stagedoor.Images.Manifests;

namespace Stagedoor.Images.Tags;

/// <summary>A page of tags, ready to be sent.</summary>
/// <param name="Content">The answer's body.</param>
/// <param name="Link">Where the next page is; empty when this is the last.</param>
/// <param name="Reading">The moment before it was read.</param>
internal sealed record TagPage(byte[] Content, string Link, ManifestReading Reading);

/// <summary>Which page of whose tags: the name is part of the answer.</summary>
internal readonly record struct TagPageKey(long RepositoryId, string Name, string Last, int Count);

/// <summary>Pages of tags that are asked for often. They are as fresh as manifests are: a change by this process is seen at once.</summary>
internal sealed class TagPageCache(TimeProvider clock, ManifestCache manifests)
{
    /// <summary>The most bytes that they take, since callers choose where a page begins.</summary>
    public const long MaxBytes = 8 * 1024 * 1024;

    private const int Overhead = 512;

    private readonly BoundedCache<TagPageKey, TagPage> _pages = new(
        new(clock), MaxBytes, TimeSpan.FromSeconds(1), static (key, page) => Overhead + (2 * (key.Name.Length + key.Last.Length + page.Link.Length)) + page.Content.Length);

    public TagPage? Find(TagPageKey key) => _pages.Find(key) is { } page && manifests.IsFresh(page.Reading) ? page : null;

    public void Keep(TagPageKey key, TagPage page) => _pages.Keep(key, page);

    public void Sweep() => _pages.Sweep();
}
