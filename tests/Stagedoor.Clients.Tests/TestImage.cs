using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Stagedoor.Clients.Tests;

/// <summary>An image with layers of random bytes, made here.</summary>
internal sealed class TestImage
{
    public const string OciManifest = "application/vnd.oci.image.manifest.v1+json";
    public const string OciIndex = "application/vnd.oci.image.index.v1+json";
    private const string OciConfig = "application/vnd.oci.image.config.v1+json";
    private const string TarLayer = "application/vnd.oci.image.layer.v1.tar";
    private const string GzipLayer = "application/vnd.oci.image.layer.v1.tar+gzip";

    private TestImage(string mediaType, JsonNode manifest, IReadOnlyDictionary<string, byte[]> blobs, string? architecture)
    {
        MediaType = mediaType;
        Manifest = JsonSerializer.SerializeToUtf8Bytes(manifest);
        Blobs = blobs;
        Architecture = architecture;
    }

    public string MediaType { get; }

    /// <summary>The manifest as it is sent.</summary>
    public byte[] Manifest { get; }

    public string Digest => RegistryClient.DigestOf(Manifest);

    /// <summary>Config and layers by digest.</summary>
    public IReadOnlyDictionary<string, byte[]> Blobs { get; }

    internal string? Architecture { get; }

    internal JsonObject Descriptor => new() { ["mediaType"] = MediaType, ["digest"] = Digest, ["size"] = Manifest.Length };

    /// <summary>A runnable-looking image: each layer is a tar with one file of random bytes, gzipped.</summary>
    public static TestImage Create(params IReadOnlyList<int> fileSizes) => Create("amd64", fileSizes.Select(Layer));

    /// <summary>An image whose layers need not be archives, among them perhaps an empty one. It cannot be unpacked.</summary>
    public static TestImage Opaque(params IReadOnlyList<int> layerSizes) => Create("amd64", layerSizes.Select(size =>
    {
        var bytes = RandomNumberGenerator.GetBytes(size);
        return (TarLayer, bytes, bytes);
    }));

    public static TestImage ForArchitecture(string architecture) => Create(architecture, [Layer(64 * 1024)]);

    /// <summary>An artifact that says something about a manifest.</summary>
    public static TestImage Artifact(TestImage subject, string artifactType)
    {
        ArgumentNullException.ThrowIfNull(subject);
        var empty = "{}"u8.ToArray();
        var note = RandomNumberGenerator.GetBytes(512);
        var manifest = new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = OciManifest,
            ["artifactType"] = artifactType,
            ["config"] = Describe("application/vnd.oci.empty.v1+json", empty),
            ["layers"] = new JsonArray(Describe("application/octet-stream", note)),
            ["subject"] = subject.Descriptor,
        };
        return new(OciManifest, manifest, Index([empty, note]), null);
    }

    /// <summary>A tar with one file of random bytes.</summary>
    public static byte[] Tar(int fileSize)
    {
        using var archive = new MemoryStream();
        using (var tar = new TarWriter(archive, leaveOpen: true))
        {
            using var content = new MemoryStream(RandomNumberGenerator.GetBytes(fileSize), writable: false);
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "random.bin") { DataStream = content });
        }

        return archive.ToArray();
    }

    private static (string MediaType, byte[] Stored, byte[] Unpacked) Layer(int fileSize)
    {
        var tar = Tar(fileSize);
        using var packed = new MemoryStream();
        // Random bytes do not get smaller; trying would only take time.
        using (var gzip = new GZipStream(packed, CompressionLevel.NoCompression, leaveOpen: true))
        {
            gzip.Write(tar);
        }

        return (GzipLayer, packed.ToArray(), tar);
    }

    private static TestImage Create(string architecture, IEnumerable<(string MediaType, byte[] Stored, byte[] Unpacked)> layers)
    {
        var stored = layers.ToList();
        var config = JsonSerializer.SerializeToUtf8Bytes(new JsonObject
        {
            ["architecture"] = architecture,
            ["os"] = "linux",
            ["config"] = new JsonObject { ["Cmd"] = new JsonArray("/random.bin") },
            ["rootfs"] = new JsonObject
            {
                ["type"] = "layers",
                ["diff_ids"] = new JsonArray([.. stored.Select(l => (JsonNode)RegistryClient.DigestOf(l.Unpacked))]),
            },
        });
        var manifest = new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = OciManifest,
            ["config"] = Describe(OciConfig, config),
            ["layers"] = new JsonArray([.. stored.Select(l => Describe(l.MediaType, l.Stored))]),
        };
        return new(OciManifest, manifest, Index([config, .. stored.Select(l => l.Stored)]), architecture);
    }

    private static JsonObject Describe(string mediaType, byte[] content) =>
        new() { ["mediaType"] = mediaType, ["digest"] = RegistryClient.DigestOf(content), ["size"] = content.Length };

    private static Dictionary<string, byte[]> Index(IEnumerable<byte[]> blobs) =>
        blobs.DistinctBy(b => RegistryClient.DigestOf(b), StringComparer.Ordinal).ToDictionary(b => RegistryClient.DigestOf(b), StringComparer.Ordinal);
}
