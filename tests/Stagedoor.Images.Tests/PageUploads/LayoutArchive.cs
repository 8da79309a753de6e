using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Stagedoor.Images.Tests.PageUploads;

/// <summary>A tar file with an OCI layout, put together blob by blob; with the older list of engines beside it where a test says so.</summary>
public sealed class LayoutArchive
{
    public const string ConfigType = "application/vnd.oci.image.config.v1+json";

    public const string LayerType = "application/vnd.oci.image.layer.v1.tar";

    private readonly Dictionary<string, byte[]> _blobs = new(StringComparer.Ordinal);
    private readonly JsonArray _entries = [];

    /// <summary>The content of <c>manifest.json</c>; null for none.</summary>
    public string? List { get; set; }

    public string? Repositories { get; set; }

    /// <summary>A descriptor, as manifests have them.</summary>
    public static JsonObject Descriptor(string type, byte[] content)
    {
        ArgumentNullException.ThrowIfNull(content);
        return new() { ["mediaType"] = type, ["digest"] = Installation.DigestOf(content), ["size"] = content.Length };
    }

    public static string DigestOf(JsonObject descriptor) => descriptor?["digest"]!.GetValue<string>() ?? "";

    /// <summary>Where the layout keeps a blob.</summary>
    public static string PathOf(JsonObject descriptor) => $"blobs/sha256/{DigestOf(descriptor)[7..]}";

    public JsonObject Add(string type, byte[] content)
    {
        var descriptor = Descriptor(type, content);
        _blobs[PathOf(descriptor)] = content;
        return descriptor;
    }

    public JsonObject Add(string type, string content) => Add(type, Encoding.UTF8.GetBytes(content));

    /// <summary>An image with its blobs.</summary>
    public JsonObject AddImage(out JsonObject config, params byte[][] layers)
    {
        config = Add(ConfigType, SavedImage.ConfigOf(layers));
        return AddManifest(config, [.. layers.Select(l => Add(LayerType, l))]);
    }

    public JsonObject AddImage(params byte[][] layers) => AddImage(out _, layers);

    /// <summary>A manifest of blobs that are there already, or missing.</summary>
    public JsonObject AddManifest(JsonObject config, IEnumerable<JsonObject> layers, JsonObject? subject = null)
    {
        var manifest = new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = Installation.Manifest,
            ["config"] = config?.DeepClone(),
            ["layers"] = new JsonArray([.. layers.Select(static l => l.DeepClone())]),
        };
        if (subject is not null)
        {
            manifest["subject"] = subject.DeepClone();
        }

        return Add(Installation.Manifest, manifest.ToJsonString());
    }

    public JsonObject AddIndex(params JsonObject[] manifests) => Add(
        Installation.Index,
        new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = Installation.Index,
            ["manifests"] = new JsonArray([.. manifests.Select(static m => m.DeepClone())]),
        }.ToJsonString());

    /// <summary>Leaves a blob out.</summary>
    public LayoutArchive Without(JsonObject descriptor)
    {
        _blobs.Remove(PathOf(descriptor));
        return this;
    }

    /// <summary>Puts other bytes in the place of a blob.</summary>
    public LayoutArchive Replace(JsonObject descriptor, byte[] content)
    {
        _blobs[PathOf(descriptor)] = content;
        return this;
    }

    /// <summary>Has the layout's index name a manifest; without a name when none is given.</summary>
    public LayoutArchive Mention(JsonObject manifest, string? reference = null, string? image = null)
    {
        var entry = (JsonObject)manifest?.DeepClone()!;
        if (reference is not null || image is not null)
        {
            var annotations = new JsonObject();
            if (image is not null)
            {
                annotations["io.containerd.image.name"] = image;
            }

            if (reference is not null)
            {
                annotations["org.opencontainers.image.ref.name"] = reference;
            }

            entry["annotations"] = annotations;
        }

        _entries.Add((JsonNode)entry);
        return this;
    }

    /// <summary>Has the older list name an image whose blobs are those of the layout.</summary>
    public LayoutArchive MentionSaved(JsonObject config, IEnumerable<byte[]> layers, params string[]? tags)
    {
        List = JsonSerializer.Serialize(new[]
        {
            new { Config = PathOf(config), RepoTags = tags, Layers = layers.Select(static l => PathOf(Descriptor(LayerType, l))) },
        });
        return this;
    }

    public byte[] ToArray()
    {
        var tar = new Tarball();
        foreach (var (path, content) in _blobs)
        {
            tar.Add(path, content);
        }

        if (_entries.Count > 0)
        {
            tar.Add("oci-layout", """{"imageLayoutVersion":"1.0.0"}""")
                .Add("index.json", new JsonObject { ["schemaVersion"] = 2, ["manifests"] = _entries.DeepClone() }.ToJsonString());
        }

        foreach (var (name, content) in ((string, string?)[])[("manifest.json", List), ("repositories", Repositories)])
        {
            if (content is not null)
            {
                tar.Add(name, content);
            }
        }

        return tar.ToArray();
    }
}
