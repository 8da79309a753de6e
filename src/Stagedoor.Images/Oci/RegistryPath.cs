using Microsoft.AspNetCore.Http;
using Stagedoor.Images.Repositories;

namespace Stagedoor.Images.Oci;

/// <summary>What a path under <c>/v2/</c> addresses.</summary>
internal enum RegistryResource
{
    Unknown,
    Root,

    /// <summary><c>/v2</c>, without the slash.</summary>
    Base,
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

    /// <summary>Name and reference as image names write them: a tag behind a colon, a digest behind an at sign.</summary>
    public string Spelled => Name + (Reference.Contains(':', StringComparison.Ordinal) ? "@" : ":") + Reference;

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
        var resource = Read(path, out var name, out var reference);
        return resource is RegistryResource.Unknown or RegistryResource.Base ? new(resource, null!, null!) : new(resource, name.ToString(), reference.ToString());
    }

    /// <summary>What a path addresses, with its parts as they lie in it: this is asked for every request of the registry and allocates nothing.</summary>
    public static RegistryResource Read(ReadOnlySpan<char> path, out ReadOnlySpan<char> name, out ReadOnlySpan<char> reference)
    {
        name = reference = default;
        if (!path.StartsWith(Prefix))
        {
            return path is "/v2" ? RegistryResource.Base : RegistryResource.Unknown;
        }

        var rest = path[Prefix.Length..];
        if (rest.IsEmpty)
        {
            return RegistryResource.Root;
        }

        if (rest is "_catalog")
        {
            return RegistryResource.Catalog;
        }

        if (rest.EndsWith("/blobs/uploads/") || rest.EndsWith("/blobs/uploads"))
        {
            name = rest[..rest.LastIndexOf("/blobs/uploads")];
            return name.IsEmpty ? RegistryResource.Unknown : RegistryResource.Uploads;
        }

        var slash = rest.LastIndexOf('/');
        if (slash <= 0 || slash == rest.Length - 1)
        {
            return RegistryResource.Unknown;
        }

        var last = rest[(slash + 1)..];
        var head = rest[..slash];
        var (resource, kind) = head switch
        {
            _ when head.EndsWith("/manifests") => (RegistryResource.Manifest, "/manifests"),
            _ when head.EndsWith("/blobs/uploads") => (RegistryResource.Upload, "/blobs/uploads"),
            _ when head.EndsWith("/blobs") => (RegistryResource.Blob, "/blobs"),
            _ when head.EndsWith("/referrers") => (RegistryResource.Referrers, "/referrers"),
            _ when last is "list" && head.EndsWith("/tags") => (RegistryResource.Tags, "/tags"),
            _ => (RegistryResource.Unknown, ""),
        };
        if (resource is RegistryResource.Unknown || head.Length == kind.Length)
        {
            return RegistryResource.Unknown;
        }

        name = head[..^kind.Length];
        reference = resource is RegistryResource.Tags ? default : last;
        return resource;
    }

    private string? ScopeFor(string method)
    {
        if (Resource is RegistryResource.Catalog)
        {
            return Tokens.TokenAccess.CatalogScope;
        }

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
}
