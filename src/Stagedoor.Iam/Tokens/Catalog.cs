using System.Security.Cryptography;
using System.Text;
using Stagedoor.Http;

namespace Stagedoor.Iam.Tokens;

/// <summary>The services and where they are: all under the address by which the caller reached this one.</summary>
internal static class Catalog
{
    /// <summary>The services for a token, also those that are off here: another process behind the same address may run them. Those whose address holds a project are left out of a token without one.</summary>
    public static IReadOnlyList<CatalogService> For(ModuleSet modules, string? projectId, string region, string externalBase) =>
    [
        .. modules.All.SelectMany(static m => m.Traits.Catalog)
            .Where(s => projectId is not null || !s.Path.Contains("{project_id}", StringComparison.Ordinal))
            .Select(s => new CatalogService(
                Id("service " + s.Type),
                s.Type,
                s.Type,
                [new(Id($"endpoint {s.Type} {region}"), "public", region, region, externalBase + s.Path.Replace("{project_id}", projectId, StringComparison.Ordinal))])),
    ];

    private static string Id(string name) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)))[..32];
}
