using System.Security.Cryptography;
using System.Text;

namespace Stagedoor.Iam.Tokens;

/// <summary>The services and where they are: all under the address by which the caller reached this one.</summary>
internal static class Catalog
{
    private static readonly (string Type, string Path)[] s_services =
    [
        ("iam", "/v3"),
        ("swr", "/v2"),
        ("cse", "/v4/{project_id}"),
        ("apm", "/v1/{project_id}"),
        ("cce", "/api/v3"),
    ];

    /// <summary>The services for a token. Those whose address holds a project are left out of a token without one.</summary>
    public static IReadOnlyList<CatalogService> For(string? projectId, string region, string externalBase) =>
    [
        .. s_services
            .Where(s => projectId is not null || !s.Path.Contains("{project_id}", StringComparison.Ordinal))
            .Select(s => new CatalogService(
                Id("service " + s.Type),
                s.Type,
                s.Type,
                [new(Id($"endpoint {s.Type} {region}"), "public", region, region, externalBase + s.Path.Replace("{project_id}", projectId, StringComparison.Ordinal))])),
    ];

    private static string Id(string name) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)))[..32];
}
