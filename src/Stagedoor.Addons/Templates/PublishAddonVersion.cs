using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Stagedoor.Addons.Packages;
using Stagedoor.Addons.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Addons.Templates;

/// <summary><c>POST /api/v3/addontemplates</c></summary>
internal static class PublishAddonVersion
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost("", HandleAsync)
        .WithName(nameof(PublishAddonVersion))
        .WithSummary("Publish a version of an add-on: the form parts content, parameters and logo")
        .ReadsForm()
        .OfAccount()
        .Answers<TemplateView>(201, "It is published; the template with this version.")
        .Action("cce:addonTemplate:create")
        .Audit("publishAddonVersion", "addonTemplate")
        .FaultsAs(AddonsCodes.Internal, AddonsCodes.UploadFileFailed)
        .CanFail(AddonsCodes.Conflict, AddonsCodes.VersionInUse, AddonsCodes.DeleteFileFailed);

    private static async Task<IResult> HandleAsync(
        HttpContext context,
        Caller caller,
        LibraryStore libraries,
        PackageStore packages,
        TemplateStore templates,
        IOptions<AddonsOptions> options,
        CancellationToken cancellationToken)
    {
        await using var form = await PackageForm.ReadAsync(context.Request, packages, options, cancellationToken);
        var parameters = form.Parameters.Length == 0
            ? new()
            : RequestBody.Parse(RequestBody.ParseText(form.Parameters, "parameters"), AddonsJson.Wire.PublishParameters, "parameters");
        var (template, version) = await ReadAsync(form, parameters, caller, packages, templates, cancellationToken);
        context.AuditResource($"{template.Name}/{version.Version}");
        var name = $"{version.Template} {version.Version}";

        // It is looked again when it is recorded; most of what is refused needs no place in the store before.
        if (await templates.FindVersionAsync(caller.DomainId, version.Template, version.Version, cancellationToken) is { } there && (there.Removing != 0 || !parameters.Override))
        {
            return Refusal(there.Removing != 0 ? PublishOutcome.Removing : PublishOutcome.Present, name, null, options);
        }

        var library = await libraries.EnsureAsync(caller.DomainId, LibraryStore.Account, cancellationToken);
        var size = form.Upload.Length;
        var digest = await packages.StoreAsync(library, form.Upload, cancellationToken);
        form.Take();
        var published = await templates.PublishAsync(
            template with { DomainId = caller.DomainId, LogoType = form.Logo?.Type ?? "" },
            version with { DomainId = caller.DomainId, LibraryId = library, Digest = digest, Size = size, FileName = form.FileName, UploadedBy = caller.UserName },
            form.Logo?.Bytes,
            parameters.Override,
            cancellationToken);
        if (published.Outcome is not PublishOutcome.Done)
        {
            await packages.RemoveAsync(library, digest, cancellationToken);
            return Refusal(published.Outcome, name, published.Uses, options);
        }

        if (published.Replaced is { } replaced)
        {
            await packages.RemoveReplacedAsync(replaced.LibraryId, replaced.Digest, cancellationToken);
        }

        var stored = await templates.FindAsync(caller.DomainId, template.Name, cancellationToken) ?? template;
        return TypedResults.Json(TemplateView.Of(stored, [published.Version!]), AddonsJson.Wire.TemplateView, statusCode: StatusCodes.Status201Created);
    }

    private static ApiException Refusal(PublishOutcome outcome, string name, VersionUses? uses, IOptions<AddonsOptions> options) => outcome switch
    {
        PublishOutcome.Present => AddonsError.Conflict($"{name} is published already; say override in parameters to replace it"),
        PublishOutcome.Removing => AddonsError.Conflict($"{name} is being deleted"),
        PublishOutcome.TooMany => AddonsError.TooMany("versions", options.Value.MaxVersionsPerAccount, "Addons:MaxVersionsPerAccount"),
        PublishOutcome.InUse => AddonsError.VersionInUse(name, uses!),
        _ => new ApiException(AddonsCodes.UploadFileFailed, "the package was removed while it was published; repeat it"),
    };

    private static async Task<(AddonTemplate Template, AddonVersion Version)> ReadAsync(
        PackageForm form, PublishParameters parameters, Caller caller, PackageStore packages, TemplateStore templates, CancellationToken cancellationToken)
    {
        try
        {
            var contents = await packages.ExamineAsync(form.Upload, isLinted: !parameters.SkipLint, cancellationToken);
            var old = await templates.FindAsync(caller.DomainId, contents.Chart.Name, cancellationToken);
            return TemplateRules.Read(contents, parameters, old);
        }
        catch (FormatException e)
        {
            throw AddonsError.InvalidPackage(e.Message, e);
        }
    }
}
