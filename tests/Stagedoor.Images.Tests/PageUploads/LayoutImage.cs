using System.Text;
using System.Text.Json;

namespace Stagedoor.Images.Tests.PageUploads;

/// <summary>An image as an OCI layout in a tar file.</summary>
public sealed class LayoutImage
{
    public IReadOnlyList<string> Names { get; init; } = [];

    public IReadOnlyList<byte[]> Layers { get; init; } = [SavedImage.Layer()];

    public Func<byte[], byte[]> Pack { get; init; } = static l => l;

    public string LayerType { get; init; } = "application/vnd.oci.image.layer.v1.tar";

    public string ConfigType { get; init; } = "application/vnd.oci.image.config.v1+json";

    public string Version { get; init; } = "1.0.0";

    public string EntryType { get; init; } = Installation.Manifest;

    /// <summary>Whether an index of OCI stands between the name and the image.</summary>
    public bool AsIndex { get; init; }

    /// <summary>Which blob is left out: manifest, config or layer.</summary>
    public string? Missing { get; init; }

    /// <summary>Whether the layer's bytes are others than its digest says.</summary>
    public bool IsFlipped { get; init; }

    public string ManifestDigest { get; private set; } = "";

    public byte[] ToArray()
    {
        var tar = new Tarball();
        var layers = Layers.Select(Pack).ToList();
        var config = Encoding.UTF8.GetBytes(SavedImage.ConfigOf(Layers));
        var suffix = layers[0][0] == 0x1f ? "+gzip" : "";
        var manifest = JsonSerializer.SerializeToUtf8Bytes(new
        {
            schemaVersion = 2,
            mediaType = Installation.Manifest,
            config = Descriptor(ConfigType, config),
            layers = layers.Select(l => Descriptor(LayerType + suffix, l)),
        });
        ManifestDigest = Installation.DigestOf(manifest);
        foreach (var (kind, blob) in layers.Select(static l => ("layer", l)).Append(("config", config)).Append(("manifest", manifest)))
        {
            if (Missing != kind)
            {
                tar.Add(PathOf(blob), IsFlipped && kind is "layer" ? [.. blob[..^1], (byte)~blob[^1]] : blob);
            }
        }

        var (type, top) = (EntryType, manifest);
        if (AsIndex)
        {
            (type, top) = (Installation.Index, JsonSerializer.SerializeToUtf8Bytes(
                new { schemaVersion = 2, mediaType = Installation.Index, manifests = new[] { Descriptor(Installation.Manifest, manifest) } }));
            tar.Add(PathOf(top), top);
        }

        var entries = Names.Count == 0
            ? new object[] { Descriptor(type, top) }
            : [.. Names.Select(n => new
            {
                mediaType = type,
                digest = Installation.DigestOf(top),
                size = top.Length,
                annotations = new Dictionary<string, string>(StringComparer.Ordinal) { ["org.opencontainers.image.ref.name"] = n },
            })];
        return tar.Add("oci-layout", $$"""{"imageLayoutVersion":"{{Version}}"}""")
            .Add("index.json", JsonSerializer.SerializeToUtf8Bytes(new { schemaVersion = 2, manifests = entries })).ToArray();
    }

    private static object Descriptor(string type, byte[] content) => new { mediaType = type, digest = Installation.DigestOf(content), size = content.Length };

    private static string PathOf(byte[] blob) => $"blobs/sha256/{Installation.DigestOf(blob)[7..]}";
}
