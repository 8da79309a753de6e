using System.Text.Json;
using Stagedoor.Http;
using Stagedoor.Images.Manifests;

namespace Stagedoor.Images.PageUploads;

/// <summary>An OCI image layout in a tar file: <c>index.json</c> names manifests, which are stored as they are.</summary>
internal sealed class OciArchive
{
    private const string Layout = "oci-layout";
    private const string List = "index.json";
    private const string FullName = "io.containerd.image.name";
    private const string RefName = "org.opencontainers.image.ref.name";

    // All manifests together are held in memory while their images are stored.
    private const int MaxManifests = 1_000;
    private const long MaxManifestBytes = 64L * 1024 * 1024;
    private const int MaxDepth = 4;

    private static readonly Dictionary<string, LayerPacking> s_layers = Layers();

    private static readonly string[] s_configs = ["application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json"];

    private readonly ArchiveSource _source;
    private readonly List<Node> _nodes;
    private readonly List<ImageReference> _references;
    private int _manifests;
    private long _bytes;

    private OciArchive(ArchiveSource archive)
    {
        _source = archive;
        var entries = ReadEntries();
        CheckLayout();
        if (entries.Find(static e => !MediaTypes.IsIndex(e.MediaType) && !MediaTypes.IsManifest(e.MediaType)) is { } unknown)
        {
            throw _source.Unsupported($"{List} has an entry of the media type '{unknown.MediaType}'");
        }

        if (entries.Find(static e => e.Name is not { Length: > 0 }) is { } nameless)
        {
            throw ImagesError.EmptyRepoTags(_source.Name, $"{nameless.Digest} has neither {FullName} nor {RefName} in {List}");
        }

        _nodes = entries.ConvertAll(e => Load(e.MediaType, e.Digest, e.Size, 0));
        var images = Images().ToList();
        images.ForEach(CheckTypes);
        images.ForEach(CheckConfig);
        images.ForEach(CheckLayers);
        _references = entries.ConvertAll(e => _source.Reference(e.Name!, e.IsTagAlone));
    }

    private sealed record Entry(string MediaType, Digest Digest, long Size, string? Name, bool IsTagAlone);

    private sealed record Node(string Path, byte[] Content, Digest Digest, ManifestDocument Document, IReadOnlyList<Node> Children)
    {
        public IEnumerable<Node> Images => Document.IsIndex ? Children.SelectMany(static c => c.Images) : [this];
    }

    /// <summary>Reads the manifests of a layout, and looks whether everything that they name is there.</summary>
    /// <exception cref="ApiException">Something is missing, or is no manifest; or an image has no name.</exception>
    public static OciArchive Open(ArchiveSource source) => new(source);

    /// <summary>Whether an image with that configuration is among those of a name, or of any name.</summary>
    /// <param name="config">The digest of the configuration.</param>
    /// <param name="reference">The name; null for any.</param>
    public bool Has(Digest config, ImageReference? reference) =>
        _nodes.Where((_, i) => reference is null || _references[i] == reference).SelectMany(static n => n.Images).Any(i => i.Document.Config!.Value.Digest == config);

    /// <summary>Reads the images.</summary>
    /// <exception cref="ApiException">One of them is not whole, or cannot be called as it is.</exception>
    public async Task<IReadOnlyList<ArchivedImage>> ReadAsync(CancellationToken cancellationToken)
    {
        _references.ForEach(_source.CheckOrganization);
        var names = _references.ConvertAll(_source.NameOf);
        var images = Images().ToList();
        var unpacked = images.ToDictionary(static i => i.Digest, i => _source.LayersOf(PathOf(i.Document.Config!.Value.Digest), i.Document.References.Count - 1));
        var read = new Dictionary<Digest, ArchivedImage>();
        foreach (var image in images)
        {
            read.Add(image.Digest, await ReadAsync(image, unpacked[image.Digest], cancellationToken));
        }

        return [.. _nodes.Select((node, i) => Build(node, read) with { Names = [names[i]] })];
    }

