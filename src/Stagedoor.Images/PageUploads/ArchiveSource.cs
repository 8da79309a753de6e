using System.Text.Json;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Images.Repositories;
using Stagedoor.Images.Tags;
using Stagedoor.Storage;

namespace Stagedoor.Images.PageUploads;

/// <summary>What both kinds of archives are read by, with the checks that they have in common.</summary>
/// <param name="name">The file's name.</param>
/// <param name="index">What it holds.</param>
/// <param name="target">Where its images are to go.</param>
/// <param name="largestDocument">The most bytes of a manifest, a configuration or a list.</param>
/// <param name="largest">How many bytes all layers together may be, unpacked.</param>
internal sealed class ArchiveSource(string name, TarIndex index, ArchiveTarget target, int largestDocument, long largest)
{
    private readonly Dictionary<(TarMember Layer, string Algorithm, string Unpacked), CheckedLayer> _layers = [];
    private readonly Dictionary<TarMember, long> _unpacked = [];
    private readonly Dictionary<(TarMember Member, string Algorithm), Digest> _digests = [];

    public ArchiveTarget Target => target;

    public bool Has(string path) => index.Find(path) is not null;

    public TarMember? Find(string? path) => index.Find(path);

    /// <summary>A document of the archive; null when there is no such file, or it is not small enough for one.</summary>
    public byte[]? FindDocument(string? path) => index.Find(path) is { } member ? Guard(() => index.Read(member, largestDocument)) : null;

    /// <summary>A list of the archive as JSON.</summary>
    /// <exception cref="ApiException">It is none.</exception>
    public JsonDocument ReadList(string path)
    {
        try
        {
            return JsonDocument.Parse(FindDocument(path) ?? throw ImagesError.UnparsableArchiveIndex(name, $"{path} has more than {largestDocument} bytes"));
        }
        catch (JsonException)
        {
            throw ImagesError.UnparsableArchiveIndex(name, $"{path} is no JSON");
        }
    }

    public ArchivedBlob BlobOf(TarMember member, Digest digest) => new(digest, member.Size, () => index.Open(member));

    /// <summary>The name that a text is.</summary>
    /// <exception cref="ApiException">It is none.</exception>
    public ImageReference Reference(string text, bool isTagAlone) =>
        ImageReference.Find(text, isTagAlone) is { } reference && (reference.Path.Length > 0 || target.Repository.Length > 0)
            ? reference
            : throw ImagesError.InvalidReference(name, text);

    /// <summary>Refuses a name that belongs to another organization.</summary>
    public void CheckOrganization(ImageReference reference)
    {
        if (reference.IsOfAnother(target.Organization))
        {
            throw ImagesError.InconsistentNames(name, $"{reference.Host}/{reference.Path} is not of the organization {target.Organization}");
        }
    }

    /// <summary>What images of a name are called in the organization.</summary>
    /// <exception cref="ApiException">Nothing can be called so.</exception>
    public ImageName NameOf(ImageReference reference)
    {
        var repository = reference.Path.Length == 0 ? target.Repository : reference.RepositoryIn(target.Organization);
        return !RepositoryName.IsValidRepository(repository) ? throw ImagesError.InvalidArchivedRepository(name, repository)
            : !TagName.IsValid(reference.Tag) ? throw ImagesError.InvalidArchivedTag(name, reference.Tag)
            : new(repository, reference.Tag);
    }

    /// <summary>The digests of the unpacked layers that a configuration names.</summary>
    /// <exception cref="ApiException">It is no configuration of an image, or of one with another number of layers.</exception>
    public IReadOnlyList<Digest> LayersOf(string path, int layers)
    {
        try
        {
            using var json = JsonDocument.Parse(FindDocument(path) ?? throw Unsupported($"the configuration {path} has more than {largestDocument} bytes"));
            var root = json.RootElement;
            return root.ValueKind is JsonValueKind.Object && HasText(root, "architecture") && HasText(root, "os") && root.TryGetProperty("rootfs", out var rootfs)
                ? LayersOf(rootfs, path, layers)
                : throw Unsupported($"the configuration {path} lacks architecture, os or a rootfs of layers");
        }
        catch (JsonException)
        {
            throw Unsupported($"the configuration {path} is no JSON");
        }
        catch (InvalidOperationException)
        {
            // An escape that is half of a character.
            throw Unsupported($"the configuration {path} has a text that is none");
        }
    }

