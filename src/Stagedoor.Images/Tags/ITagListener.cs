using Stagedoor.Storage;

namespace Stagedoor.Images.Tags;

/// <summary>
/// Hears of tags that were made or moved, in the transaction that does it: what it writes there is kept with the tag or not at all, so that no crash comes
/// in between. It writes down what is to be done, as a job for instance, and does nothing else; the transaction may run again.
/// </summary>
internal interface ITagListener
{
    /// <summary>Tags are about to point to something they did not point to before.</summary>
    /// <param name="session">The transaction, which holds the repository's row.</param>
    /// <param name="change">What they are.</param>
    Task HearAsync(DbSession session, TagChange change);

    /// <summary>Tags are about to be taken away, from what they point to still.</summary>
    /// <param name="session">The transaction, which holds the repository's row.</param>
    /// <param name="change">What they are.</param>
    Task HearDeletionAsync(DbSession session, TagChange change) => Task.CompletedTask;
}

/// <summary>Tags that were made, moved or taken away together.</summary>
/// <param name="OrganizationId">The organization.</param>
/// <param name="RepositoryId">The repository in it.</param>
/// <param name="Digest">What they point to now, or pointed to until now.</param>
/// <param name="Tags">Their names.</param>
internal sealed record TagChange(long OrganizationId, long RepositoryId, string Digest, IReadOnlyList<string> Tags)
{
    /// <summary>The name of the user who did it; empty when it was nobody.</summary>
    public string UserName { get; init; } = "";
}