    private static Dictionary<string, LayerPacking> Layers()
    {
        var types = new Dictionary<string, LayerPacking>(StringComparer.Ordinal);
        foreach (var (suffix, packing) in ((string, LayerPacking)[])[("", LayerPacking.None), ("gzip", LayerPacking.Gzip), ("zstd", LayerPacking.Zstd)])
        {
            var (oci, docker) = suffix.Length == 0 ? ("", "") : ("+" + suffix, "." + suffix);
            types.Add("application/vnd.oci.image.layer.v1.tar" + oci, packing);
            types.Add("application/vnd.oci.image.layer.nondistributable.v1.tar" + oci, packing);
            types.Add("application/vnd.docker.image.rootfs.diff.tar" + docker, packing);
            types.Add("application/vnd.docker.image.rootfs.foreign.diff.tar" + docker, packing);
        }

        return types;
    }

    private static string PathOf(Digest digest) => $"blobs/{digest.Algorithm}/{digest.Hex}";

    private static ArchivedImage Build(Node node, Dictionary<Digest, ArchivedImage> images) => node.Document.IsIndex
        ? new()
        {
            Content = node.Content,
            Digest = node.Digest,
            Document = node.Document,
            Children = [.. node.Children.Select(c => Build(c, images)).DistinctBy(static c => c.Digest)],
        }
        : images[node.Digest];

    private IEnumerable<Node> Images() => _nodes.SelectMany(static n => n.Images).DistinctBy(static n => n.Digest);

    private List<Entry> ReadEntries()
    {
        using var json = _source.ReadList(List);
        try
        {
            return json.RootElement is { ValueKind: JsonValueKind.Object } root
                && root.TryGetProperty("manifests", out var list)
                && list.ValueKind is JsonValueKind.Array
                && list.GetArrayLength() > 0
                    ? [.. list.EnumerateArray().Select(ReadEntry)]
                    : throw ImagesError.UnparsableArchiveIndex(_source.Name, $"{List} has no list of manifests");
        }
        catch (InvalidOperationException)
        {
            throw ImagesError.UnparsableArchiveIndex(_source.Name, $"{List} has a text that is none");
        }
    }

    private Entry ReadEntry(JsonElement entry)
    {
        if (entry.ValueKind is not JsonValueKind.Object
            || FindText(entry, "mediaType") is not { } type
            || !Digest.TryParse(FindText(entry, "digest"), out var digest)
            || !entry.TryGetProperty("size", out var number)
            || number.ValueKind is not JsonValueKind.Number
            || !number.TryGetInt64(out var size))
        {
            throw ImagesError.UnparsableArchiveIndex(_source.Name, $"an entry of {List} has no mediaType, digest or size");
        }

        var annotations = entry.TryGetProperty("annotations", out var found) && found.ValueKind is JsonValueKind.Object ? found : default;
        var (full, reference) = annotations.ValueKind is JsonValueKind.Object ? (FindText(annotations, FullName), FindText(annotations, RefName)) : (null, null);
        return full is { Length: > 0 } ? new(type, digest, size, full, IsTagAlone: false) : new(type, digest, size, reference, IsTagAlone: true);
    }

