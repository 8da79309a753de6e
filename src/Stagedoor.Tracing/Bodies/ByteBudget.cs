namespace Stagedoor.Tracing.Bodies;

/// <summary>How many bytes all requests together may hold at a time, so that a burst is refused before memory grows.</summary>
/// <param name="most">How many.</param>
internal sealed class ByteBudget(long most)
{
    private long _used;

    /// <summary>How many are held.</summary>
    public long Used => Interlocked.Read(ref _used);

    /// <summary>Holds some more; false when there is no room for them.</summary>
    public bool TryReserve(long bytes)
    {
        if (Interlocked.Add(ref _used, bytes) <= most)
        {
            return true;
        }

        Release(bytes);
        return false;
    }

    /// <summary>Holds some more that are there already, whether there is room or not.</summary>
    public void Hold(long bytes) => Interlocked.Add(ref _used, bytes);

    /// <summary>Gives back what was held.</summary>
    public void Release(long bytes) => Interlocked.Add(ref _used, -bytes);
}
