namespace Stagedoor.Storage;

/// <summary>Content on its way into a blob store. One user at a time. Disposing it closes it and keeps what was saved.</summary>
public interface IBlobUpload : IAsyncDisposable
{
    string Id { get; }

    /// <summary>How many bytes have been appended.</summary>
    long Length { get; }

    /// <summary>Appends bytes; the buffer may be reused when the task completes.</summary>
    ValueTask AppendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);

    /// <summary>Makes what was appended survive a restart of this process.</summary>
    Task SaveAsync(CancellationToken cancellationToken);

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
