namespace Stagedoor.Storage;

/// <summary>
/// Content on its way into a blob store. One user at a time. Disposing it closes it and keeps what was saved. A store of files gives an upload to
/// one holder at a time; in an object store each holder writes objects of its own, so that what another one has saved stays as it was.
/// </summary>
public interface IBlobUpload : IAsyncDisposable
{
    string Id { get; }

    /// <summary>How many bytes have been appended.</summary>
    long Length { get; }

    /// <summary>Appends bytes; the buffer may be reused when the task completes.</summary>
    ValueTask AppendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);

    /// <summary>
    /// Makes what was appended survive a restart of this process, and answers how to go on from exactly here
    /// (<see cref="IBlobStore.OpenUploadAsync"/>). Whoever keeps that text decides what the upload holds.
    /// </summary>
    Task<string> SaveAsync(CancellationToken cancellationToken);

    /// <summary>Gives up what this holder has appended: nobody keeps a text of its. The upload is of no use to the holder afterwards.</summary>
    Task RevertAsync(CancellationToken cancellationToken);

    /// <summary>Reads back everything appended so far, from the beginning; for a hash that a restart has lost.</summary>
    Task<Stream> OpenReadAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Publishes the content under its key, durably: when the task completes a crash of the machine does not lose it. An object of that key
    /// is replaced. The upload is gone afterwards.
    /// </summary>
    Task CommitAsync(BlobKey key, CancellationToken cancellationToken);

    /// <summary>Drops the upload and its bytes.</summary>
    Task AbortAsync(CancellationToken cancellationToken);
}
