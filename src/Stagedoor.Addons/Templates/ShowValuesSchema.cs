using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Addons.Templates;

/// <summary><c>GET /api/v3/addontemplates/{template}/versions/{version}/schema</c></summary>
internal static class ShowValuesSchema
{
    // One that takes everything.
    private const string Anything = "{}";

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapGet("/{template}/versions/{version}/schema", HandleAsync)
        .WithName(nameof(ShowValuesSchema))
        .WithSummary("Show the JSON schema of the values of a version")
        .AnswersContent(200, "application/schema+json", "The values.schema.json of the package; {} where it has none.")
        .Action("cce:addonTemplate:get")
        .CanFail(AddonsCodes.AddonNotFound);

    private static async Task<IResult> HandleAsync(string template, string version, Caller caller, TemplateStore templates, CancellationToken cancellationToken) =>
        await templates.FindVersionAsync(caller.DomainId, template, version, cancellationToken) is { } row
            ? TypedResults.Text(row.ValuesSchema.Length > 0 ? row.ValuesSchema : Anything, "application/schema+json")
            : AddonsError.VersionNotFound(template, version);
}