    /// <summary>The digests of the unpacked layers that a configuration names; null when it says nothing of them, as those of artifacts do.</summary>
    /// <exception cref="ApiException">It is that of an image with another number of layers.</exception>
    public IReadOnlyList<Digest>? FindLayersOf(string path, int layers)
    {
        try
        {
            using var json = FindDocument(path) is { } content ? JsonDocument.Parse(content) : null;
            return json?.RootElement is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty("rootfs", out var rootfs) ? LayersOf(rootfs, path, layers) : null;
        }
        catch (JsonException)
        {
            return null;
        }
        catch (InvalidOperationException)
        {
            throw Unsupported($"the configuration {path} has a text that is none");
        }
    }

    /// <summary>How a layer is packed.</summary>
    /// <exception cref="ApiException">In a way that not every client can unpack.</exception>
    public LayerPacking PackingOf(TarMember layer, string path)
    {
        using var stream = index.Open(layer);
        return Guard(() => CheckedLayer.PackingOf(stream)) is var packing and not LayerPacking.Unknown
            ? packing
            : throw Unsupported($"the layer {path} is packed neither by gzip nor by zstd");
    }

    /// <summary>Reads a layer, unless it was read before.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="path">Its path, for messages.</param>
    /// <param name="packing">How it is packed.</param>
    /// <param name="algorithm">The hash function of its digest.</param>
    /// <param name="unpacked">What must be packed in it.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="ApiException">It cannot be unpacked, is too much, or is another one.</exception>
    public async Task<Digest> CheckLayerAsync(
        TarMember layer, string path, LayerPacking packing, string algorithm, Digest unpacked, CancellationToken cancellationToken)
    {
        var key = (layer, algorithm, unpacked.Algorithm);
        if (!_layers.TryGetValue(key, out var known))
        {
            var room = largest - _unpacked.Where(u => u.Key != layer).Sum(static u => u.Value);
            await using var stream = index.Open(layer);
            try
            {
                known = await CheckedLayer.ReadAsync(stream, packing, algorithm, unpacked.Algorithm, room, cancellationToken)
                    ?? throw ImagesError.UnpackedFileTooLarge(name, largest);
            }
            catch (InvalidDataException e)
            {
                throw ImagesError.UnreadableArchive(name, $"the layer {path} is damaged", e);
            }
            catch (StorageException fault)
            {
                throw new ApiException(ImagesCodes.OpenPackageFailed, inner: fault);
            }

            _layers.Add(key, known);
            _unpacked[layer] = known.UnpackedSize;
        }

        return known.Unpacked == unpacked
            ? known.Digest
            : throw ImagesError.ArchivedDigestMismatch(name, path, unpacked, known.Unpacked);
    }

    /// <summary>The digest of a file, which is computed once.</summary>
    public async Task<Digest> DigestOfAsync(TarMember member, string algorithm, CancellationToken cancellationToken)
    {
        if (!_digests.TryGetValue((member, algorithm), out var digest))
        {
            await using var stream = index.Open(member);
            try
            {
                digest = await BlobHash.OfAsync(algorithm, stream, cancellationToken);
            }
            catch (StorageException fault)
            {
                throw new ApiException(ImagesCodes.OpenPackageFailed, inner: fault);
            }

            _digests.Add((member, algorithm), digest);
        }

        return digest;
    }

    public ApiException Unsupported(string problem) => ImagesError.UnsupportedArchive(name, problem);

    public string Name => name;

    private static bool HasText(JsonElement root, string member) =>
        root.TryGetProperty(member, out var value) && value.ValueKind is JsonValueKind.String && value.GetString() is { Length: > 0 };

    // Without a layer the digests may be left out or null.
    private IReadOnlyList<Digest> LayersOf(JsonElement rootfs, string path, int layers)
    {
        if (rootfs.ValueKind is not JsonValueKind.Object || !rootfs.TryGetProperty("type", out var type) || type.ValueKind is not JsonValueKind.String || !type.ValueEquals("layers"))
        {
            throw Unsupported($"the configuration {path} lacks architecture, os or a rootfs of layers");
        }

        var hasIds = rootfs.TryGetProperty("diff_ids", out var ids) && ids.ValueKind is not JsonValueKind.Null;
        if (hasIds && ids.ValueKind is not JsonValueKind.Array)
        {
            throw Unsupported($"the configuration {path} has diff_ids that are no list");
        }

        var named = hasIds ? ids.GetArrayLength() : 0;
        if (named != layers)
        {
            throw Unsupported($"the configuration {path} names {named} layers, the image has {layers}");
        }

        return hasIds
            ?
            [
                .. ids.EnumerateArray().Select(id => id.ValueKind is JsonValueKind.String && Digest.TryParse(id.GetString(), out var digest)
                    ? digest
                    : throw Unsupported($"the configuration {path} has a diff_id that is no digest")),
            ]
            : [];
    }

    private static T Guard<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (StorageException fault)
        {
            throw new ApiException(ImagesCodes.OpenPackageFailed, inner: fault);
        }
    }
}
