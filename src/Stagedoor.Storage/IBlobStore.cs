namespace Stagedoor.Storage;

/// <summary>Large content by key, on files or in an object store. Every fault is a <see cref="StorageException"/>.</summary>
public interface IBlobStore
{
    /// <summary>Where it is, without secrets, for messages.</summary>
    string Location { get; }

    /// <summary>The object's size in bytes; null when there is none.</summary>
    Task<long?> FindSizeAsync(BlobKey key, CancellationToken cancellationToken);

    /// <summary>When the object was last written to, in a store where others than this one could do that; null elsewhere, or when there is none.</summary>
    Task<DateTimeOffset?> FindWriteTimeAsync(BlobKey key, CancellationToken cancellationToken) => Task.FromResult<DateTimeOffset?>(null);

    /// <summary>Opens an object, or a part of it, before anything of an answer is written; null when there is none.</summary>
    /// <param name="key">The object.</param>
    /// <param name="offset">Where to begin, in bytes; at most the object's size.</param>
    /// <param name="length">How many bytes; null for the rest. Cut at the object's end.</param>
    /// <param name="cancellationToken">Ends the opening.</param>
    Task<BlobContent?> OpenAsync(BlobKey key, long offset, long? length, CancellationToken cancellationToken);

    /// <summary>Removes the object; false when there was none.</summary>
    Task<bool> DeleteAsync(BlobKey key, CancellationToken cancellationToken);

    /// <summary>
    /// Gives the object another key, and replaces what lies under that; false when there is none. The bytes are durable under the new key before
    /// they are gone from the old one: a crash in between leaves them under both.
    /// </summary>
    Task<bool> MoveAsync(BlobKey key, BlobKey newKey, CancellationToken cancellationToken);

    /// <summary>The objects whose key starts with <paramref name="prefix"/>, in no particular order.</summary>
    IAsyncEnumerable<BlobEntry> ListAsync(string prefix, CancellationToken cancellationToken);

    /// <summary>Begins an upload that survives restarts. It is the caller's alone until it is disposed, committed or aborted.</summary>
    /// <param name="id">A new id: letters, digits and hyphens.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    Task<IBlobUpload> CreateUploadAsync(string id, CancellationToken cancellationToken);

    /// <summary>Goes on with an upload from a point that was saved; what was appended after it is dropped.</summary>
    /// <param name="id">The upload.</param>
    /// <param name="saved">What <see cref="IBlobUpload.SaveAsync"/> answered; empty for the beginning.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    Task<OpenedUpload> OpenUploadAsync(string id, string saved, CancellationToken cancellationToken);

    /// <summary>Whether everything up to a point that was saved is there. Disturbs nobody who writes.</summary>
    Task<bool> HoldsUploadAsync(string id, string saved, CancellationToken cancellationToken);

    /// <summary>Drops an upload and everything staged for it; false when somebody holds it, so that nothing was dropped.</summary>
    Task<bool> DropUploadAsync(string id, CancellationToken cancellationToken);

    /// <summary>Every upload that is neither committed nor aborted, with the time it was last written to.</summary>
    IAsyncEnumerable<StagedUpload> ListUploadsAsync(CancellationToken cancellationToken);

    /// <summary>
    /// From now on the store is to bear this installation's <see cref="StoreMark"/>: without it, as when its volume is unmounted, it counts as
    /// unavailable, and is not made again.
    /// </summary>
    void Expect(string installation);

    /// <summary>Answers when the store can be written to, and bears the mark that it is to bear.</summary>
    /// <exception cref="StorageException">It cannot, or does not.</exception>
    Task CheckAsync(CancellationToken cancellationToken);
}
