using System.Security.Cryptography;
using Stagedoor.Content;
using Stagedoor.Storage;

namespace Stagedoor.Backup;

/// <summary>Reads a whole backup and looks whether each byte of it is as it was written.</summary>
internal static class BackupCheck
{
    /// <summary>What is wrong with it, a sentence for each file; none when all is well.</summary>
    /// <exception cref="StartupException">It cannot be read to its end.</exception>
    internal static async Task<IReadOnlyList<string>> FindDamageAsync(BackupReader reader, BackupProgress progress, CancellationToken cancellationToken)
    {
        var problems = new List<string>();
        var files = new Dictionary<string, (long Size, string Sha256)>(StringComparer.Ordinal);
        var blobs = new HashSet<BackupBlob>();
        if (reader.Manifest is { } known)
        {
            progress.Begin(known.Blobs.Count, known.Blobs.Sum(static b => b.Size));
        }

        await foreach (var entry in reader.ReadAsync(cancellationToken))
        {
            if (entry.Content is null)
            {
                problems.Add($"{entry.Path} is missing.");
            }
            else if (entry.Blob is { } blob)
            {
                if (await IsWholeAsync(reader, blob, entry.Content, progress, cancellationToken))
                {
                    blobs.Add(blob);
                }
                else if (reader.Manifest is not null)
                {
                    problems.Add($"{entry.Path} is damaged.");
                }

                progress.Finish();
            }
            else
            {
                files[entry.Name!] = await HashAsync(reader, entry.Content, cancellationToken);
            }
        }

        progress.End();
        return [.. problems, .. Compare(reader.Manifest!, files, blobs, problems)];
    }

    /// <summary>Whether a file of the backup is as its manifest says.</summary>
    internal static bool IsAsWritten(BackupFile file, (long Size, string Sha256) found) =>
        file.Size == found.Size && string.Equals(file.Sha256, found.Sha256, StringComparison.Ordinal);

    /// <summary>Reads a stream to its end and hashes it.</summary>
    /// <exception cref="StartupException">It is cut off.</exception>
    internal static async Task<(long Size, string Sha256)> HashAsync(BackupReader reader, Stream content, CancellationToken cancellationToken)
    {
        try
        {
            using var buffer = PageBuffer.Rent();
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var size = 0L;
            while (await content.ReadAsync(buffer.Memory, cancellationToken) is var read and > 0)
            {
                hash.AppendData(buffer.Memory.Span[..read]);
                size += read;
            }

            return (size, Convert.ToHexStringLower(hash.GetHashAndReset()));
        }
        catch (Exception e) when (ArchiveReader.IsDamage(e))
        {
            throw ArchiveReader.Cut(reader.Location, e);
        }
    }

    private static IEnumerable<string> Compare(
        BackupManifest manifest, Dictionary<string, (long Size, string Sha256)> files, HashSet<BackupBlob> blobs, List<string> known)
    {
        foreach (var file in manifest.Files.Where(f => !known.Contains($"{f.Path} is missing.", StringComparer.Ordinal)))
        {
            if (!files.TryGetValue(file.Name, out var found))
            {
                yield return $"{file.Path} is missing.";
            }
            else if (!IsAsWritten(file, found))
            {
                yield return $"{file.Path} is damaged.";
            }
        }

        foreach (var blob in manifest.HasBlobs ? manifest.Blobs.Where(b => !blobs.Contains(b)) : [])
        {
            var path = $"{FolderTarget.BlobsFolder}/{BlobCopy.KeyOf(blob)}";
            if (!known.Exists(k => k.StartsWith(path + " ", StringComparison.Ordinal)))
            {
                yield return $"{path} is missing or damaged.";
            }
        }
    }

    private static async Task<bool> IsWholeAsync(
        BackupReader reader, BackupBlob blob, Stream content, BackupProgress progress, CancellationToken cancellationToken)
    {
        try
        {
            var digest = Digest.Parse(blob.Digest);
            using var hash = BlobHash.Create(digest.Algorithm);
            await using var hashed = new HashedStream(content, blob.Size, hash, progress.Pass);
            using var buffer = PageBuffer.Rent();
            while (await hashed.ReadAsync(buffer.Memory, cancellationToken) > 0)
            {
                // The stream hashes.
            }

            return Digest.Of(digest.Algorithm, hash.GetHashAndReset()) == digest
                && await content.ReadAsync(buffer.Memory, cancellationToken) == 0;
        }
        catch (EndOfStreamException) when (reader is FolderReader)
        {
            return false;
        }
        catch (Exception e) when (ArchiveReader.IsDamage(e))
        {
            throw ArchiveReader.Cut(reader.Location, e);
        }
    }
}
