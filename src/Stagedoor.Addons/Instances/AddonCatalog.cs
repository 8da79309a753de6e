using System.Text.Json;
using Stagedoor.Addons.Packages;
using Stagedoor.Addons.Templates;

namespace Stagedoor.Addons.Instances;

/// <summary>The published versions of an account's catalogue.</summary>
internal sealed class AddonCatalog(TemplateStore templates, PackageStore packages) : IAddonCatalog
{
    public async Task<PackagedAddon?> FindAsync(string domainId, string template, string version, CancellationToken cancellationToken) =>
        await templates.FindVersionAsync(domainId, template, version, cancellationToken) is { } row
            && await packages.FindChartAsync(row.LibraryId, row.Digest, cancellationToken) is { } chart
            ? new(chart, new(row.Namespace, row.ReleaseName), DeletesCustomResources(row.Crds))
            : null;

    private static bool DeletesCustomResources(string crds)
    {
        var policy = JsonElement.Parse(crds);
        return policy.TryGetProperty("uninstall", out var uninstall) && uninstall.ValueKind is JsonValueKind.String && uninstall.ValueEquals("delete");
    }
}
