using System.Text.Json;
using Stagedoor.Http;
using Stagedoor.Images.Manifests;

namespace Stagedoor.Images.PageUploads;

/// <summary>An OCI image layout in a tar file: <c>index.json</c> names manifests, which are stored as they are.</summary>
internal sealed class OciArchive(ArchiveSource source)
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

    private int _manifests;
    private long _bytes;

    private sealed record Entry(string MediaType, Digest Digest, long Size, string? Name, bool IsTagAlone);

    private sealed record Node(string Path, byte[] Content, Digest Digest, ManifestDocument Document, IReadOnlyList<Node> Children)
    {
        public IEnumerable<Node> Images => Document.IsIndex ? Children.SelectMany(static c => c.Images) : [this];
    }

    public async Task<IReadOnlyList<ArchivedImage>> ReadAsync(CancellationToken cancellationToken)
    {
        var entries = ReadEntries();
        CheckLayout();
        if (entries.Find(static e => !MediaTypes.IsIndex(e.MediaType) && !MediaTypes.IsManifest(e.MediaType)) is { } unknown)
        {
            throw source.Unsupported($"{List} has an entry of the media type '{unknown.MediaType}'");
        }

        if (entries.Find(static e => e.Name is not { Length: > 0 }) is { } nameless)
        {
            throw ImagesError.EmptyRepoTags(source.Name, $"{nameless.Digest} has neither {FullName} nor {RefName} in {List}");
        }

        var nodes = entries.ConvertAll(e => Load(e.MediaType, e.Digest, e.Size, 0));
        var images = nodes.SelectMany(static n => n.Images).DistinctBy(static n => n.Digest).ToList();
        images.ForEach(CheckTypes);
        images.ForEach(CheckConfig);
        images.ForEach(CheckLayers);
        var references = entries.ConvertAll(e => source.Reference(e.Name!, e.IsTagAlone));
        references.ForEach(source.CheckOrganization);
        var names = references.ConvertAll(source.NameOf);
        var unpacked = images.ToDictionary(static i => i.Digest, i => source.LayersOf(PathOf(i.Document.Config!.Value.Digest), i.Document.References.Count - 1));
        var read = new Dictionary<Digest, ArchivedImage>();
        foreach (var image in images)
        {
            read.Add(image.Digest, await ReadAsync(image, unpacked[image.Digest], cancellationToken));
        }

        return [.. nodes.Select((node, i) => Build(node, read) with { Names = [names[i]] })];
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

    private List<Entry> ReadEntries()
    {
        using var json = source.ReadList(List);
        try
        {
            return json.RootElement is { ValueKind: JsonValueKind.Object } root
                && root.TryGetProperty("manifests", out var list)
                && list.ValueKind is JsonValueKind.Array
                && list.GetArrayLength() > 0
                    ? [.. list.EnumerateArray().Select(ReadEntry)]
                    : throw ImagesError.UnparsableArchiveIndex(source.Name, $"{List} has no list of manifests");
        }
        catch (InvalidOperationException)
        {
            throw ImagesError.UnparsableArchiveIndex(source.Name, $"{List} has a text that is none");
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
            throw ImagesError.UnparsableArchiveIndex(source.Name, $"an entry of {List} has no mediaType, digest or size");
        }

        var annotations = entry.TryGetProperty("annotations", out var found) && found.ValueKind is JsonValueKind.Object ? found : default;
        var (full, reference) = annotations.ValueKind is JsonValueKind.Object ? (FindText(annotations, FullName), FindText(annotations, RefName)) : (null, null);
        return full is { Length: > 0 } ? new(type, digest, size, full, IsTagAlone: false) : new(type, digest, size, reference, IsTagAlone: true);
    }

    private static string? FindText(JsonElement element, string member) =>
        element.TryGetProperty(member, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() : null;

    private void CheckLayout()
    {
        using var json = source.ReadList(Layout);
        if (json.RootElement.ValueKind is not JsonValueKind.Object || FindText(json.RootElement, "imageLayoutVersion") is not "1.0.0")
        {
            throw source.Unsupported($"the version in {Layout} is not 1.0.0");
        }
    }

    // A manifest, and where it is an index those that it names.
    private Node Load(string mediaType, Digest digest, long size, int depth)
    {
        var path = PathOf(digest);
        if (depth > MaxDepth || ++_manifests > MaxManifests)
        {
            throw source.Unsupported($"it has indexes in indexes deeper than {MaxDepth}, or more than {MaxManifests} manifests");
        }

        if (!source.Has(path))
        {
            throw ImagesError.ArchivedManifestMissing(source.Name, path);
        }

        if (source.FindDocument(path) is not { } content || (_bytes += content.Length) > MaxManifestBytes)
        {
            throw source.Unsupported($"the manifest {path} is too large, or all manifests together are");
        }

        if (BlobHash.Of(digest.Algorithm, content) is var computed && computed != digest)
        {
            throw ImagesError.ArchivedDigestMismatch(source.Name, path, digest, computed);
        }

        if (content.Length != size)
        {
            throw ImagesError.ArchivedSizeMismatch(source.Name, path, size, content.Length);
        }

        var document = Parse(content, mediaType, path);
        var children = document.IsIndex ? document.References.Select(r => LoadChild(r, depth)).ToList() : [];
        return new(path, content, digest, document, children);
    }

    private Node LoadChild(ManifestDescriptor child, int depth) => MediaTypes.IsIndex(child.MediaType) || MediaTypes.IsManifest(child.MediaType)
        ? Load(child.MediaType, child.Digest, child.Size, depth + 1)
        : throw source.Unsupported($"an index has an entry of the media type '{child.MediaType}'");

    private ManifestDocument Parse(byte[] content, string mediaType, string path)
    {
        try
        {
            return ManifestDocument.Parse(content, mediaType);
        }
        catch (ApiException e)
        {
            throw new ApiException(e.Error, $"{source.Name}: {path}: {e.Oci?.Message}");
        }
    }

    private void CheckTypes(Node image)
    {
        if (Array.IndexOf(s_configs, image.Document.Config!.Value.MediaType) < 0)
        {
            throw source.Unsupported($"{image.Path} has a configuration of the media type '{image.Document.Config.Value.MediaType}'");
        }

        foreach (var layer in image.Document.References.Skip(1))
        {
            if (!s_layers.ContainsKey(layer.MediaType))
            {
                throw source.Unsupported($"{image.Path} has a layer of the media type '{layer.MediaType}'");
            }
        }
    }

    private void CheckConfig(Node image)
    {
        var path = PathOf(image.Document.Config!.Value.Digest);
        if (!source.Has(path))
        {
            throw ImagesError.ArchivedConfigMissing(source.Name, path);
        }
    }

    private void CheckLayers(Node image)
    {
        var layers = image.Document.References.Skip(1).Select(static r => PathOf(r.Digest)).ToList();
        if (layers.Count == 0)
        {
            throw ImagesError.ArchivedLayerMissing(source.Name, $"{image.Path} has no layers");
        }

        if (layers.Find(l => !source.Has(l)) is { } missing)
        {
            throw ImagesError.ArchivedLayerMissing(source.Name, missing);
        }
    }

    private async Task<ArchivedImage> ReadAsync(Node image, IReadOnlyList<Digest> unpacked, CancellationToken cancellationToken)
    {
        var config = image.Document.Config!.Value;
        Check(config, BlobHash.Of(config.Digest.Algorithm, source.FindDocument(PathOf(config.Digest))!), source.Find(PathOf(config.Digest))!.Size);
        var layers = image.Document.References.Skip(1).ToList();
        for (var i = 0; i < layers.Count; i++)
        {
            var (path, layer) = (PathOf(layers[i].Digest), layers[i]);
            var member = source.Find(path)!;
            var packing = source.PackingOf(member, path);
            if (packing != s_layers[layer.MediaType])
            {
                throw source.Unsupported($"the layer {path} is not packed as its media type '{layer.MediaType}' says");
            }

            Check(layer, await source.CheckLayerAsync(member, path, packing, layer.Digest.Algorithm, unpacked[i], cancellationToken), member.Size);
        }

        return new()
        {
            Content = image.Content,
            Digest = image.Digest,
            Document = image.Document,
            Blobs = [.. image.Document.References.DistinctBy(static r => r.Digest).Select(r => source.BlobOf(source.Find(PathOf(r.Digest))!, r.Digest))],
        };
    }

    private void Check(ManifestDescriptor descriptor, Digest computed, long size)
    {
        if (computed != descriptor.Digest)
        {
            throw ImagesError.ArchivedDigestMismatch(source.Name, PathOf(descriptor.Digest), descriptor.Digest, computed);
        }

        if (size != descriptor.Size)
        {
            throw ImagesError.ArchivedSizeMismatch(source.Name, PathOf(descriptor.Digest), descriptor.Size, size);
        }
    }
}
