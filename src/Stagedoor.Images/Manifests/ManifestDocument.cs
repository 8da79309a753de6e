using System.Text.Json;
using Stagedoor.Http;
using Stagedoor.Images.Oci;

namespace Stagedoor.Images.Manifests;

/// <summary>Something that a manifest refers to.</summary>
/// <param name="MediaType">Its type.</param>
/// <param name="Digest">Its digest.</param>
/// <param name="Size">Its size in bytes.</param>
/// <param name="IsRequired">Whether the registry must have it.</param>
internal readonly record struct ManifestDescriptor(string MediaType, Digest Digest, long Size, bool IsRequired);

/// <summary>What the registry reads in a manifest. The bytes themselves are kept as they came.</summary>
internal sealed record ManifestDocument
{
    public required string MediaType { get; init; }

    public bool IsIndex { get; private init; }

    /// <summary>The configuration; null in an index.</summary>
    public ManifestDescriptor? Config { get; private init; }

    /// <summary>Everything that must be in the repository with it: configuration and layers, or the manifests of an index, as often as it names them.</summary>
    public IReadOnlyList<ManifestDescriptor> References { get; private init; } = [];

    /// <summary>What the manifest is about; it need not exist.</summary>
    public ManifestDescriptor? Subject { get; private init; }

    /// <summary>What kind of thing it is, for lists of referrers: its own statement, else its configuration's type.</summary>
    public string ArtifactType { get; private init; } = "";

    /// <summary>The annotations as JSON; null when there are none.</summary>
    public string? Annotations { get; private init; }

    /// <summary>Reads a manifest.</summary>
    /// <param name="content">The bytes as pushed.</param>
    /// <param name="contentType">The request's <c>Content-Type</c>; null when there is none.</param>
    /// <exception cref="ApiException">It is not JSON, not of a known format, or contradicts itself.</exception>
    public static ManifestDocument Parse(ReadOnlyMemory<byte> content, string? contentType)
    {
        try
        {
            if (StrictJson.FindProblem(content.Span) is { } problem)
            {
                throw RegistryError.UnsupportedManifest(problem);
            }

            using var json = JsonDocument.Parse(content);
            return json.RootElement.ValueKind is JsonValueKind.Object
                ? Read(json.RootElement, contentType)
                : throw RegistryError.UnparsableManifest("not a JSON object");
        }
        catch (JsonException e)
        {
            throw RegistryError.UnparsableManifest($"line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}");
        }
    }

    private static ManifestDocument Read(JsonElement root, string? contentType)
    {
        if (!root.TryGetProperty("schemaVersion", out var version) || version.ValueKind is not JsonValueKind.Number || !version.TryGetInt32(out var schema) || schema != 2)
        {
            throw RegistryError.UnsupportedManifest("schemaVersion is not 2");
        }

        var mediaType = MediaTypeOf(root, contentType);
        var isIndex = MediaTypes.IsIndex(mediaType);
        // A document that is both can be read as two different images under one digest.
        if (isIndex ? Has(root, "layers") || Has(root, "config") : Has(root, "manifests"))
        {
            throw RegistryError.UnsupportedManifest("both an image and an index");
        }

        var config = default(ManifestDescriptor?);
        if (!isIndex)
        {
            config = root.TryGetProperty("config", out var element)
                ? Descriptor(element, "config") with { IsRequired = true }
                : throw RegistryError.UnsupportedManifest("config is missing");
        }

        var subject = Find(root, "subject") is { } about ? Descriptor(about, "subject") : default(ManifestDescriptor?);
        var artifactType = Text(root, "artifactType");
        return new()
        {
            MediaType = mediaType,
            IsIndex = isIndex,
            Config = config,
            References = isIndex ? Descriptors(root, "manifests") : [config!.Value, .. Descriptors(root, "layers")],
            Subject = subject,
            ArtifactType = artifactType.Length > 0 ? artifactType : config?.MediaType ?? "",
            Annotations = AnnotationsOf(root)?.GetRawText(),
        };
    }

