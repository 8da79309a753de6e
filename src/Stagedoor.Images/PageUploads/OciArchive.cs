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
    private readonly List<Top> _tops = [];
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

        var listed = entries.ConvertAll(e => (Entry: e, Node: Load(e.MediaType, e.Digest, e.Size, 0)));
        var parts = listed.SelectMany(static l => l.Node.Children).SelectMany(static c => c.All).Select(static n => n.Digest).ToHashSet();
        var all = listed.SelectMany(static l => l.Node.All).DistinctBy(static n => n.Digest).ToDictionary(static n => n.Digest);
        var referrers = new List<Node>();
        foreach (var (entry, node) in listed)
        {
            if (entry.Name is { Length: > 0 })
            {
                _tops.Add(new(node, entry));
            }
            else if (parts.Contains(node.Digest))
            {
                // It is stored with the index that names it.
            }
            else if (node.Document.Subject is { } subject && all.ContainsKey(subject.Digest))
            {
                // What is about another manifest of the archive goes where that goes: signatures, for example, which have no names.
                referrers.Add(node);
            }
            else
            {
                _tops.Add(_source.Target.Unnamed is not null
                    ? new(node, entry)
                    : throw ImagesError.ImageWithoutName(_source.Name, $"{entry.Digest} has neither {FullName} nor {RefName} in {List}"));
            }
        }

        _tops.ForEach(t => Attach(referrers, t));
        foreach (var node in Nodes())
        {
            CheckBlobs(node);
            if (node.Document.Subject is { } subject && all.TryGetValue(subject.Digest, out var about) && about.Content.Length != subject.Size)
            {
                throw ImagesError.ArchivedSizeMismatch(_source.Name, about.Path, subject.Size, about.Content.Length);
            }
        }

        _references = _tops.ConvertAll(t => t.Entry.Name is { Length: > 0 } name ? _source.Reference(name, t.Entry.IsTagAlone) : _source.Target.Unnamed!);
    }

    private sealed record Entry(string MediaType, Digest Digest, long Size, string? Name, bool IsTagAlone);

    private sealed record Node(string Path, byte[] Content, Digest Digest, ManifestDocument Document, IReadOnlyList<Node> Children)
    {
        public IEnumerable<Node> All => Children.SelectMany(static c => c.All).Append(this);

        /// <summary>What is stored as a blob: configuration and layers; of an index what it names that is no manifest, as indexes of build caches do.</summary>
        public IEnumerable<ManifestDescriptor> Blobs => Document.IsIndex ? Document.References.Where(static r => !IsManifest(r)) : Document.References;
    }

    // What has a name, and what is about it or a part of it.
    private sealed record Top(Node Node, Entry Entry)
    {
        public List<Node> Referrers { get; } = [];
    }

    /// <summary>Reads the manifests of a layout, and looks whether everything that they name is there.</summary>
    /// <exception cref="ApiException">Something is missing, or is no manifest; or an image has no name.</exception>
    public static OciArchive Open(ArchiveSource source) => new(source);

    /// <summary>Whether an image with that configuration is among those of a name, or of any name.</summary>
    /// <param name="config">The digest of the configuration.</param>
    /// <param name="reference">The name; null for any.</param>
    public bool Has(Digest config, ImageReference? reference) => _tops
        .Where((_, i) => reference is null || _references[i] == reference)
        .SelectMany(static t => t.Node.All)
        .Any(n => n.Document.Config?.Digest == config);

    /// <summary>Reads the images.</summary>
    /// <exception cref="ApiException">One of them is not whole, or cannot be called as it is.</exception>
    public async Task<IReadOnlyList<ArchivedImage>> ReadAsync(CancellationToken cancellationToken)
    {
        _references.ForEach(_source.CheckOrganization);
        var names = _references.ConvertAll(_source.NameOf);
        var nodes = Nodes().ToList();
        var unpacked = nodes.ToDictionary(static n => n.Digest, FindLayersOf);
        var blobs = new Dictionary<Digest, IReadOnlyList<ArchivedBlob>>();
        foreach (var node in nodes)
        {
            blobs.Add(node.Digest, await ReadAsync(node, unpacked[node.Digest], cancellationToken));
        }

        return [.. _tops.Select((top, i) => Build(top.Node, blobs) with { Names = [names[i]], Referrers = [.. top.Referrers.Select(r => Build(r, blobs))] })];
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

    private static bool IsManifest(ManifestDescriptor descriptor) => MediaTypes.IsIndex(descriptor.MediaType) || MediaTypes.IsManifest(descriptor.MediaType);

    private static ArchivedImage Build(Node node, Dictionary<Digest, IReadOnlyList<ArchivedBlob>> blobs) => new()
    {
        Content = node.Content,
        Digest = node.Digest,
        Document = node.Document,
        Blobs = blobs[node.Digest],
        Children = [.. node.Children.Select(c => Build(c, blobs)).DistinctBy(static c => c.Digest)],
    };

    // A referrer may be about another one.
    private static void Attach(List<Node> referrers, Top top)
    {
        var known = top.Node.All.Select(static n => n.Digest).ToHashSet();
        for (var before = -1; before < top.Referrers.Count;)
        {
            before = top.Referrers.Count;
            foreach (var referrer in referrers.Where(r => known.Contains(r.Document.Subject!.Value.Digest) && !known.Contains(r.Digest)).ToList())
            {
                top.Referrers.Add(referrer);
                known.UnionWith(referrer.All.Select(static n => n.Digest));
            }
        }
    }

    private IEnumerable<Node> Nodes() =>
        _tops.SelectMany(static t => t.Referrers.Prepend(t.Node)).SelectMany(static n => n.All).DistinctBy(static n => n.Digest);

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
        var children = document.IsIndex ? document.References.Where(IsManifest).Select(r => Load(r.MediaType, r.Digest, r.Size, depth + 1)).ToList() : [];
        return new(path, content, digest, document, children);
    }

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

    // The same as of a manifest that is pushed: layers that stay with their publisher need not be there.
    private void CheckBlobs(Node node)
    {
        foreach (var blob in node.Blobs.Where(b => b.IsRequired && !_source.Has(PathOf(b.Digest))))
        {
            throw blob == node.Document.Config
                ? ImagesError.ArchivedConfigMissing(_source.Name, PathOf(blob.Digest))
                : ImagesError.ArchivedLayerMissing(_source.Name, PathOf(blob.Digest));
        }
    }

    // What is unpacked from the layers of an image. Attestations and other artifacts, whose layers are no archives, are what their digests say and nothing more.
    private IReadOnlyList<Digest>? FindLayersOf(Node node) =>
        node.Document.Config is { } config
        && Array.IndexOf(s_configs, config.MediaType) >= 0
        && node.Document.References.Skip(1).All(static r => s_layers.ContainsKey(r.MediaType))
            ? _source.FindLayersOf(PathOf(config.Digest), node.Document.References.Count - 1)
            : null;

    private async Task<IReadOnlyList<ArchivedBlob>> ReadAsync(Node node, IReadOnlyList<Digest>? unpacked, CancellationToken cancellationToken)
    {
        var blobs = new List<ArchivedBlob>();
        foreach (var (blob, i) in node.Blobs.Select(static (b, i) => (b, i)))
        {
            if (_source.Find(PathOf(blob.Digest)) is { } member)
            {
                var isLayer = unpacked is not null && i > 0;
                Check(blob, await (isLayer ? CheckLayerAsync(blob, member, unpacked![i - 1], cancellationToken) : _source.DigestOfAsync(member, blob.Digest.Algorithm, cancellationToken)), member.Size);
                blobs.Add(_source.BlobOf(member, blob.Digest));
            }
        }

        return [.. blobs.DistinctBy(static b => b.Digest)];
    }

    private Task<Digest> CheckLayerAsync(ManifestDescriptor layer, TarMember member, Digest unpacked, CancellationToken cancellationToken)
    {
        var path = PathOf(layer.Digest);
        var packing = _source.PackingOf(member, path);
        return packing == s_layers[layer.MediaType]
            ? _source.CheckLayerAsync(member, path, packing, layer.Digest.Algorithm, unpacked, cancellationToken)
            : throw _source.Unsupported($"the layer {path} is not packed as its media type '{layer.MediaType}' says");
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
