namespace Stagedoor.Storage;

/// <summary>An unexpected fault of a database or blob store, in the one shape that the rest of the product knows.</summary>
/// <param name="source">Which store failed.</param>
/// <param name="kind">What kind of fault it was.</param>
/// <param name="message">What failed, for the log.</param>
/// <param name="inner">The engine's own exception.</param>
public sealed class StorageException(StorageSource source, StorageFault kind, string message, Exception? inner = null)
    : Exception(message, inner)
{
    public StorageSource Store { get; } = source;

    public StorageFault Fault { get; } = kind;

    /// <summary>
    /// What the database was doing, as kind and table (<see cref="StatementName"/>), for example <c>INSERT repository</c>, or <c>COMMIT</c>; null for blobs, and
    /// where no statement was reached.
    /// </summary>
    public string? Statement { get; internal set; }
}

/// <summary>Which kind of store failed.</summary>
public enum StorageSource
{
    Database,
    Blobs,
}

/// <summary>What kind of fault a store reported.</summary>
public enum StorageFault
{
    /// <summary>Anything without a nearer kind.</summary>
    Failed,

    /// <summary>Not reachable, refused the credentials, or lacks its bucket or root.</summary>
    Unavailable,

    /// <summary>Another transaction held what was to be written for longer than a write waits. Nothing was changed, and a later try may succeed.</summary>
    Busy,

    /// <summary>The disk, or the file system on it, could not read or write, for another reason than lack of space.</summary>
    InputOutput,

    /// <summary>No space or quota left.</summary>
    Full,

    /// <summary>Stored bytes or rows are not what was written.</summary>
    Corrupt,

    /// <summary>A partition that was dropped, or was never made; what was to be written to it has no place any more.</summary>
    Gone,

    /// <summary>A value that this store can never hold, such as half a character; trying again is no use.</summary>
    Refused,

    /// <summary>A directory or container for new content cannot be created.</summary>
    CannotCreate,
}
