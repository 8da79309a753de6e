namespace Stagedoor.Backup;

/// <summary>What a backup is to be.</summary>
/// <param name="Target">The folder or the file.</param>
/// <param name="WithKeys">The master key is to be in it.</param>
/// <param name="CopiesBlobs">Whether the blobs are copied; null for: from files yes, from S3 no.</param>
internal sealed record BackupRequest(string Target, bool WithKeys, bool? CopiesBlobs);

/// <summary>What a backup has become.</summary>
/// <param name="Manifest">Its manifest.</param>
/// <param name="Location">Where it is.</param>
/// <param name="Copied">How many blobs were copied; the others were there already.</param>
/// <param name="CopiedBytes">Their bytes.</param>
/// <param name="Left">What a restore needs and is not in it, a sentence each.</param>
internal sealed record BackupResult(BackupManifest Manifest, string Location, int Copied, long CopiedBytes, IReadOnlyList<string> Left);
