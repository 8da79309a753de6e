using Microsoft.Extensions.Options;
using Stagedoor.Errors;
using Stagedoor.Http;

namespace Stagedoor.Images.PageUploads;

/// <summary>Finds out which images an uploaded archive holds, and that they are whole. Nothing is stored.</summary>
internal sealed class ArchiveReader(SpoolFolder folder, IOptions<PageUploadOptions> options, IOptions<ImagesOptions> images)
{
    private const string DockerIndex = "manifest.json";
    private const string OciLayout = "oci-layout";
    private const string OciIndex = "index.json";

    /// <summary>Reads an archive.</summary>
    /// <param name="file">The file as it was uploaded.</param>
    /// <param name="target">Where its images are to go.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>Its images. Their bytes are read from the file, which must not be disposed before.</returns>
    /// <exception cref="ApiException">It is no archive of images, or one of them is not whole.</exception>
    public async Task<OpenedArchive> OpenAsync(UploadedFile file, ArchiveTarget target, CancellationToken cancellationToken)
    {
        var largest = options.Value.MaxFileBytes;
        var unpacked = await file.UnpackAsync(folder, largest, cancellationToken);
        try
        {
            var index = Read(file, unpacked, cancellationToken);
            var source = new ArchiveSource(file.Name, index, target, images.Value.MaxManifestBytes, largest);
            var found = await ReadAsync(source, cancellationToken);
            (var kept, unpacked) = (unpacked, null);
            return new(file.Name, found, kept);
        }
        finally
        {
            unpacked?.Dispose();
        }
    }

    // Newer engines write both: the layout has all platforms that were asked for and the attestations, the older list one platform. Yet the index may name
    // platforms that were never pulled, whose blobs are not in the archive.
    private static Task<IReadOnlyList<ArchivedImage>> ReadAsync(ArchiveSource source, CancellationToken cancellationToken)
    {
        var hasLayout = source.Has(OciLayout) && source.Has(OciIndex);
        if (!source.Has(DockerIndex))
        {
            return hasLayout ? OciArchive.Open(source).ReadAsync(cancellationToken) : throw ImagesError.ArchiveWithoutIndex(source.Name);
        }

        var docker = new DockerArchive(source);
        return hasLayout && FindWhole(source, docker) is { } layout ? layout.ReadAsync(cancellationToken) : docker.ReadAsync(cancellationToken);
    }

    private static OciArchive? FindWhole(ArchiveSource source, DockerArchive docker)
    {
        try
        {
            return OciArchive.Open(source) is var layout && docker.IsWithin(layout) ? layout : null;
        }
        catch (ApiException e) when (e.Error.Status < 500)
        {
            return null;
        }
    }

    private static TarIndex Read(UploadedFile file, SpooledFile? unpacked, CancellationToken cancellationToken)
    {
        try
        {
            return TarIndex.Read(unpacked ?? file.Content, file.Name, cancellationToken);
        }
        catch (Storage.StorageException fault)
        {
            throw new ApiException(ImagesCodes.OpenPackageFailed, inner: fault);
        }
    }
}

/// <summary>Where the images of an archive are to go.</summary>
/// <param name="Organization">The organization.</param>
/// <param name="Repository">The repository for what has no name, or none but a tag; empty when none was given.</param>
/// <param name="Tag">The tag for what has no name at all; empty for the usual one.</param>
internal readonly record struct ArchiveTarget(string Organization, string Repository, string Tag)
{
    /// <summary>What an image is called that has no name; null when it must have one.</summary>
    public ImageReference? Unnamed => Repository.Length == 0 ? null : new("", "", Tag.Length == 0 ? ImageReference.Latest : Tag);
}

/// <summary>An archive whose images can be stored.</summary>
/// <param name="Name">The file's name.</param>
/// <param name="Images">Its images.</param>
/// <param name="Unpacked">What was unpacked of it; null when nothing had to be.</param>
internal sealed record OpenedArchive(string Name, IReadOnlyList<ArchivedImage> Images, SpooledFile? Unpacked) : IDisposable
{
    public void Dispose() => Unpacked?.Dispose();
}
