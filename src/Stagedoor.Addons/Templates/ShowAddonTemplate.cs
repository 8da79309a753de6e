using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Addons.Templates;

/// <summary><c>GET /api/v3/addontemplates/{template}</c></summary>
internal static class ShowAddonTemplate
{
    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/{template}", HandleAsync)
        .WithName(nameof(ShowAddonTemplate))
        .WithSummary("Show a template with all its versions")
        .Answers<TemplateView>(200, "The template.")
        .Action("cce:addonTemplate:get")
        .CanFail(AddonsCodes.AddonNotFound);

    private static async Task<IResult> HandleAsync([FromRoute(Name = "template")] string name, Caller caller, TemplateStore templates, CancellationToken cancellationToken) =>
        await templates.FindAsync(caller.DomainId, name, cancellationToken) is { } template
            ? TypedResults.Json(TemplateView.Of(template, await templates.ListVersionsAsync(caller.DomainId, name, cancellationToken)), AddonsJson.Wire.TemplateView)
            : AddonsError.TemplateNotFound(name);
}
