using Stagedoor.Storage;

namespace Stagedoor.Images.Tags;

/// <summary>Where tags are announced. Every transaction that makes or moves one calls it, whatever brought the image.</summary>
internal sealed class TagEvents(IEnumerable<ITagListener> listeners)
{
    private readonly ITagListener[] _listeners = [.. listeners];

    /// <summary>Tells everybody who listens. Tags that pointed there already are not to be among them.</summary>
    public async Task AnnounceAsync(DbSession session, TagChange change)
    {
        if (change.Tags.Count == 0)
        {
            return;
        }

        foreach (var listener in _listeners)
        {
            await listener.HearAsync(session, change);
        }
    }
}
