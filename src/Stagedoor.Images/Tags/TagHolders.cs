using Microsoft.Extensions.Options;
using Stagedoor.Images.Untagged;

namespace Stagedoor.Images.Tags;

/// <summary>Who needs tags that are about to be deleted: whoever names them, and whoever has pulled their images lately.</summary>
internal sealed class TagHolders(ImagesDb db, ManifestPulls pulls, IEnumerable<IImageHolders> holders, IOptions<ImagesOptions> options)
{
    private const int Portion = 500;

    private readonly IImageHolders[] _holders = [.. holders];

    /// <summary>What speaks against the deletion of tags, by their names.</summary>
    /// <param name="organization">The organization.</param>
    /// <param name="repository">The repository in it.</param>
    /// <param name="repositoryId">Its id.</param>
    /// <param name="tags">The tags.</param>
    /// <param name="cancellationToken">Ends the wait for storage.</param>
    public async Task<ILookup<string, string>> FindAsync(
        string organization, string repository, long repositoryId, IReadOnlyCollection<TagRow> tags, CancellationToken cancellationToken)
    {
        var found = new List<(string Tag, string By)>();
        foreach (var portion in tags.Chunk(Portion))
        {
            await FindPullsAsync(found, repositoryId, portion, cancellationToken);
            TaggedImage[] images = [.. portion.Select(static t => new TaggedImage(t.Name, t.Digest))];
            foreach (var holder in _holders)
            {
                found.AddRange((await holder.FindHoldersAsync($"{organization}/{repository}", images, cancellationToken)).Select(static h => (h.Tag, $"{h.Kind} {h.Name}")));
            }
        }

        return found.ToLookup(static f => f.Tag, static f => f.By, StringComparer.Ordinal);
    }

    private async Task FindPullsAsync(List<(string Tag, string By)> found, long repositoryId, TagRow[] tags, CancellationToken cancellationToken)
    {
        var minutes = options.Value.Deletion.ProtectPulledMinutes;
        if (minutes == 0)
        {
            return;
        }

        // What this process has noted, and not written yet. A note counts for an hour, in which no other one is made.
        await pulls.FlushAsync(cancellationToken);
        var digests = tags.Select(static t => t.Digest).Distinct(StringComparer.Ordinal).ToArray();
        var pulled = await db.QueryAsync<string>(
            $"SELECT digest FROM manifest_pulls WHERE repository_id = @repositoryId AND {db.In("digest", "digests")} AND pulled_at >= {db.Now} - @time",
            new { repositoryId, digests, time = (long)(TimeSpan.FromMinutes(minutes) + ManifestPulls.Grain).TotalMilliseconds },
            cancellationToken);
        found.AddRange(tags.Where(t => pulled.Contains(t.Digest, StringComparer.Ordinal))
            .Select(t => (t.Name, $"a pull within Images:Deletion:ProtectPulledMinutes ({minutes})")));
    }
}
