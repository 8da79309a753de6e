using Microsoft.AspNetCore.Http;
using Stagedoor.Addons.Releases;
using Stagedoor.Addons.Requests;

namespace Stagedoor.Addons.UserReleases;

/// <summary>Which release a request is about. The older paths name cluster and namespace in the query.</summary>
internal static class ReleasePath
{
    public const string Cluster = "cluster_id";
    public const string Namespace = "namespace";

    public static string ClusterId(HttpContext context) => Part(context, Cluster) is { Length: > 0 } id ? id : throw AddonsError.Invalid(Cluster, "is required");

    /// <summary>The release that is named.</summary>
    /// <exception cref="Http.ApiException">No release can be called so.</exception>
    public static ReleaseKey Key(HttpContext context)
    {
        var key = new ReleaseKey(Part(context, Namespace) is { Length: > 0 } place ? place : "default", Part(context, "name"));
        return UserRelease.IsValidName(key.Name) && UserRelease.IsValidNamespace(key.Namespace) ? key : throw AddonsError.ReleaseNotFound(key);
    }

    /// <summary>A query parameter; null where it is not there.</summary>
    public static string? Query(HttpContext context, string name) => context.Request.Query[name].ToString() is { Length: > 0 } text ? text : null;

    public static bool ShowsResources(HttpContext context) => RequestBody.IsTrue(Query(context, "show_resources"));

    private static string Part(HttpContext context, string name) => context.Request.RouteValues[name] as string ?? context.Request.Query[name].ToString();
}
