using Microsoft.AspNetCore.Http;
using Stagedoor.Images.Repositories;

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

    /// <summary>What a token has to be issued for, as a challenge names it; null when no token is for a repository of that name.</summary>
    public static string? ScopeOf(HttpRequest request)
    {
        var scope = Parse(request.Path.Value!).ScopeFor(request.Method);
        // A mount reads from another repository.
        return scope is not null && HttpMethods.IsPost(request.Method) && RepositoryName.TryParse(request.Query["from"].ToString(), out var source)
            ? $"{scope} repository:{source}:pull"
            : scope;
    }

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

    private string? ScopeFor(string method)
    {
        var actions = Resource switch
        {
            RegistryResource.Manifest or RegistryResource.Blob when HttpMethods.IsDelete(method) => "delete",
            RegistryResource.Manifest when HttpMethods.IsPut(method) => "pull,push",
            RegistryResource.Uploads or RegistryResource.Upload => "pull,push",
            RegistryResource.Manifest or RegistryResource.Blob or RegistryResource.Tags or RegistryResource.Referrers => "pull",
            _ => null,
        };
        return actions is not null && (RepositoryName.TryParse(Name, out _) || (!Name.Contains('/', StringComparison.Ordinal) && RepositoryName.IsValidRepository(Name)))
            ? $"repository:{Name}:{actions}"
            : null;
    }

    private static RegistryPath Of(RegistryResource resource, ReadOnlySpan<char> name, ReadOnlySpan<char> reference) =>
        name.IsEmpty ? default : new(resource, name.ToString(), reference.ToString());
}
