using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace Stagedoor.Clients.Tests;

/// <summary>An image layout: a folder that skopeo and others read and write as <c>oci:FOLDER:TAG</c>.</summary>
internal sealed class OciLayout
{
    private readonly string _folder;
    private readonly JsonArray _entries = [];

    private OciLayout(string folder) => _folder = folder;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string IndexFile => Path.Combine(_folder, "index.json");

    internal static async Task<OciLayout> CreateAsync(string folder)
    {
        Directory.CreateDirectory(Path.Combine(folder, "blobs", "sha256"));
        await File.WriteAllTextAsync(Path.Combine(folder, "oci-layout"), """{"imageLayoutVersion":"1.0.0"}""", Cancellation);
        return new(folder);
    }

    /// <summary>A layout that a tool wrote.</summary>
    internal static OciLayout Read(string folder) => new(folder);

    /// <summary>How the tools name a tag of this layout.</summary>
    internal string Reference(string tag) => $"oci:{_folder}:{tag}";

    internal async Task AddAsync(string tag, TestImage image)
    {
        await WriteAsync(image);
        await TagAsync(tag, image.Descriptor);
    }

    /// <summary>Adds an index of the images; its digest.</summary>
    internal async Task<string> AddIndexAsync(string tag, IEnumerable<TestImage> images)
    {
        var manifests = new JsonArray();
        foreach (var image in images)
        {
            await WriteAsync(image);
            var descriptor = image.Descriptor;
            descriptor["platform"] = new JsonObject { ["architecture"] = image.Architecture, ["os"] = "linux" };
            manifests.Add((JsonNode)descriptor);
        }

        var index = Encoding.UTF8.GetBytes(new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = TestImage.OciIndex,
            ["manifests"] = manifests,
        }.ToJsonString());
        var digest = await WriteAsync(index);
        await TagAsync(tag, new() { ["mediaType"] = TestImage.OciIndex, ["digest"] = digest, ["size"] = index.Length });
        return digest;
    }

    /// <summary>The digest that the tag stands for.</summary>
    internal async Task<string> DigestOfAsync(string tag)
    {
        using var index = JsonDocument.Parse(await File.ReadAllBytesAsync(IndexFile, Cancellation));
        var entry = index.RootElement.GetProperty("manifests").EnumerateArray()
            .Single(m => m.GetProperty("annotations").GetProperty("org.opencontainers.image.ref.name").ValueEquals(tag));
        return entry.GetProperty("digest").GetString()!;
    }

    /// <summary>Every blob's name is the digest of its bytes; their digests.</summary>
    internal async Task<IReadOnlySet<string>> VerifyAsync()
    {
        var digests = new HashSet<string>(StringComparer.Ordinal);
        foreach (var file in Directory.EnumerateFiles(Path.Combine(_folder, "blobs", "sha256")))
        {
            var digest = RegistryClient.DigestOf(await File.ReadAllBytesAsync(file, Cancellation));
            Assert.Equal($"sha256:{Path.GetFileName(file)}", digest);
            digests.Add(digest);
        }

        return digests;
    }

    private async Task WriteAsync(TestImage image)
    {
        foreach (var blob in image.Blobs.Values.Append(image.Manifest))
        {
            await WriteAsync(blob);
        }
    }

    private async Task<string> WriteAsync(byte[] blob)
    {
        var digest = RegistryClient.DigestOf(blob);
        await File.WriteAllBytesAsync(Path.Combine(_folder, "blobs", "sha256", digest.Split(':')[1]), blob, Cancellation);
        return digest;
    }

    private async Task TagAsync(string tag, JsonObject descriptor)
    {
        descriptor["annotations"] = new JsonObject { ["org.opencontainers.image.ref.name"] = tag };
        _entries.Add((JsonNode)descriptor);
        var index = new JsonObject { ["schemaVersion"] = 2, ["manifests"] = _entries.DeepClone() };
        await File.WriteAllTextAsync(IndexFile, index.ToJsonString(), Cancellation);
    }
}
