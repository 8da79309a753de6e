using System.Runtime.CompilerServices;
using System.Text.Json;
using Stagedoor.Images.Manifests;
using Stagedoor.Images.Repositories;
using Stagedoor.Images.Requests;
using Stagedoor.Images.Tags;
using Stagedoor.Storage;

namespace Stagedoor.Images.Retention;

/// <summary>Judges the tags of a repository by a rule, a page at a time, and deletes those that go, or tells which they would be.</summary>
internal sealed class RetentionRun(ImagesDb db, TagCatalog tags, TagStore store, TagGuard guard, TagHolders holders, ManifestCache cache, TimeProvider clock)
{
    /// <summary>How many tags go in one transaction, which holds their repository.</summary>
    public const int Portion = 100;

    /// <summary>How many tags a preview names.</summary>
    public const int MaxPreviewed = 1000;

    private const int Page = 500;

    /// <summary>Deletes what goes; null when the rule was changed or deleted meanwhile, which ends it.</summary>
    /// <returns>How many tags went.</returns>
    public async Task<int?> ExecuteAsync(DueRetention rule, CancellationToken cancellationToken)
    {
        var rules = RetentionRule.Read(rule.Rules);
        var text = JsonSerializer.Serialize(rules[0], RetentionJson.Wire.RetentionRule);
        var deleted = 0;
        await foreach (var page in JudgeAsync(rule.RepositoryId, rule.Organization, rule.Repository, RetentionPolicy.Of(rules[0]), cancellationToken))
        {
            foreach (var portion in page.Where(static j => j.Goes).Select(static j => j.Tag).Chunk(Portion))
            {
                var gone = await db.TransactAsync(session => DeleteAsync(session, rule, portion, text), cancellationToken);
                cache.Invalidate(rule.RepositoryId);
                if (gone is null)
                {
                    return null;
                }

                deleted += gone.Value;
            }
        }

        return deleted;
    }

    /// <summary>What a rule would do now. Nothing changes.</summary>
    public async Task<RetentionPreview> PreviewAsync(OpenedRepository repository, RetentionRule rule, CancellationToken cancellationToken)
    {
        var (goes, stays) = (new List<PreviewedTag>(), new List<PreviewedTag>());
        var (going, staying) = (0L, 0L);
        await foreach (var page in JudgeAsync(repository.Id, repository.Organization.Name, repository.Name, RetentionPolicy.Of(rule), cancellationToken))
        {
            foreach (var judged in page)
            {
                _ = judged.Goes ? going++ : staying++;
                var list = judged.Goes ? goes : stays;
                if (list.Count < MaxPreviewed)
                {
                    list.Add(new(judged.Tag.Name, judged.Tag.Digest, WireTime.Of(judged.Tag.UpdatedAt), judged.Reason));
                }
            }
        }

        return new(going, goes, staying, stays);
    }

    // Null when this is not the rule any more. What was pushed since it was judged is another tag by now, and stays.
    private async Task<int?> DeleteAsync(DbSession session, DueRetention rule, TagRow[] portion, string text)
    {
        if (await LockedRepository.TakeAsync(db, session, rule.RepositoryId) is not { } repository
            || await session.FindAsync<long>("SELECT COUNT(*) FROM retention_rules WHERE id = @Id AND version = @Version", new { rule.Id, rule.Version }) == 0)
        {
            return null;
        }

        var gone = await store.DeleteAsync(session, repository, rule.RepositoryId, portion, "");
        foreach (var tag in gone)
        {
            var id = await Sequence.NextAsync(session, "retention_logs");
            await session.ExecuteAsync(
                $"""
                INSERT INTO retention_logs (id, retention_id, repository_id, tag, digest, rule, created_at)
                VALUES (@id, @retentionId, @RepositoryId, @Name, @Digest, @text, {db.Now})
                """,
                new { id, retentionId = rule.Id, rule.RepositoryId, tag.Name, tag.Digest, text });
        }

        return gone.Count;
    }

    // A rule for age begins with the oldest and ends where tags are young enough; one for a number begins with the newest, of which so many stay.
    private async IAsyncEnumerable<IReadOnlyList<Judged>> JudgeAsync(
        long repositoryId, string organization, string repository, RetentionPolicy policy, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // A clock that runs ahead makes nothing older.
        var now = await db.ReadEarlierClockAsync(clock, cancellationToken);
        var young = policy.Days is { } days ? now.AddDays(-days).ToUnixTimeMilliseconds() : long.MaxValue;
        var order = new TagOrder(IsByName: false, IsAscending: policy.Days is not null);
        var immutable = await guard.FindPatternsAsync(repositoryId, cancellationToken);
        var kept = 0;
        var isLast = false;
        for (TagMarker? place = null; !isLast;)
        {
            var page = await tags.ListAfterAsync(repositoryId, default, order, place, Page, cancellationToken);
            isLast = page.Count < Page;
            var judged = new List<Judged>();
            foreach (var tag in page)
            {
                place = new("", tag.UpdatedAt, tag.Id);
                if (tag.UpdatedAt >= young)
                {
                    isLast = true;
                    break;
                }

                var exemption = ImmutableTags.Protect(immutable, tag.Name) ? "immutable" : policy.FindExemption(tag.Name);
                if (policy.Kept is { } most && kept < most)
                {
                    kept += exemption is null ? 1 : 0;
                    continue;
                }

                judged.Add(exemption is not null ? new(tag, false, exemption)
                    : new(tag, true, policy.Days is not null ? $"not moved for {policy.Days} days" : $"not among the {policy.Kept} that were moved last"));
            }

            var held = await holders.FindAsync(organization, repository, repositoryId, [.. judged.Where(static j => j.Goes).Select(static j => j.Tag)], cancellationToken);
            yield return [.. judged.Select(j => j.Goes && held.Contains(j.Tag.Name) ? new(j.Tag, false, $"used by {string.Join(", ", held[j.Tag.Name])}") : j)];
        }
    }

    /// <summary>A tag that a rule speaks of.</summary>
    /// <param name="Tag">The tag as it was read.</param>
    /// <param name="Goes">Whether it goes.</param>
    /// <param name="Reason">Why, or why not.</param>
    private sealed record Judged(TagRow Tag, bool Goes, string Reason);
}
