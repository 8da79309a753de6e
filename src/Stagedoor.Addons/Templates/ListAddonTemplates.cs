using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Addons.Charts;
using Stagedoor.Addons.Clusters;
using Stagedoor.Addons.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Addons.Templates;

/// <summary><c>GET /api/v3/addontemplates</c></summary>
internal static class ListAddonTemplates
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("", HandleAsync)
        .WithName(nameof(ListAddonTemplates))
        .WithSummary("List the templates of add-ons")
        .QueryParameter("addon_template_name", "Only the template of this name or alias.")
        .QueryParameter("cluster_id", "Only versions that this cluster supports.")
        .QueryParameter("newest", "true: only the newest version of each.", ParameterType.Flag)
        .QueryParameter("version", "Only this version.")
        .QueryParameter("base_update_addon_version", "Only this version and later ones.")
        .Answers<TemplateList>(200, "Templates by name, versions newest first.")
        .Action("cce:addonTemplate:list")
        .CanFail(AddonsCodes.NotFound);

    private static async Task<IResult> HandleAsync(
        [FromQuery(Name = "addon_template_name")] string? name,
        [FromQuery(Name = "cluster_id")] string? clusterId,
        string? newest,
        string? version,
        [FromQuery(Name = "base_update_addon_version")] string? from,
        HttpContext context,
        Caller caller,
        ClusterStore clusters,
        TemplateStore templates,
        CancellationToken cancellationToken)
    {
        if (name is { Length: 1 or > 64 })
        {
            return AddonsError.Invalid("addon_template_name", "has 2 to 64 characters");
        }

        var least = string.IsNullOrEmpty(from) ? null : ChartVersion.Parse(from) ?? throw AddonsError.Invalid("base_update_addon_version", "has to be a semantic version");
        Cluster? cluster = null;
        var fits = new Dictionary<string, bool>(StringComparer.Ordinal);
        if (!string.IsNullOrEmpty(clusterId) && (cluster = await clusters.FindAsync(caller.Project(), clusterId, cancellationToken)) is null)
        {
            return AddonsError.ClusterNotFound(clusterId);
        }

        var category = context.GetEndpoint()?.Metadata.GetMetadata<CategoryMetadata>()?.Category;
        var all = await templates.ListAsync(caller.DomainId, cancellationToken);
        List<AddonTemplate> chosen = [.. all.Where(t => string.IsNullOrEmpty(name) || string.Equals(t.Name, name, StringComparison.Ordinal) || string.Equals(t.Alias, name, StringComparison.Ordinal))];
        var versions = (await templates.ListVersionsAsync(caller.DomainId, chosen is [var only] ? only.Name : null, cancellationToken))
            .Where(v => string.IsNullOrEmpty(version) || string.Equals(v.Version, version, StringComparison.Ordinal))
            .Where(v => least is null || ChartVersion.Parse(v.Version)?.CompareTo(least) >= 0)
            .Where(v => category is null || SupportVersions.HasCategory(v.SupportVersions, category))
            .Where(v => cluster is null || Fits(v.SupportVersions))
            .ToLookup(static v => v.Template, StringComparer.Ordinal);
        var filters = category is not null || cluster is not null || least is not null || !string.IsNullOrEmpty(version);
        List<TemplateView> views = [.. chosen.Where(t => !filters || versions.Contains(t.Name)).Select(t => TemplateView.Of(t, versions[t.Name]))];
        if (RequestBody.IsTrue(newest))
        {
            views = [.. views.Select(static v => v with { Spec = v.Spec with { Versions = [.. v.Spec.Versions.Take(1)] } })];
        }

        return TypedResults.Json(new TemplateList("Addon", "v3", views), AddonsJson.Wire.TemplateList);

        // Versions by the hundred say the same of their clusters, in expressions that take long to compile.
        bool Fits(string supported) => fits.TryGetValue(supported, out var known) ? known
            : fits[supported] = SupportVersions.Fits(supported, cluster!.Type, cluster.Category, cluster.Version);
    }
}

/// <summary>The address lists only what clusters of a category take.</summary>
internal sealed record CategoryMetadata(string Category);
