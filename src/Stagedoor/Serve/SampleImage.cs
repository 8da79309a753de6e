using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Stagedoor.Serve;

/// <summary>A tiny image in the data directory, as an OCI layout, so that the first commands have something to push where there is no other registry.</summary>
internal static class SampleImage
{
    /// <summary>The folder's name.</summary>
    internal const string Name = "hello-image";

    private const string Manifest = "application/vnd.oci.image.manifest.v1+json";

    /// <summary>Writes the image beside what is there.</summary>
    internal static void Write(string dataDirectory)
    {
        var folder = Path.Combine(dataDirectory, Name);
        var blobs = Path.Combine(folder, "blobs", "sha256");
        Directory.CreateDirectory(blobs);
        var layer = Layer();
        var config = JsonSerializer.SerializeToUtf8Bytes(new
        {
            architecture = "amd64",
            os = "linux",
            config = new { },
            rootfs = new { type = "layers", diff_ids = new[] { DigestOf(layer) } },
        });
        var manifest = JsonSerializer.SerializeToUtf8Bytes(new
        {
            schemaVersion = 2,
            mediaType = Manifest,
            config = Descriptor("application/vnd.oci.image.config.v1+json", config),
            layers = new[] { Descriptor("application/vnd.oci.image.layer.v1.tar", layer) },
        });
        foreach (var blob in (byte[][])[layer, config, manifest])
        {
            File.WriteAllBytes(Path.Combine(blobs, DigestOf(blob)["sha256:".Length..]), blob);
        }

        File.WriteAllText(Path.Combine(folder, "oci-layout"), """{"imageLayoutVersion":"1.0.0"}""");
        File.WriteAllBytes(Path.Combine(folder, "index.json"), JsonSerializer.SerializeToUtf8Bytes(new
        {
            schemaVersion = 2,
            manifests = new[]
            {
                new
                {
                    mediaType = Manifest,
                    digest = DigestOf(manifest),
                    size = manifest.Length,
                    annotations = new Dictionary<string, string>(StringComparer.Ordinal) { ["org.opencontainers.image.ref.name"] = "1.0" },
                },
            },
        }));
    }

    private static byte[] Layer()
    {
        using var bytes = new MemoryStream();
        using (var tar = new TarWriter(bytes, TarEntryFormat.Ustar, leaveOpen: true))
        {
            tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, "hello.txt")
            {
                DataStream = new MemoryStream(Encoding.UTF8.GetBytes("Hello from stagedoor.\n")),
                ModificationTime = DateTimeOffset.UnixEpoch,
            });
        }

        return bytes.ToArray();
    }

    private static object Descriptor(string mediaType, byte[] content) => new { mediaType, digest = DigestOf(content), size = content.Length };

    private static string DigestOf(byte[] content) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(content));
}
