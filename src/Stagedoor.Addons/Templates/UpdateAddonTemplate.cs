using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Addons.Requests;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Addons.Templates;

/// <summary><c>PUT /api/v3/addontemplates/{template}</c></summary>
internal static class UpdateAddonTemplate
{
    private const int MaxText = 4_000;
    private const int MaxAddress = 2_000;

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPut("/{template}", HandleAsync)
        .WithName(nameof(UpdateAddonTemplate))
        .WithSummary("Change what is said of a template and its versions; packages stay as they are")
        .Reads<UpdateTemplateRequest>()
        .OfAccount()
        .Answers<TemplateView>(200, "It is changed; what the request does not name is as it was.")
        .Action("cce:addonTemplate:update")
        .Audit("updateAddonTemplate", "addonTemplate")
        .CanFail(AddonsCodes.AddonNotFound);

    private static async Task<IResult> HandleAsync(
        [FromRoute(Name = "template")] string name, JsonElement body, HttpContext context, Caller caller, TemplateStore templates, CancellationToken cancellationToken)
    {
        var request = RequestBody.Parse(body, AddonsJson.Wire.UpdateTemplateRequest);
        context.AuditResource(name);
        RequestBody.CheckKind(request.Kind, request.ApiVersion, "Addon");
        var spec = request.Spec ?? throw AddonsError.Invalid("spec", "is required");
        var (change, changes) = Read(spec);
        var known = (await templates.ListVersionsAsync(caller.DomainId, name, cancellationToken)).Select(static v => v.Version).ToHashSet(StringComparer.Ordinal);
        if (known.Count > 0 && changes.Keys.FirstOrDefault(v => !known.Contains(v)) is { } unknown)
        {
            return AddonsError.VersionNotFound(name, unknown);
        }

        return await templates.ChangeAsync(caller.DomainId, name, change, changes, cancellationToken) is { } changed
            ? TypedResults.Json(TemplateView.Of(changed, await templates.ListVersionsAsync(caller.DomainId, name, cancellationToken)), AddonsJson.Wire.TemplateView)
            : AddonsError.TemplateNotFound(name);
    }

    private static (Func<AddonTemplate, AddonTemplate> Change, Dictionary<string, Func<AddonVersion, AddonVersion>> Versions) Read(UpdateTemplateSpec spec)
    {
        if (spec.Labels is { } labels)
        {
            TemplateRules.CheckLabels(labels, "spec.labels");
        }

        var (description, logo, readme) = (Given(spec.Description, "spec.description", MaxText), Given(spec.LogoUrl, "spec.logoURL", MaxAddress), Given(spec.ReadmeUrl, "spec.readmeURL", MaxAddress));
        var versions = new Dictionary<string, Func<AddonVersion, AddonVersion>>(StringComparer.Ordinal);
        foreach (var version in spec.Versions ?? [])
        {
            if (version?.Version is not { Length: > 0 } number)
            {
                throw AddonsError.Invalid("spec.versions.version", "is required");
            }

            var support = version.SupportVersions is { } entries ? TemplateRules.Checked(entries, $"spec.versions[{Text.Cut(number, 100)}].supportVersions") : null;
            var translate = version.Translate is { } texts ? TemplateRules.ObjectOf(texts, $"spec.versions[{Text.Cut(number, 100)}].translate") : null;
            versions[number] = old => old with
            {
                Stable = version.Stable is { } isStable ? (isStable ? 1 : 0) : old.Stable,
                SupportVersions = support ?? old.SupportVersions,
                Translate = translate ?? old.Translate,
            };
        }

        return (
            old => old with
            {
                Require = spec.Require is { } isRequired ? (isRequired ? 1 : 0) : old.Require,
                Labels = spec.Labels is { } given ? JsonSerializer.Serialize(given, AddonsJson.Wire.IReadOnlyListString) : old.Labels,
                Description = description ?? old.Description,
                LogoUrl = logo ?? old.LogoUrl,
                ReadmeUrl = readme ?? old.ReadmeUrl,
            },
            versions);
    }

    private static string? Given(string? text, string field, int most) => text is null ? null
        : Text.IsStorable(text) ? RequestBody.Short(text, field, most)
        : throw AddonsError.Invalid(field, "holds characters that cannot be stored");
}
