namespace Stagedoor.Images.Oci;

/// <summary>What a path under <c>/v2/</c> addresses.</summary>
internal enum RegistryResource
{
    Unknown,
    Root,
    Catalog,
    Manifest,
    Blob,
    Uploads,
    Upload,
    Tags,
    Referrers,
}

/// <summary>A path under <c>/v2/</c>, read from its end since the name in the middle may contain any segment.</summary>
/// <param name="Resource">What it addresses.</param>
/// <param name="Name">The repository's name as the client spells it, not checked yet.</param>
/// <param name="Reference">Tag, digest or upload id; empty when the resource has none.</param>
internal readonly record struct RegistryPath(RegistryResource Resource, string Name, string Reference)
{
    private const string Prefix = "/v2/";

    public static RegistryPath Parse(string path)
    {
        if (!path.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return default;
        }

        var rest = path.AsSpan(Prefix.Length);
        if (rest.IsEmpty)
        {
            return new(RegistryResource.Root, "", "");
        }

        if (rest is "_catalog")
        {
            return new(RegistryResource.Catalog, "", "");
        }

        if (rest.EndsWith("/blobs/uploads/") || rest.EndsWith("/blobs/uploads"))
        {
            return Of(RegistryResource.Uploads, rest[..rest.LastIndexOf("/blobs/uploads")], default);
        }

        var slash = rest.LastIndexOf('/');
        if (slash <= 0 || slash == rest.Length - 1)
        {
            return default;
        }

        var last = rest[(slash + 1)..];
        var head = rest[..slash];
        return head switch
        {
            _ when head.EndsWith("/manifests") => Of(RegistryResource.Manifest, head[..^"/manifests".Length], last),
            _ when head.EndsWith("/blobs/uploads") => Of(RegistryResource.Upload, head[..^"/blobs/uploads".Length], last),
            _ when head.EndsWith("/blobs") => Of(RegistryResource.Blob, head[..^"/blobs".Length], last),
            _ when head.EndsWith("/referrers") => Of(RegistryResource.Referrers, head[..^"/referrers".Length], last),
            _ when last is "list" && head.EndsWith("/tags") => Of(RegistryResource.Tags, head[..^"/tags".Length], default),
            _ => default,
        };
    }

    private static RegistryPath Of(RegistryResource resource, ReadOnlySpan<char> name, ReadOnlySpan<char> reference) =>
        name.IsEmpty ? default : new(resource, name.ToString(), reference.ToString());
}
