using System.Buffers;
using System.Text.Json;
using Stagedoor.Http;
using Stagedoor.Images.Manifests;

namespace Stagedoor.Images.PageUploads;

/// <summary>What <c>docker save</c> writes: <c>manifest.json</c> names configurations and layers, and says what the images are called.</summary>
internal sealed class DockerArchive(ArchiveSource source)
{
    private const string List = "manifest.json";
    private const string Repositories = "repositories";
    private const string ConfigType = "application/vnd.docker.container.image.v1+json";
    private const string LayerType = "application/vnd.docker.image.rootfs.diff.tar";

    private sealed record Entry(string Config, IReadOnlyList<string> Names, IReadOnlyList<string> Layers)
    {
        public IReadOnlyList<ImageReference> References { get; init; } = [];
    }

    public async Task<IReadOnlyList<ArchivedImage>> ReadAsync(CancellationToken cancellationToken)
    {
        var entries = ReadEntries();
        Check(entries, e => e.Names.Count > 0 || source.Target.Unnamed is not null, e => ImagesError.ImageWithoutName(source.Name, $"the image of {e.Config} has no name in {List}"));
        Check(entries, e => source.Has(e.Config), e => ImagesError.ArchivedConfigMissing(source.Name, e.Config));
        foreach (var layer in entries.SelectMany(static e => e.Layers))
        {
            if (!source.Has(layer))
            {
                throw ImagesError.ArchivedLayerMissing(source.Name, layer);
            }
        }

        entries = [.. entries.Select(e => e with { References = e.Names.Count == 0 ? [source.Target.Unnamed!] : [.. e.Names.Select(n => source.Reference(n, isTagAlone: false))] })];
        CheckNames(entries);
        var names = entries.ConvertAll(e => e.References.Select(source.NameOf).Distinct().ToList());
        var layers = entries.ConvertAll(e => source.LayersOf(e.Config, e.Layers.Count));
        var images = new List<ArchivedImage>(entries.Count);
        for (var i = 0; i < entries.Count; i++)
        {
            images.Add(await ReadAsync(entries[i], layers[i], cancellationToken) with { Names = names[i] });
        }

        return images;
    }

    /// <summary>Whether a layout in the same archive has each image that the list names, under each of its names.</summary>
    /// <exception cref="ApiException">The list is none.</exception>
    public bool IsWithin(OciArchive layout) => ReadEntries().TrueForAll(e => source.FindDocument(e.Config) is { } content
        && BlobHash.Of(BlobHash.Sha256, content) is var config
        && (e.Names.Count > 0
            ? e.Names.All(n => ImageReference.Find(n, isTagAlone: false) is { } reference && layout.Has(config, reference))
            : layout.Has(config, null)));

    private static void Check(List<Entry> entries, Predicate<Entry> holds, Func<Entry, ApiException> otherwise)
    {
        if (entries.Find(e => !holds(e)) is { } wrong)
        {
            throw otherwise(wrong);
        }
    }

    private List<Entry> ReadEntries()
    {
        using var json = source.ReadList(List);
        try
        {
            return json.RootElement is { ValueKind: JsonValueKind.Array } list && list.GetArrayLength() > 0
                ? [.. list.EnumerateArray().Select(Read)]
                : throw ImagesError.UnparsableArchiveIndex(source.Name, $"{List} is no list of images");
        }
        catch (InvalidOperationException)
        {
            // A text that is half of a character.
            throw ImagesError.UnparsableArchiveIndex(source.Name, $"{List} has a text that is none");
        }
    }

    private Entry Read(JsonElement entry)
    {
        if (entry.ValueKind is not JsonValueKind.Object)
        {
            throw ImagesError.UnparsableArchiveIndex(source.Name, $"an entry of {List} is no object");
        }

        var config = entry.TryGetProperty("Config", out var value) && value.ValueKind is not JsonValueKind.Null
            ? value.ValueKind is JsonValueKind.String ? value.GetString()! : throw OfOtherType("Config")
            : "";
        return new(config, Texts(entry, "RepoTags"), Texts(entry, "Layers"));
    }

