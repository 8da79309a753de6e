using System.IO.Compression;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Storage;

namespace Stagedoor.Images.PageUploads;

/// <summary>A file that was uploaded whole. Disposing it takes it away.</summary>
/// <param name="Name">What the uploader calls it.</param>
/// <param name="Content">Its bytes.</param>
/// <param name="Sha256">Their digest.</param>
internal sealed record UploadedFile(string Name, SpooledFile Content, Digest Sha256) : IDisposable
{
    private static ReadOnlySpan<byte> GzipMagic => [0x1f, 0x8b];

    /// <summary>The tar archive that the file is, or that is packed in it. What its name ends with is not believed.</summary>
    /// <returns>A file that is the caller's; null when the file itself is the archive.</returns>
    /// <exception cref="ApiException">It is neither, is damaged, or becomes too large.</exception>
    public async Task<SpooledFile?> UnpackAsync(SpoolFolder folder, long largest, CancellationToken cancellationToken)
    {
        var head = ReadHead();
        if (TarIndex.IsHeader(head))
        {
            return null;
        }

        if (!head.AsSpan().StartsWith(GzipMagic))
        {
            throw ImagesError.UnsupportedArchive(Name, "it is neither a tar file nor one packed by gzip");
        }

        SpooledFile? unpacked = null;
        try
        {
            unpacked = folder.CreateUnpacked();
            await CopyAsync(unpacked, largest, cancellationToken);
            var first = new byte[512];
            if (!TarIndex.IsHeader(first.AsSpan(0, unpacked.Read(first, 0))))
            {
                throw ImagesError.UnsupportedArchive(Name, "what is packed in it is no tar file");
            }

            (var result, unpacked) = (unpacked, null);
            return result;
        }
        catch (StorageException fault)
        {
            throw new ApiException(ImagesCodes.OpenPackageFailed, inner: fault);
        }
        finally
        {
            unpacked?.Dispose();
        }
    }

    public void Dispose() => Content.Dispose();

    private async Task CopyAsync(SpooledFile unpacked, long largest, CancellationToken cancellationToken)
    {
        await using var packed = new GZipStream(Content.Open(0, Content.Length), CompressionMode.Decompress);
        using var buffer = PageBuffer.Rent();
        try
        {
            int read;
            while ((read = await packed.ReadAsync(buffer.Memory, cancellationToken)) > 0)
            {
                if (unpacked.Length + read > largest)
                {
                    throw ImagesError.UnpackedFileTooLarge(Name, largest);
                }

                await unpacked.AppendAsync(buffer.Memory[..read], cancellationToken);
            }
        }
        catch (InvalidDataException e)
        {
            throw ImagesError.UnreadableArchive(Name, "what gzip has packed is damaged or cut off", e);
        }
    }

    private byte[] ReadHead()
    {
        var head = new byte[512];
        try
        {
            return head[..Content.Read(head, 0)];
        }
        catch (StorageException fault)
        {
            throw new ApiException(ImagesCodes.OpenPackageFailed, inner: fault);
        }
    }
}
