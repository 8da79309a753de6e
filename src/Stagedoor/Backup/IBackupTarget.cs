using Stagedoor.Storage;

namespace Stagedoor.Backup;

/// <summary>Where a backup is written: a folder or an archive. Until it is complete the one before stays as it was; disposed before that, nothing is left of it.</summary>
internal interface IBackupTarget : IAsyncDisposable
{
    /// <summary>Where it is, for messages.</summary>
    string Location { get; }

    /// <summary>The backup that is there until this one is complete; null when there is none.</summary>
    BackupAbout? Last { get; }

    /// <summary>How many blobs may be added at once.</summary>
    int Parallelism { get; }

    /// <summary>Begins, and answers an empty folder of its own for the files of the installation.</summary>
    string Begin(DateTimeOffset startedAt);

    /// <summary>Takes what the backup is of, and the files of that folder.</summary>
    Task<IReadOnlyList<BackupFile>> AddFilesAsync(BackupAbout about, IReadOnlyList<string> names, CancellationToken cancellationToken);

    /// <summary>Whether the blob is there already, from a backup before.</summary>
    Task<bool> HasAsync(BackupBlob blob, CancellationToken cancellationToken);

    /// <summary>Takes a blob; false when the bytes are not those of its digest.</summary>
    Task<bool> AddBlobAsync(BackupBlob blob, BlobContent content, Action<long> passed, CancellationToken cancellationToken);

    /// <summary>Makes it the backup that is there, durably.</summary>
    Task CompleteAsync(BackupManifest manifest, CancellationToken cancellationToken);
}
