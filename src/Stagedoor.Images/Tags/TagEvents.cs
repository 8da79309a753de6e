using Stagedoor.Storage;

namespace Stagedoor.Images.Tags;

/// <summary>Where tags are announced. Every transaction that makes, moves or takes away one calls it, whatever brought the image.</summary>
internal sealed class TagEvents(IEnumerable<ITagListener> listeners)
{
    private readonly ITagListener[] _listeners = [.. listeners];

    /// <summary>Tells everybody who listens. Tags that pointed there already are not to be among them.</summary>
    public Task AnnounceAsync(DbSession session, TagChange change) => TellAsync(change, (listener, told) => listener.HearAsync(session, told));

    /// <summary>Tells everybody who listens of tags that go.</summary>
    public Task AnnounceDeletionAsync(DbSession session, TagChange change) => TellAsync(change, (listener, told) => listener.HearDeletionAsync(session, told));

    private async Task TellAsync(TagChange change, Func<ITagListener, TagChange, Task> tell)
    {
        if (change.Tags.Count == 0)
        {
            return;
        }

        foreach (var listener in _listeners)
        {
            await tell(listener, change);
        }
    }
}
