using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Addons.Packages;
using Stagedoor.Addons.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;
using Stagedoor.Storage;

namespace Stagedoor.Addons.Templates;

/// <summary><c>DELETE /api/v3/addontemplates/{template}/versions/{version}</c> and <c>DELETE /api/v3/addontemplates/{template}</c></summary>
internal static class DeleteAddonVersion
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        Described(routes.MapDelete("/{template}/versions/{version}", HandleAsync).WithName(nameof(DeleteAddonVersion)).WithSummary("Delete a version that no cluster uses, with its package"))
            .Audit("deleteAddonVersion", "addonTemplate");
        Described(routes.MapDelete("/{template}", HandleAllAsync).WithName("DeleteAddonTemplate").WithSummary("Delete a template with all its versions, none of which is used"))
            .Audit("deleteAddonTemplate", "addonTemplate");
    }

    private static RouteHandlerBuilder Described(RouteHandlerBuilder route) => route
        .OfAccount()
        .Answers<TemplateView>(200, "It is deleted; the template as it is now, without versions where it is gone.")
        .Action("cce:addonTemplate:delete")
        .FaultsAs(AddonsCodes.Internal, AddonsCodes.DeleteFileFailed)
        .CanFail(AddonsCodes.AddonNotFound, AddonsCodes.VersionInUse);

    private static Task<IResult> HandleAsync(
        [FromRoute(Name = "template")] string name, string version, HttpContext context, Caller caller, TemplateStore templates, PackageStore packages, CancellationToken cancellationToken)
    {
        context.AuditResource($"{name}/{version}");
        return DeleteAsync(name, version, caller, templates, packages, cancellationToken);
    }

    private static Task<IResult> HandleAllAsync(
        [FromRoute(Name = "template")] string name, HttpContext context, Caller caller, TemplateStore templates, PackageStore packages, CancellationToken cancellationToken)
    {
        context.AuditResource(name);
        return DeleteAsync(name, null, caller, templates, packages, cancellationToken);
    }

    private static async Task<IResult> DeleteAsync(
        string name, string? version, Caller caller, TemplateStore templates, PackageStore packages, CancellationToken cancellationToken)
    {
        var template = await templates.FindAsync(caller.DomainId, name, cancellationToken);
        var removal = await templates.BeginRemovalAsync(caller.DomainId, name, version, cancellationToken);
        if (removal.Used is { } used)
        {
            return AddonsError.VersionInUse($"{used.Template} {used.Version}", removal.Uses!);
        }

        if (template is null || removal.Versions.Count == 0)
        {
            return version is null || template is null ? AddonsError.TemplateNotFound(name) : AddonsError.VersionNotFound(name, version);
        }

        if (!await RemoveAsync(removal.Versions, templates, packages, cancellationToken))
        {
            return new ApiException(AddonsCodes.DeleteFileFailed, "another request could not remove the package; what it was of is as it was");
        }

        var rest = await templates.ListVersionsAsync(caller.DomainId, name, cancellationToken);
        return TypedResults.Json(TemplateView.Of(template, rest), AddonsJson.Wire.TemplateView);
    }

    // The package first: what cannot be removed stays listed, and the call can be repeated. False when somebody else could not remove one, and gave it back before this was done.
    private static async Task<bool> RemoveAsync(IReadOnlyList<AddonVersion> versions, TemplateStore templates, PackageStore packages, CancellationToken cancellationToken)
    {
        var removed = 0;
        var isAllGone = true;
        try
        {
            foreach (var version in versions)
            {
                await packages.RemoveAsync(version.LibraryId, version.Digest, cancellationToken);

                // One whose package is gone is never given back: if it cannot be forgotten now, it is when the call is repeated.
                removed++;
                isAllGone &= await templates.ForgetAsync(version, CancellationToken.None)
                    || await templates.FindVersionAsync(version.DomainId, version.Template, version.Version, CancellationToken.None) is null;
            }

            return isAllGone;
        }
        catch (Exception e) when (e is StorageException or OperationCanceledException)
        {
            foreach (var version in versions.Skip(removed))
            {
                await templates.EndRemovalAsync(version, CancellationToken.None);
            }

            throw;
        }
    }
}