    private List<string> Texts(JsonElement entry, string member) => !entry.TryGetProperty(member, out var list) || list.ValueKind is JsonValueKind.Null ? []
        : list.ValueKind is JsonValueKind.Array && list.EnumerateArray().All(static t => t.ValueKind is JsonValueKind.String)
            ? [.. list.EnumerateArray().Select(static t => t.GetString()!)]
        : throw OfOtherType(member);

    private ApiException OfOtherType(string member) =>
        ImagesError.UnparsableArchiveIndex(source.Name, $"{member} in {List} is not of the right type");

    private void CheckNames(List<Entry> entries)
    {
        foreach (var reference in entries.SelectMany(static e => e.References))
        {
            source.CheckOrganization(reference);
        }

        if (!source.Has(Repositories))
        {
            return;
        }

        // Tools that always write it leave it empty where they know no names, and what says nothing contradicts nothing.
        var listed = entries.Where(static e => e.Names.Count > 0).SelectMany(static e => e.References).ToHashSet();
        if (ReadRepositories().ToHashSet() is { Count: > 0 } repositories && !repositories.SetEquals(listed))
        {
            var odd = repositories.Except(listed).Concat(listed.Except(repositories)).First();
            throw ImagesError.InconsistentNames(source.Name, $"{odd.Path}:{odd.Tag} is in one of {List} and {Repositories} only");
        }
    }

    // What engines before 1.10 read: names, in them tags, and for each the topmost layer.
    private List<ImageReference> ReadRepositories()
    {
        using var json = source.ReadList(Repositories);
        if (json.RootElement.ValueKind is not JsonValueKind.Object || json.RootElement.EnumerateObject().Any(static r => r.Value.ValueKind is not JsonValueKind.Object))
        {
            throw ImagesError.UnparsableArchiveIndex(source.Name, $"{Repositories} is no object of objects");
        }

        return [.. json.RootElement.EnumerateObject().SelectMany(r => r.Value.EnumerateObject().Select(t => source.Reference($"{r.Name}:{t.Name}", isTagAlone: false)))];
    }

    private async Task<ArchivedImage> ReadAsync(Entry entry, IReadOnlyList<Digest> unpacked, CancellationToken cancellationToken)
    {
        var configMember = source.Find(entry.Config)!;
        var config = source.BlobOf(configMember, Digest.Sha256(System.Security.Cryptography.SHA256.HashData(source.FindDocument(entry.Config)!)));
        var layers = new List<(string Type, ArchivedBlob Blob)>();
        for (var i = 0; i < entry.Layers.Count; i++)
        {
            var path = entry.Layers[i];
            var member = source.Find(path)!;
            var packing = source.PackingOf(member, path);
            var digest = await source.CheckLayerAsync(member, path, packing, BlobHash.Sha256, unpacked[i], cancellationToken);
            layers.Add((TypeOf(packing), source.BlobOf(member, digest)));
        }

        var content = Write(config, layers);
        return new()
        {
            Content = content,
            Digest = BlobHash.Of(BlobHash.Sha256, content),
            Document = ManifestDocument.Parse(content, MediaTypes.DockerManifest),
            Blobs = [.. layers.Select(static l => l.Blob).Append(config).DistinctBy(static b => b.Digest)],
        };
    }

    private static string TypeOf(LayerPacking packing) => packing switch
    {
        LayerPacking.Gzip => LayerType + ".gzip",
        LayerPacking.Zstd => LayerType + ".zstd",
        _ => LayerType,
    };

    // Always the same bytes for the same image.
    private static byte[] Write(ArchivedBlob config, List<(string Type, ArchivedBlob Blob)> layers)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteNumber("schemaVersion", 2);
            json.WriteString("mediaType", MediaTypes.DockerManifest);
            json.WritePropertyName("config");
            Write(json, ConfigType, config);
            json.WriteStartArray("layers");
            foreach (var (type, blob) in layers)
            {
                Write(json, type, blob);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static void Write(Utf8JsonWriter json, string type, ArchivedBlob blob)
    {
        json.WriteStartObject();
        json.WriteString("mediaType", type);
        json.WriteNumber("size", blob.Size);
        json.WriteString("digest", blob.Digest.ToString());
        json.WriteEndObject();
    }
}
