namespace Stagedoor.Content;

/// <summary>How a module wants its content kept.</summary>
/// <param name="Name">The module's name, with which keys of its blobs and ids of its uploads begin in the store that modules share.</param>
public sealed record ContentSettings(string Name)
{
    /// <summary>How long a blob is left alone that a client was told is there.</summary>
    public required TimeSpan Lease { get; init; }

    /// <summary>How long an upload may rest before it is dropped. What its owner received before is kept as long while uploads go on.</summary>
    public required TimeSpan UploadRest { get; init; }

    /// <summary>How many days bytes that no row speaks for lie aside before they are removed.</summary>
    public required int AsideDays { get; init; }

    /// <summary>How long after it was hashed last a blob is hashed again.</summary>
    public required TimeSpan MaxUnverified { get; init; }

    /// <summary>How often it is noted that bytes still arrive, at most: several times within a lease, so that what a push relies on is left alone.</summary>
    public TimeSpan Renewal => TimeSpan.FromTicks(Math.Min(TimeSpan.TicksPerMinute, Lease.Ticks / 4));
}