    private static string MediaTypeOf(JsonElement root, string? contentType)
    {
        var semicolon = contentType?.IndexOf(';', StringComparison.Ordinal) ?? -1;
        var header = (semicolon < 0 ? contentType : contentType![..semicolon])?.Trim() ?? "";
        var own = Text(root, "mediaType");
        if (own.Length > 0 && header.Length > 0 && !string.Equals(own, header, StringComparison.OrdinalIgnoreCase))
        {
            throw RegistryError.UnsupportedManifest($"Content-Type is {header}, mediaType is {own}");
        }

        var mediaType = own.Length > 0 ? own : header.Length > 0 ? header : Has(root, "manifests") ? MediaTypes.OciIndex : MediaTypes.OciManifest;
        return MediaTypes.IsIndex(mediaType) || MediaTypes.IsManifest(mediaType)
            ? mediaType
            : throw RegistryError.UnsupportedManifest($"media type '{mediaType}' is not supported");
    }

    private static List<ManifestDescriptor> Descriptors(JsonElement root, string name)
    {
        if (Find(root, name) is not { } array)
        {
            return [];
        }

        if (array.ValueKind is not JsonValueKind.Array)
        {
            throw RegistryError.UnsupportedManifest($"{name} is not an array");
        }

        var descriptors = new List<ManifestDescriptor>(array.GetArrayLength());
        foreach (var element in array.EnumerateArray())
        {
            descriptors.Add(Descriptor(element, name));
        }

        return descriptors;
    }

    private static ManifestDescriptor Descriptor(JsonElement element, string name)
    {
        if (element.ValueKind is not JsonValueKind.Object
            || !element.TryGetProperty("digest", out var digestElement)
            || digestElement.ValueKind is not JsonValueKind.String)
        {
            throw RegistryError.UnsupportedManifest($"{name} has no digest");
        }

        var text = digestElement.GetString()!;
        if (!Digest.TryParse(text, out var digest))
        {
            throw RegistryError.InvalidDigest(text);
        }

        var size = element.TryGetProperty("size", out var number) && number.ValueKind is JsonValueKind.Number && number.TryGetInt64(out var value) ? value : -1;
        if (size < 0)
        {
            throw RegistryError.UnsupportedManifest($"{name} has no size");
        }

        _ = AnnotationsOf(element);
        var mediaType = Text(element, "mediaType");
        return new(mediaType, digest, size, !MediaTypes.IsNonDistributable(mediaType) && !HasUrls(element));
    }

    private static bool HasUrls(JsonElement element) => Find(element, "urls") is { } urls
        && (urls.ValueKind is JsonValueKind.Array && urls.EnumerateArray().All(static u => u.ValueKind is JsonValueKind.String)
            ? urls.GetArrayLength() > 0
            : throw RegistryError.UnsupportedManifest("urls is not an array of strings"));

    // They are handed out in lists of referrers, where one that clients cannot read would spoil the whole list.
    private static JsonElement? AnnotationsOf(JsonElement element) => Find(element, "annotations") is not { } annotations ? null
        : annotations.ValueKind is JsonValueKind.Object && annotations.EnumerateObject().All(static a => a.Value.ValueKind is JsonValueKind.String) ? annotations
        : throw RegistryError.UnsupportedManifest("annotations is not an object of strings");

    private static bool Has(JsonElement root, string name) => root.TryGetProperty(name, out _);

    private static string Text(JsonElement element, string name) => Find(element, name) is not { } value ? ""
        : value.ValueKind is JsonValueKind.String ? value.GetString()!
        : throw RegistryError.UnsupportedManifest($"{name} is not a string");

    // A null is as good as nothing to every reader.
    private static JsonElement? Find(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind is not JsonValueKind.Null ? value : null;
}
