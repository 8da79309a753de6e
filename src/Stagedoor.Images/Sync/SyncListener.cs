using Stagedoor.Images.Tags;
using Stagedoor.Storage;

namespace Stagedoor.Images.Sync;

/// <summary>Has tags copied that were made or moved, where a rule wants it. The request is kept with the tag, so that no crash comes in between.</summary>
internal sealed class SyncListener(SyncStore store) : ITagListener
{
    public Task HearAsync(DbSession session, TagChange change) => store.QueueNewAsync(session, change.RepositoryId, change.Tags);
}
