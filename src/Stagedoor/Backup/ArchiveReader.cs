using System.Formats.Tar;
using System.IO.Compression;
using System.Runtime.CompilerServices;
using Stagedoor.Content.Blobs;
using Stagedoor.Storage;

namespace Stagedoor.Backup;

/// <summary>A backup in a tar file.</summary>
internal sealed class ArchiveReader : BackupReader
{
    private const string Files = "files/";
    private const string Blobs = FolderTarget.BlobsFolder + "/";
    private const int MaxAboutBytes = 1 << 20;
    private readonly Stream _bytes;
    private readonly TarReader _tar;

    private ArchiveReader(string path, Stream bytes, TarReader tar, BackupAbout about)
        : base(path, about) => (_bytes, _tar) = (bytes, tar);

    internal static async Task<ArchiveReader> BeginAsync(string path, CancellationToken cancellationToken)
    {
        Stream bytes = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, PageBuffer.Bytes);
        if (ArchiveTarget.IsPacked(path))
        {
            bytes = new GZipStream(bytes, CompressionMode.Decompress);
        }

#pragma warning disable CA2000 // It is disposed with the reader, or below.
        var tar = new TarReader(bytes);
#pragma warning restore CA2000
        try
        {
            var first = await NextAsync(tar, path, cancellationToken);
            return first is { Name: ArchiveTarget.AboutName, DataStream: { } content, Length: <= MaxAboutBytes }
                ? new(path, bytes, tar, BackupManifest.ReadAbout(await AllAsync(content, cancellationToken), path))
                : throw new StartupException($"{path} is no backup of stagedoor.");
        }
        catch
        {
            await tar.DisposeAsync();
            await bytes.DisposeAsync();
            throw;
        }
    }

    internal override async IAsyncEnumerable<BackupEntry> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (await NextAsync(_tar, Location, cancellationToken) is { } entry)
        {
            if (entry.Name is BackupManifest.Name)
            {
                Manifest = BackupManifest.Read(await AllAsync(entry.DataStream ?? Stream.Null, cancellationToken), Location);
            }
            else if (entry.Name.StartsWith(Files, StringComparison.Ordinal))
            {
                yield return new(entry.Name, entry.Name[Files.Length..], null, entry.DataStream ?? Stream.Null);
            }
            else if (FindBlob(entry) is { } blob)
            {
                yield return new(entry.Name, null, blob, entry.DataStream ?? Stream.Null);
            }
        }

        if (Manifest is null)
        {
            throw Cut(Location, null);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await _tar.DisposeAsync();
        await _bytes.DisposeAsync();
    }

    /// <summary>Whether reading failed because the file ends too early, or is not as it was written.</summary>
    internal static bool IsDamage(Exception e) => e is EndOfStreamException or InvalidDataException or FormatException;

    internal static StartupException Cut(string path, Exception? inner) => new(
        $"{path} is cut off or damaged: it cannot be read to its end. Fetch it again, or use another backup.", inner);

    private static BackupBlob? FindBlob(TarEntry entry)
    {
        var key = entry.Name.StartsWith(Blobs, StringComparison.Ordinal) ? entry.Name[Blobs.Length..] : "";
        var module = key.Split('/')[0];
        return BlobKey.IsValid(key) && new BlobKeys(module).TryParse(new(key), out var digest) ? new(module, digest.ToString(), entry.Length) : null;
    }

    private static async Task<TarEntry?> NextAsync(TarReader tar, string path, CancellationToken cancellationToken)
    {
        try
        {
            return await tar.GetNextEntryAsync(copyData: false, cancellationToken);
        }
        catch (Exception e) when (IsDamage(e) || e is InvalidOperationException or ArgumentException or OverflowException)
        {
            // The reader of archives says of some wrong headers that it was used wrongly.
            throw Cut(path, e);
        }
    }

    private static async Task<byte[]> AllAsync(Stream content, CancellationToken cancellationToken)
    {
        using var all = new MemoryStream();
        await content.CopyToAsync(all, cancellationToken);
        return all.ToArray();
    }
}
