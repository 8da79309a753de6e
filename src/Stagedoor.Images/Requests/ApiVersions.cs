using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Stagedoor.Errors;
using Stagedoor.Http;
using Stagedoor.Http.Describing;

namespace Stagedoor.Images.Requests;

/// <summary><c>GET /</c> and <c>GET /{api_version}</c>: which versions of the management API there are.</summary>
internal static class ApiVersions
{
    private const string Updated = "2026-01-01T00:00:00Z";

    internal sealed record Link(string Href, string Rel);

    internal sealed record Version(string Id, Link Links, [property: System.Text.Json.Serialization.JsonPropertyName("version")] string Number, string Status, string Updated, string MinVersion);

    internal sealed record ListResponse(IReadOnlyList<Version> Versions);

    internal sealed record ShowResponse(Version Version);

    public static void Map(IEndpointRouteBuilder routes)
    {
        // A console may own the page at `/`: it maps the same route for text/html with a lower order.
        routes.MapGet("/", static (HttpContext context) => TypedResults.Json(new ListResponse([Of(context, "v2"), Of(context, "v3")]), ImagesJson.Wire.ListResponse))
            .WithName("ListApiVersions")
            .WithSummary("List the versions of the API")
            .QueryParameter("lang", "The language of the page that browsers get here: en or zh.")
            .SpeaksJson(ImagesJson.Wire)
            .Answers<ListResponse>(200, "The versions.")
            .AnswersContent(200, "text/html", "For browsers: a page about the installation.")
            .WithOrder(1)
            .Authenticate(AuthMode.None)
            .OfService("images");
        // `/v2` is answered by the registry's route, which takes the same path.
        routes.MapGet("/{apiVersion:regex(^v[0-9]+([.][0-9]+)*$)}", Show)
            .WithName("ShowApiVersion")
            .WithSummary("Show a version of the API")
            .SpeaksJson(ImagesJson.Wire)
            .PathParameter("apiVersion", "v2 or v3.")
            .Answers<ShowResponse>(200, "The version.")
            .Authenticate(AuthMode.None)
            .OfService("images")
            .CanFail(ImagesCodes.ApiVersionNotSupported);
    }

    public static IResult Show(HttpContext context, string apiVersion) => apiVersion is "v2" or "v3"
        ? TypedResults.Json(new ShowResponse(Of(context, apiVersion)), ImagesJson.Wire.ShowResponse)
        : ImagesError.ApiVersionNotSupported(apiVersion);

    private static Version Of(HttpContext context, string id) =>
        new(id, new($"{context.ExternalBase()}/{id}", "self"), "", id is "v2" ? "CURRENT" : "SUPPORTED", Updated, "");
}
