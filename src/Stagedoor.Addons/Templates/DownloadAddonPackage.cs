using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Addons.Packages;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Addons.Templates;

/// <summary><c>GET /api/v3/addontemplates/{template}/versions/{version}/package</c></summary>
internal static class DownloadAddonPackage
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/{template}/versions/{version}/package", HandleAsync)
        .WithName(nameof(DownloadAddonPackage))
        .WithSummary("Download the package of a version")
        .AnswersContent(200, "application/gzip", "The package as it was published.")
        .Action("cce:addonTemplate:get")
        .CanFail(AddonsCodes.AddonNotFound);

    private static async Task<IResult> HandleAsync(
        string template, string version, HttpContext context, Caller caller, TemplateStore templates, PackageStore packages, CancellationToken cancellationToken)
    {
        if (await templates.FindVersionAsync(caller.DomainId, template, version, cancellationToken) is not { } row)
        {
            return AddonsError.VersionNotFound(template, version);
        }

        await using var content = await packages.OpenAsync(row.LibraryId, row.Digest, cancellationToken);
        if (content is null)
        {
            return AddonsError.VersionNotFound(template, version);
        }

        await PackageAnswer.SendAsync(content, row.Template, row.Version, row.Digest, context.Response, cancellationToken);
        return Results.Empty;
    }
}