    private static string? FindText(JsonElement element, string member) =>
        element.TryGetProperty(member, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() : null;

    private void CheckLayout()
    {
        using var json = _source.ReadList(Layout);
        if (json.RootElement.ValueKind is not JsonValueKind.Object || FindText(json.RootElement, "imageLayoutVersion") is not "1.0.0")
        {
            throw _source.Unsupported($"the version in {Layout} is not 1.0.0");
        }
    }

    // A manifest, and where it is an index those that it names.
    private Node Load(string mediaType, Digest digest, long size, int depth)
    {
        var path = PathOf(digest);
        if (depth > MaxDepth || ++_manifests > MaxManifests)
        {
            throw _source.Unsupported($"it has indexes in indexes deeper than {MaxDepth}, or more than {MaxManifests} manifests");
        }

        if (!_source.Has(path))
        {
            throw ImagesError.ArchivedManifestMissing(_source.Name, path);
        }

        if (_source.FindDocument(path) is not { } content || (_bytes += content.Length) > MaxManifestBytes)
        {
            throw _source.Unsupported($"the manifest {path} is too large, or all manifests together are");
        }

        if (BlobHash.Of(digest.Algorithm, content) is var computed && computed != digest)
        {
            throw ImagesError.ArchivedDigestMismatch(_source.Name, path, digest, computed);
        }

        if (content.Length != size)
        {
            throw ImagesError.ArchivedSizeMismatch(_source.Name, path, size, content.Length);
        }

        var document = Parse(content, mediaType, path);
        var children = document.IsIndex ? document.References.Select(r => LoadChild(r, depth)).ToList() : [];
        return new(path, content, digest, document, children);
    }

    private Node LoadChild(ManifestDescriptor child, int depth) => MediaTypes.IsIndex(child.MediaType) || MediaTypes.IsManifest(child.MediaType)
        ? Load(child.MediaType, child.Digest, child.Size, depth + 1)
        : throw _source.Unsupported($"an index has an entry of the media type '{child.MediaType}'");

    private ManifestDocument Parse(byte[] content, string mediaType, string path)
    {
        try
        {
            return ManifestDocument.Parse(content, mediaType);
        }
        catch (ApiException e)
        {
            throw new ApiException(e.Error, $"{_source.Name}: {path}: {e.Oci?.Message}");
        }
    }

    private void CheckTypes(Node image)
    {
        if (Array.IndexOf(s_configs, image.Document.Config!.Value.MediaType) < 0)
        {
            throw _source.Unsupported($"{image.Path} has a configuration of the media type '{image.Document.Config.Value.MediaType}'");
        }

        foreach (var layer in image.Document.References.Skip(1))
        {
            if (!s_layers.ContainsKey(layer.MediaType))
            {
                throw _source.Unsupported($"{image.Path} has a layer of the media type '{layer.MediaType}'");
            }
        }
    }

    private void CheckConfig(Node image)
    {
        var path = PathOf(image.Document.Config!.Value.Digest);
        if (!_source.Has(path))
        {
            throw ImagesError.ArchivedConfigMissing(_source.Name, path);
        }
    }

    private void CheckLayers(Node image)
    {
        var layers = image.Document.References.Skip(1).Select(static r => PathOf(r.Digest)).ToList();
        if (layers.Count == 0)
        {
            throw ImagesError.ArchivedLayerMissing(_source.Name, $"{image.Path} has no layers");
        }

        if (layers.Find(l => !_source.Has(l)) is { } missing)
        {
            throw ImagesError.ArchivedLayerMissing(_source.Name, missing);
        }
    }

    private async Task<ArchivedImage> ReadAsync(Node image, IReadOnlyList<Digest> unpacked, CancellationToken cancellationToken)
    {
        var config = image.Document.Config!.Value;
        Check(config, BlobHash.Of(config.Digest.Algorithm, _source.FindDocument(PathOf(config.Digest))!), _source.Find(PathOf(config.Digest))!.Size);
        var layers = image.Document.References.Skip(1).ToList();
        for (var i = 0; i < layers.Count; i++)
        {
            var (path, layer) = (PathOf(layers[i].Digest), layers[i]);
            var member = _source.Find(path)!;
            var packing = _source.PackingOf(member, path);
            if (packing != s_layers[layer.MediaType])
            {
                throw _source.Unsupported($"the layer {path} is not packed as its media type '{layer.MediaType}' says");
            }

            Check(layer, await _source.CheckLayerAsync(member, path, packing, layer.Digest.Algorithm, unpacked[i], cancellationToken), member.Size);
        }

        return new()
        {
            Content = image.Content,
            Digest = image.Digest,
            Document = image.Document,
            Blobs = [.. image.Document.References.DistinctBy(static r => r.Digest).Select(r => _source.BlobOf(_source.Find(PathOf(r.Digest))!, r.Digest))],
        };
    }

    private void Check(ManifestDescriptor descriptor, Digest computed, long size)
    {
        if (computed != descriptor.Digest)
        {
            throw ImagesError.ArchivedDigestMismatch(_source.Name, PathOf(descriptor.Digest), descriptor.Digest, computed);
        }

        if (size != descriptor.Size)
        {
            throw ImagesError.ArchivedSizeMismatch(_source.Name, PathOf(descriptor.Digest), descriptor.Size, size);
        }
    }
}
